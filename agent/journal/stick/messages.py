"""What a till says on a stick, and what headquarters answers: both directions of a meeting, whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import JournalError
from agent.journal.entry import encode
from agent.journal.feed import Cursor
from agent.journal.stick.sealing import Sealed, seal
from agent.journal.wire import Position, from_text, read, to_text

_VERSION = 1
_TILL, _HQ = "till", "hq"  # who wrote it


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that follow a position and lead to the head `to`, as bytes of `wire.BATCH_TYPE`."""

    after: Position
    to: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class FromTill:
    """What a till carries to headquarters: batches in order, and how far it knows the feed."""

    till: str
    cursor: Cursor
    batches: tuple[Batch, ...]

    def pack(self, key: Ed25519PrivateKey) -> bytes:
        """Return the file, signed by the key that signs the till's requests."""
        head = {
            "after": self.cursor.version,
            "epoch": self.cursor.epoch,
            "from": _TILL,
            "stick": _VERSION,
            "till": self.till,
        }
        frames: list[bytes] = []
        for batch in self.batches:
            frames += [encode(batch.after.to_map() | {"to": batch.to.hex()}), batch.data]
        return seal(head, frames, key)

    @classmethod
    def unpack(cls, sealed: Sealed) -> FromTill:
        """Read a file whose signature is checked or will be; raises JournalError."""

        def build(value: dict[str, Any]) -> FromTill:
            _require(value, _TILL)
            if len(sealed.frames) % 2:
                raise JournalError("the stick's last batch lacks its entries")
            batches = map(_batch, sealed.frames[::2], sealed.frames[1::2])
            return cls(str(value["till"]), Cursor(str(value["epoch"]), int(value["after"])), tuple(batches))

        return read(encode(sealed.head), build)


@dataclass(frozen=True, slots=True)
class FromHq:
    """What headquarters answers: what it holds, and pages of the feed as bytes of `wire.PAGE_TYPE`.

    `delegation` is the root key's signed word for the key that signed the file, `now_ms` headquarters' time. `forked`:
    two machines speak as the till.
    """

    till: str
    hq_epoch: str
    delegation: bytes
    now_ms: int
    held: tuple[Position, ...]
    pages: tuple[bytes, ...]
    forked: bool = False

    def pack(self, key: Ed25519PrivateKey) -> bytes:
        """Return the file, signed by the key that signs headquarters' answers."""
        head = {
            "delegation": to_text(self.delegation),
            "epoch": self.hq_epoch,
            "epochs": [position.to_map() for position in self.held],
            "forked": self.forked,
            "from": _HQ,
            "now_ms": self.now_ms,
            "stick": _VERSION,
            "till": self.till,
        }
        return seal(head, self.pages, key)

    @classmethod
    def unpack(cls, sealed: Sealed) -> FromHq:
        """Read a file whose signature is checked or will be; raises JournalError."""

        def build(value: dict[str, Any]) -> FromHq:
            _require(value, _HQ)
            return cls(
                till=str(value["till"]),
                hq_epoch=str(value["epoch"]),
                delegation=from_text(value["delegation"]),
                now_ms=int(value["now_ms"]),
                held=tuple(Position.from_map(position) for position in value["epochs"]),
                pages=sealed.frames,
                forked=value.get("forked") is True,
            )

        return read(encode(sealed.head), build)


def _batch(place: bytes, data: bytes) -> Batch:
    return read(place, lambda value: Batch(Position.from_map(value), bytes.fromhex(value["to"]), data))


def _require(value: Mapping[str, Any], writer: str) -> None:
    if value["stick"] != _VERSION:
        raise JournalError(f"a stick of version {value['stick']!r} cannot be read here")
    if value["from"] != writer:
        names = {_TILL: "a till (`tally sync export`)", _HQ: "headquarters (`tally-hq stick take`)"}
        raise JournalError(f"this stick is not from {names[writer]}", hint="take the other file")
