"""One business day, till by till: what headquarters holds of it, its sums, and what a person should look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select

from hq.books.totals import Takings, TillRow, tills
from hq.tables import closure, day_takings, journal, journal_day, quarantine, raw


@dataclass(frozen=True, slots=True)
class Stretch:
    """The entries of a day in one epoch of a till: from `first` to `last`, after which the chain's head is `head`."""

    epoch: str
    first: int
    last: int
    head: str
    entries: int


@dataclass(frozen=True, slots=True)
class Closed:
    """An X (without number) or a Z that a till reported: the chain's head it names, and the period's totals in JSON."""

    number: int | None
    head: str
    totals: str


@dataclass(frozen=True, slots=True)
class TillDay:
    """A till's day.

    `unconfirmed` of its `entries` were written by a clock that headquarters had not confirmed. `quarantined` are
    entries received on that day (UTC) that could not be interpreted: what day they are of, nobody knows. `gaps`,
    `waiting` and `flags` are the till's as they stand now, as is `contact_ms`.
    """

    till: str
    day: str
    entries: int
    unconfirmed: int
    stretches: tuple[Stretch, ...]
    takings: tuple[Takings, ...]
    quarantined: int
    gaps: int
    waiting: int
    flags: tuple[str, ...]
    contact_ms: int
    closures: tuple[Closed, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether there is nothing to look at."""
        return not (self.quarantined or self.gaps or self.waiting or self.flags)


def reconcile(conn: Connection, day: date) -> list[TillDay]:
    """Return the day of every enrolled till, by name; of one that reported nothing of it, all is zero."""
    counted, stretches = _counted(conn, day)
    takings, quarantined, gaps = _takings(conn, day), _quarantined(conn, day), _gaps(conn)
    closures = _closures(conn, day)
    return [
        TillDay(
            till=one.till,
            day=day.isoformat(),
            entries=sum(stretch.entries for stretch in stretches[one.till]),
            unconfirmed=counted[one.till],
            stretches=tuple(stretches[one.till]),
            takings=tuple(takings[one.till]),
            quarantined=quarantined.get(one.till, 0),
            gaps=gaps.get(one.till, 0),
            waiting=one.waiting,
            flags=one.flags,
            contact_ms=one.contact_ms,
            closures=tuple(closures[one.till]),
        )
        for one in tills(conn)
    ]


def silent(rows: Iterable[TillRow], *, since_ms: int) -> list[TillRow]:
    """Return the tills that were last heard of before `since_ms` (Unix ms)."""
    return [row for row in rows if row.contact_ms < since_ms]


def _counted(conn: Connection, day: date) -> tuple[dict[str, int], dict[str, list[Stretch]]]:
    """Return each till's entries of the day by an unconfirmed clock, and its stretches in the order of its epochs."""
    rows = conn.execute(
        select(journal.c.till, journal.c.epoch, journal_day, raw.c.hash)
        .join(journal, journal.c.id == journal_day.c.journal)
        .join(raw, (raw.c.journal == journal.c.id) & (raw.c.seq == journal_day.c.last))
        .where(journal_day.c.day == day.isoformat())
        .order_by(journal.c.id)
    )
    counted: dict[str, int] = defaultdict(int)
    stretches: dict[str, list[Stretch]] = defaultdict(list)
    for row in rows:
        counted[row.till] += row.unconfirmed
        stretches[row.till].append(Stretch(row.epoch, row.first, row.last, row.hash.hex(), row.entries))
    return counted, stretches


def _closures(conn: Connection, day: date) -> dict[str, list[Closed]]:
    found: dict[str, list[Closed]] = defaultdict(list)
    rows = conn.execute(
        select(journal.c.till, closure)
        .join(journal, journal.c.id == closure.c.journal)
        .where(closure.c.day == day.isoformat())
        .order_by(closure.c.journal, closure.c.seq)
    )
    for row in rows:
        found[row.till].append(Closed(row.number, row.head, row.totals))
    return found


def _takings(conn: Connection, day: date) -> dict[str, list[Takings]]:
    found: dict[str, list[Takings]] = defaultdict(list)
    query = select(day_takings).where(day_takings.c.day == day.isoformat()).order_by(day_takings.c.currency)
    for row in conn.execute(query):
        money = (row.sales, row.sales_money, row.refunds, row.returns_money)
        found[row.till].append(Takings(row.currency, *money))
    return found


def _quarantined(conn: Connection, day: date) -> dict[str, int]:
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first_ms, next_ms = (int(one.timestamp() * 1000) for one in (begins, begins + timedelta(days=1)))
    query = (
        select(journal.c.till, func.count().label("entries"))
        .join(quarantine, quarantine.c.journal == journal.c.id)
        .join(raw, (raw.c.journal == quarantine.c.journal) & (raw.c.seq == quarantine.c.seq))
        .where(raw.c.received_ms >= first_ms, raw.c.received_ms < next_ms)
    )
    return {row.till: row.entries for row in conn.execute(query.group_by(journal.c.till))}


def _gaps(conn: Connection) -> dict[str, int]:
    """Return how many entries are not there that a till's prefixes should have."""
    held = select(func.count()).where(raw.c.journal == journal.c.id).scalar_subquery()
    lacking = select(journal.c.till, journal.c.seq - held)
    found: dict[str, int] = defaultdict(int)
    for name, count in conn.execute(lacking):
        found[name] += count
    return found
