"""What a till asks while a customer waits: a sale of another till, and units that another till might spend, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from agent.journal.entry import encode
from agent.journal.wire.form import read
from agent.journal.wire.place import Position

PROMISE_ENTRIES = 16  # what else a till may record between its question and the redemption
SALE_BYTES_MAX = 16 * 1024 * 1024  # of an uncompressed answer to `sale`


@dataclass(frozen=True, slots=True)
class SaleAsked:
    """Which sale a till asks for: its tag (`agent.journal.codes.sale_tag`) and, if the code says it, its entry."""

    tag: str
    entry: str | None

    def to_map(self) -> dict[str, Any]:
        """Return the question as a message."""
        return {"entry": self.entry, "tag": self.tag}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> SaleAsked:
        """Read the question; for `read`."""
        entry = value["entry"]
        return cls(str(value["tag"]), None if entry is None else str(entry))


@dataclass(frozen=True, slots=True)
class SaleTold:
    """A sale as headquarters holds it: canonical bytes of its entry and of the redemptions that it names.

    `returned` is what came back of it (line -> thousandths) by books that contain the asking till's epochs up to
    `upto`, without the entries (epoch, seq) in `quarantined`.
    """

    sale: bytes
    redemptions: tuple[bytes, ...]
    returned: Mapping[int, int]
    upto: tuple[Position, ...] = ()
    quarantined: tuple[tuple[str, int], ...] = ()

    def pack(self) -> bytes:
        """Return the answer: a canonical map, the sale, its redemptions, a line each."""
        said = {
            "quarantined": [list(place) for place in self.quarantined],
            "returned": [list(one) for one in sorted(self.returned.items())],
            "upto": [position.to_map() for position in self.upto],
        }
        return b"\n".join([encode(said), self.sale, *self.redemptions])

    @classmethod
    def unpack(cls, data: bytes) -> SaleTold | None:
        """Return the answer, None if headquarters does not have the sale; raises JournalError."""
        first, *entries = data.split(b"\n")

        def build(value: dict[str, Any]) -> SaleTold | None:
            if not entries:
                return None
            return cls(
                sale=entries[0],
                redemptions=tuple(entries[1:]),
                returned={int(line): int(quantity) for line, quantity in value["returned"]},
                upto=tuple(Position.from_map(position) for position in value["upto"]),
                quarantined=tuple((str(epoch), int(seq)) for epoch, seq in value["quarantined"]),
            )

        return read(first, build)


@dataclass(frozen=True, slots=True)
class SpendAsked:
    """How many units of a member's a till wants for the redemption `op`, asked by a journal that ends at `seq`.

    `day` is the business day, None while the till's clock is not confirmed: it says which lots wait or have ended.
    `instead`: what was promised for this op is not wanted any more.
    """

    op: str
    account: str
    unit: str
    units: int
    epoch: str
    seq: int
    day: str | None
    instead: str | None = None

    def to_map(self) -> dict[str, Any]:
        """Return the question as a message."""
        return asdict(self)

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> SpendAsked:
        """Read the question; for `read`."""
        units, seq = int(value["units"]), int(value["seq"])
        if units < 1 or seq < 0:
            raise ValueError(f"{units} units at entry {seq} are not to be had")
        op, account, unit, epoch = (str(value[name]) for name in ("op", "account", "unit", "epoch"))
        day, instead = (None if value[name] is None else str(value[name]) for name in ("day", "instead"))
        return cls(op, account, unit, units, epoch, seq, day, instead)


@dataclass(frozen=True, slots=True)
class SpendTold:
    """What headquarters promises for a redemption (lot -> units): nobody else may spend it.

    It counts for an entry of the asking epoch whose number is at most `PROMISE_ENTRIES` above the one it was asked at.
    """

    lots: Mapping[str, int]

    def to_map(self) -> dict[str, Any]:
        """Return the answer as a message."""
        return {"lots": [list(one) for one in sorted(self.lots.items())]}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> SpendTold:
        """Read the answer; for `read`."""
        return cls({str(lot): int(units) for lot, units in value["lots"]})
