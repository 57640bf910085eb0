"""What must be one is two: a machine that speaks as another's till, an epoch that headquarters has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.journal.entry import encode
from agent.journal.wire.form import from_text, read, to_text
from agent.journal.wire.place import Position


class Standing(StrEnum):
    """How a machine stands that brought what it holds because its requests are refused."""

    OPEN = "open"  # it is kept, and a person decides
    TILL = "till"  # this machine is the till: its request is taken if it comes again
    LOST = "lost"  # another machine is the till: this one must be enrolled anew
    GAP = "gap"  # entries are missing before these: nothing was taken


@dataclass(frozen=True, slots=True)
class Branched:
    """The answer to `branch`: up to where this machine's entries are kept now, durably, and how it stands."""

    position: Position
    standing: Standing

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        return {"held": self.position.to_map(), "standing": str(self.standing)}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Branched:
        """Read the answer; for `read`."""
        return cls(Position.from_map(value["held"]), Standing(value["standing"]))


@dataclass(frozen=True, slots=True)
class Witness:
    """Entries of an epoch of headquarters' own journal that it has left, as a till keeps them.

    `entries` (canonical bytes, signature on the chain hash) follow `after` and lead to `held`, up to where the till has
    them; `delegations` are the root key's words for the keys that may have signed them.
    """

    after: Position
    held: Position
    delegations: tuple[bytes, ...] = ()
    entries: tuple[tuple[bytes, bytes], ...] = ()

    def pack(self) -> bytes:
        """Return the request: a canonical map and the entries, a line each, each followed by its signature."""
        delegations = [to_text(one) for one in self.delegations]
        said = {"after": self.after.to_map(), "delegations": delegations, "held": self.held.to_map()}
        lines = [line for data, signature in self.entries for line in (data, to_text(signature).encode())]
        return b"\n".join([encode(said), *lines])

    @classmethod
    def unpack(cls, data: bytes) -> Witness:
        """Read the request; raises JournalError."""
        first, *lines = data.split(b"\n")

        def build(value: dict[str, Any]) -> Witness:
            return cls(
                after=Position.from_map(value["after"]),
                held=Position.from_map(value["held"]),
                delegations=tuple(from_text(one) for one in value["delegations"]),
                entries=tuple(
                    (one, from_text(signature.decode())) for one, signature in zip(lines[::2], lines[1::2], strict=True)
                ),
            )

        return read(first, build)
