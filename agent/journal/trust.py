"""Whose word counts: the root key's for the online keys, an online key's for headquarters' own entries (Ed25519)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.errors import JournalError
from agent.journal.entry import encode
from agent.journal.wire import from_text, read, to_text

FEED_ROLE = "feed"  # signs answers, feed pages and headquarters' own entries
PROGRAMME_ROLE = "programme"

_DELEGATION_CONTEXT = b"tallystick delegation 1\n"
_ENTRY_CONTEXT = b"tallystick entry 1\n"


@dataclass(frozen=True, slots=True)
class Delegation:
    """The root key's word that an online key (Ed25519, 32 bytes) speaks for headquarters in some roles.

    Of two delegations the one with the higher `serial` holds.
    """

    key: bytes
    roles: tuple[str, ...]
    serial: int

    def sign(self, root: Ed25519PrivateKey) -> bytes:
        """Return the delegation as a message signed by the root key."""
        stated = self.to_map()
        signature = root.sign(_DELEGATION_CONTEXT + encode(stated))
        return encode({"delegation": stated, "signature": to_text(signature)})

    def to_map(self) -> dict[str, Any]:
        """Return what the root key signs."""
        return {"key": to_text(self.key), "roles": list(self.roles), "serial": self.serial}

    @classmethod
    def check(cls, signed: bytes, *, root: bytes) -> Delegation:
        """Return the delegation that the root key (32 bytes) signed; raises JournalError when it did not."""

        def build(value: dict[str, Any]) -> tuple[Delegation, bytes]:
            stated = value["delegation"]
            roles = tuple(str(role) for role in stated["roles"])
            delegation = cls(from_text(stated["key"]), roles, int(stated["serial"]))
            return delegation, from_text(value["signature"])

        delegation, signature = read(signed, build)
        _verify(root, signature, _DELEGATION_CONTEXT + encode(delegation.to_map()))
        return delegation


def sign_entry(digest: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return headquarters' signature (64 bytes) on the chain hash of one of its own entries."""
    return key.sign(_ENTRY_CONTEXT + digest)


def check_entry(digest: bytes, signature: bytes, *, key: bytes) -> None:
    """Raise JournalError unless `signature` is headquarters' on the chain hash of its entry."""
    _verify(key, signature, _ENTRY_CONTEXT + digest)


def _verify(key: bytes, signature: bytes, data: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError) as error:
        raise JournalError("the signature does not fit the key and what it is said to sign") from error
