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
from agent.journal.wire.apart import Standing
from agent.journal.wire.form import from_text, read, to_text
from agent.journal.wire.place import Position

_VERSION = 1
_WITNESS = encode({"witness": True})  # what stands before the body of `witness`, as a batch's place before a batch
_TILL, _HQ = "till", "hq"  # who wrote it


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that follow a position and lead to the head `to`, as bytes of `wire.form.BATCH_TYPE`."""

    after: Position
    to: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Apart:
    """A machine that heard of another one in its till's name: its journal's end, its last nonce, when it heard that."""

    at: Position
    nonce: str
    token: str

    def to_map(self) -> dict[str, Any]:
        """Return the canonical map."""
        return {"at": self.at.to_map(), "nonce": self.nonce, "token": self.token}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Apart:
        """Read the map; raises KeyError, TypeError, ValueError, JournalError."""
        return cls(Position.from_map(value["at"]), str(value["nonce"]), str(value["token"]))


@dataclass(frozen=True, slots=True)
class FromTill:
    """What a till carries to headquarters: batches in order, and how far it knows the feed.

    `heard_ms`: headquarters' time as last heard, if nothing is left for another stick. `apart`: of a machine that
    spends nothing because there is another. `witnesses`: bytes of `wire.form.WITNESS_TYPE`, for a headquarters that was
    put back and has said so.
    """

    till: str
    cursor: Cursor
    batches: tuple[Batch, ...]
    heard_ms: int | None = None
    apart: Apart | None = None
    witnesses: tuple[bytes, ...] = ()

    def pack(self, key: Ed25519PrivateKey) -> bytes:
        """Return the file, signed by the key that signs the till's requests."""
        head: dict[str, Any] = {
            "after": self.cursor.version,
            "epoch": self.cursor.epoch,
            "from": _TILL,
            "stick": _VERSION,
            "till": self.till,
        }
        if self.heard_ms is not None:
            head["heard_ms"] = self.heard_ms
        if self.apart is not None:
            head["apart"] = self.apart.to_map()
        frames: list[bytes] = []
        for batch in self.batches:
            frames += [encode(batch.after.to_map() | {"to": batch.to.hex()}), batch.data]
        for witness in self.witnesses:
            frames += [_WITNESS, witness]
        return seal(head, frames, key)

    @classmethod
    def unpack(cls, sealed: Sealed) -> FromTill:
        """Read a file whose signature is checked or will be; raises JournalError."""

        def build(value: dict[str, Any]) -> FromTill:
            _require(value, _TILL)
            if len(sealed.frames) % 2:
                raise JournalError("the stick's last batch lacks its entries")
            pairs = list(zip(sealed.frames[::2], sealed.frames[1::2], strict=True))
            return cls(
                till=str(value["till"]),
                cursor=Cursor(str(value["epoch"]), int(value["after"])),
                batches=tuple(_batch(place, data) for place, data in pairs if place != _WITNESS),
                heard_ms=int(value["heard_ms"]) if "heard_ms" in value else None,
                apart=Apart.from_map(value["apart"]) if "apart" in value else None,
                witnesses=tuple(data for place, data in pairs if place == _WITNESS),
            )

        return read(encode(sealed.head), build)


@dataclass(frozen=True, slots=True)
class FromHq:
    """What headquarters answers: what it holds, and pages of the feed as bytes of `wire.form.PAGE_TYPE`.

    `delegation` is the root key's signed word for the key that signed the file, `now_ms` headquarters' time. `forked`:
    two machines speak as the till. `standing`: how it stands with the machine whose stick said `apart`, and the token
    of that. `own`: what headquarters, which was put back, holds of the epochs it left, while it waits for this till.
    """

    till: str
    hq_epoch: str
    delegation: bytes
    now_ms: int
    held: tuple[Position, ...]
    pages: tuple[bytes, ...]
    forked: bool = False
    standing: tuple[Standing, str] | None = None
    own: tuple[Position, ...] | None = None

    def pack(self, key: Ed25519PrivateKey) -> bytes:
        """Return the file, signed by the key that signs headquarters' answers."""
        head: dict[str, Any] = {
            "delegation": to_text(self.delegation),
            "epoch": self.hq_epoch,
            "epochs": [position.to_map() for position in self.held],
            "forked": self.forked,
            "from": _HQ,
            "now_ms": self.now_ms,
            "stick": _VERSION,
            "till": self.till,
        }
        if self.standing is not None:
            head["apart"] = {"standing": str(self.standing[0]), "token": self.standing[1]}
        if self.own is not None:
            head["own"] = [position.to_map() for position in self.own]
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
                standing=_standing(value["apart"]) if "apart" in value else None,
                own=tuple(Position.from_map(position) for position in value["own"]) if "own" in value else None,
            )

        return read(encode(sealed.head), build)


def _batch(place: bytes, data: bytes) -> Batch:
    return read(place, lambda value: Batch(Position.from_map(value), bytes.fromhex(value["to"]), data))


def _standing(value: Mapping[str, Any]) -> tuple[Standing, str]:
    return Standing(value["standing"]), str(value["token"])


def _require(value: Mapping[str, Any], writer: str) -> None:
    if value["stick"] != _VERSION:
        raise JournalError(f"a stick of version {value['stick']!r} cannot be read here")
    if value["from"] != writer:
        names = {_TILL: "a till (`tally sync export`)", _HQ: "headquarters (`tally-hq stick take`)"}
        raise JournalError(f"this stick is not from {names[writer]}", hint="take the other file")
