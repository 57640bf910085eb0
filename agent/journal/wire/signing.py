"""What a signature covers (RFC 9421), and what makes a request new.

No authority and no scheme: proxies change both. No window of time: nobody is judged by a till's clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from agent.errors import JournalError

LABEL = "tally"
REQUEST_TAG = "tallystick-request"
ANSWER_TAG = "tallystick-answer"
REQUEST_COVERS = ("@method", "@path", "@query", "content-digest")
ANSWER_COVERS = ("@status", "content-digest", f'"signature";req;key="{LABEL}"')
DELEGATION_HEADER = "Tallystick-Delegation"
ENROLLING = "enrolling"  # the key id of a till that has no name yet
_SHOWN_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Nonce:
    """What makes a request new: headquarters' epoch, the till's counter there, and 32 hex digits.

    Half of these are random. The others show that whoever made it knows the one before: the copy of a till's disk does
    not, though its counter may fit.
    """

    hq_epoch: str
    counter: int
    random: str

    def __str__(self) -> str:
        """The nonce as it stands in a signature's parameters."""
        return f"{self.hq_epoch}.{self.counter}.{self.random}"

    def next(self, fresh: bytes) -> Nonce:
        """Return the nonce of the request after this one's, of 8 random bytes."""
        return Nonce(self.hq_epoch, self.counter + 1, _shown(str(self)) + fresh.hex())

    def follows(self, before: str) -> bool:
        """Say whether whoever made it knows the nonce `before`."""
        return self.random.startswith(_shown(before))

    @classmethod
    def parse(cls, text: str) -> Nonce:
        """Read a nonce; raises JournalError."""
        epoch, _, rest = text.partition(".")
        counter, _, random = rest.partition(".")
        if not (epoch and random and counter.isascii() and counter.isdigit() and len(counter) < 16):
            raise JournalError(f"nonce {text[:80]!r} is not epoch.counter.random")
        return cls(epoch, int(counter), random)


def _shown(nonce: str) -> str:
    return hashlib.sha256(f"tallystick nonce 1\n{nonce}".encode()).hexdigest()[:_SHOWN_DIGITS]
