"""A period: the entries of a till since its last Z, and the report that closes it or only looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from agent.loyalty.closures.counting import Counting, MoneyUnits
from agent.loyalty.closures.totals import Totals

CLOSURE: Final = "closure"  # the kind of entry


class Report(StrEnum):
    """X looks at the period, Z closes it and begins the next."""

    X = "X"
    Z = "Z"


@dataclass(frozen=True, slots=True)
class Span:
    """Entries of one epoch, first and last included."""

    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Closure:
    """What a closure says of the entries before it.

    `number` counts the till's Z reports from 1; an X has none. `spans` are the entries it is about, those since the
    last Z; `first_day` and `last_day` their business days (None: there were none), `head` (hex) the chain's head
    after them. `grand` are the totals of this period and all before it.
    """

    report: Report
    number: int | None
    spans: tuple[Span, ...]
    first_day: str | None
    last_day: str | None
    head: str
    period: Totals
    grand: Totals

    def to_map(self) -> dict[str, Any]:
        """Return the closure as it stands in an entry."""
        return {**asdict(self), "report": str(self.report), "spans": [asdict(span) for span in self.spans]}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> Self:
        """Read a closure from an entry; what else the entry says is left out."""
        return cls(
            report=Report(value["report"]),
            number=value["number"],
            spans=tuple(Span(**span) for span in value["spans"]),
            first_day=value["first_day"],
            last_day=value["last_day"],
            head=value["head"],
            period=Totals.from_map(value["period"]),
            grand=Totals.from_map(value["grand"]),
        )


class Period:
    """The entries since a Z, counted one after the other. `last` is that Z, None before the first."""

    def __init__(self, last: Closure | None, money: MoneyUnits) -> None:
        self._number = 0 if last is None or last.number is None else last.number
        self._before = Totals() if last is None else last.grand
        self._counting = Counting(money)
        self._spans: list[Span] = []
        self._days: tuple[str, str] | None = None

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count the next entry, given as `Entry.to_map` does; raises JournalError as `Counting.add`."""
        self._counting.add(entry)
        epoch, seq, day = entry["epoch"], entry["seq"], entry["day"]
        begun = self._spans[-1] if self._spans else None
        if begun is not None and begun.epoch == epoch:
            self._spans[-1] = Span(epoch, begun.first, seq)
        else:
            self._spans.append(Span(epoch, seq, seq))
        first, last = self._days or (day, day)
        self._days = min(first, day), max(last, day)

    def closure(self, report: Report, head: bytes) -> Closure:
        """Return the report of what was counted so far; `head` is the chain's head there."""
        period = self._counting.totals()
        first, last = self._days or (None, None)
        return Closure(
            report=report,
            number=self._number + 1 if report is Report.Z else None,
            spans=tuple(self._spans),
            first_day=first,
            last_day=last,
            head=head.hex(),
            period=period,
            grand=self._before + period,
        )
