"""What happened, member by member: from a file of baskets, or from a till's own ledger."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from agent.errors import InvalidError
from agent.journal.entry import Entry, decode_entry
from agent.ledger.ledger import Ledger
from agent.loyalty.backtest.past import Bought, Past, Returned
from agent.loyalty.sale import Line
from agent.upkeep.replay.baskets import days_of, read_by_customer
from agent.upkeep.replay.plan import PlannedRefund, PlannedSale, ReturnedLine, SaleLine, Skipped, plan

PIECE = 1000  # thousandths


@dataclass(frozen=True, slots=True)
class Extent:
    """From what day to what day sales were recorded, and about how many lines."""

    first: str
    last: str
    lines: int


class Source(Protocol):
    """Where the past is read from; it must be picklable, for other processes read it too."""

    def extent(self) -> Extent:
        """Say from when to when there are sales; raises InvalidError if there are none."""
        ...

    def pasts(self, number: int, of: int) -> Iterator[Past]:
        """Yield what every `of`-th member did; `number` (from 0) says which. All parts together are everybody."""
        ...


@dataclass(frozen=True, slots=True)
class BasketsFile:
    """A Parquet or CSV file of baskets."""

    path: Path

    def extent(self) -> Extent:
        """Return the first and last day and the number of lines."""
        return Extent(*days_of(self.path))

    def pasts(self, number: int, of: int) -> Iterator[Past]:
        """Yield every `of`-th customer; a sale without a customer is a past of its own."""
        planned = plan(read_by_customer(self.path, number, of))
        played = (one for one in planned if not isinstance(one, Skipped))
        for customer, events in groupby(played, key=lambda event: event.customer):
            if customer is None:
                yield from (Past(None, (_event(one),)) for one in events)
            else:
                yield Past(str(customer), tuple(map(_event, events)))


def _event(planned: PlannedSale | PlannedRefund) -> Bought | Returned:
    day, time = planned.at.date().isoformat(), planned.at.strftime("%H:%M")
    if isinstance(planned, PlannedSale):
        return Bought(planned.op, day, time, tuple(map(_line, planned.lines)))
    with_receipt = [line for line in planned.lines if isinstance(line, ReturnedLine)]
    without = [line for line in planned.lines if isinstance(line, SaleLine)]
    return Returned(
        planned.op,
        day,
        time,
        tuple((line.sale, line.line, line.quantity * PIECE) for line in with_receipt),
        tuple(map(_line, without)),
        sum(line.amount for line in planned.lines),
    )


def _line(line: SaleLine) -> Line:
    return Line(line.article, line.quantity * PIECE, line.amount, line.category)


@dataclass(frozen=True, slots=True)
class LedgerSales:
    """A till's own ledger; `open_ledger` opens it for reading and may be called in another process."""

    open_ledger: Callable[[], Ledger]

    def extent(self) -> Extent:
        """Return the first and last day and the number of lines."""
        with closing(self.open_ledger()) as ledger, ledger.reading() as conn:
            first, last, lines = conn.execute(_EXTENT).fetchone()
        if first is None:
            raise InvalidError("this till has recorded no sale yet", hint="name a file of baskets instead")
        return Extent(first, last, lines)

    def pasts(self, number: int, of: int) -> Iterator[Past]:
        """Yield every `of`-th account with what it bought and brought back; joined accounts are one."""
        members: dict[str, _Recorded] = {}
        with closing(self.open_ledger()) as ledger:
            for entry in _entries(ledger):
                account = entry.body["account"]
                name = entry.op if account is None else ledger.resolve(account)
                if zlib.crc32(name.encode()) % of != number:
                    continue
                if account is None:
                    yield Past(None, (_Recorded().event(entry),))
                else:
                    recorded = members.setdefault(name, _Recorded())
                    recorded.events.append(recorded.event(entry))
        yield from (Past(account, tuple(recorded.events)) for account, recorded in members.items())


@dataclass(slots=True)
class _Recorded:
    """What a ledger has of one member so far; `sales` are the ops of the sales among it."""

    events: list[Bought | Returned] = field(default_factory=list)
    sales: set[str] = field(default_factory=set)

    def event(self, entry: Entry) -> Bought | Returned:
        """Return a sale or a refund as it was recorded."""
        body = entry.body
        if entry.kind == "sale":
            self.sales.add(entry.op)
            return Bought(entry.op, entry.day, body["sold_at"][11:16], tuple(map(_sold, body["lines"])))
        lines = body["lines"]
        known = [line for line in lines if line["sale"] in self.sales]
        loose = [line for line in lines if line["sale"] not in self.sales]
        return Returned(
            entry.op,
            entry.day,
            body["refunded_at"][11:16],
            tuple((line["sale"], line["line"], line["quantity"]) for line in known),
            tuple(map(_sold, loose)),
            sum(line["amount"] for line in lines),
        )


def _sold(line: Mapping[str, Any]) -> Line:
    return Line(
        line["article"],
        line["quantity"],
        line["amount"],
        line.get("category"),
        line.get("tax", 0),
        line.get("brand"),
    )


_PAGE = """
    SELECT n, bytes FROM entry
    WHERE n > ? AND json_extract(CAST(bytes AS TEXT), '$.kind') IN ('sale', 'refund') ORDER BY n LIMIT 500
"""
_EXTENT = """
    WITH happened AS (SELECT CAST(bytes AS TEXT) AS entry FROM entry)
    SELECT min(entry ->> 'day'), max(entry ->> 'day'), sum(json_array_length(entry, '$.body.lines')) FROM happened
    WHERE entry ->> 'kind' IN ('sale', 'refund')
"""


def _entries(ledger: Ledger) -> Iterator[Entry]:
    """Yield the sales and refunds; the ledger is held for a page at a time, so that selling goes on."""
    n = 0
    while True:
        with ledger.reading() as conn:
            rows = conn.execute(_PAGE, (n,)).fetchall()
        if not rows:
            return
        yield from (decode_entry(bytes(data)) for _, data in rows)
        n = rows[-1][0]
