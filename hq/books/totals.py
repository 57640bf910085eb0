"""What the books say in sum: tills, money, units, and whether every unit's postings come to zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, func, or_, select

from agent.journal.entry import VOUCHERS_PREFIX
from hq.database import total
from hq.receive.replacing import Replaced, replaced_machines
from hq.tables import (
    MEMBERS,
    account,
    booked,
    branch,
    flag,
    fork,
    journal,
    lot,
    other_value,
    posting_total,
    quarantine,
    takings,
    till,
)

PAGE_TILLS = 100
PROFILES = "profiles"  # the flag of a till that said of a member what another one contradicts: `tally-hq members`


@dataclass(frozen=True, slots=True)
class Takings:
    """Sales and refunds in one currency; money in minor units."""

    currency: str
    sales: int
    sales_money: int
    refunds: int
    returns_money: int


@dataclass(frozen=True, slots=True)
class TillRow:
    """A till as headquarters sees it.

    `epoch`, `seq` and `head` (hex) are of the journal heard of last, `entries` counts all its epochs, `waiting` those
    not in the books yet. `flags` says what a person should look at, `replaced` which machines stood in its place.
    """

    till: str
    contact_ms: int
    epoch: str | None
    seq: int
    head: str | None
    entries: int
    waiting: int
    quarantined: int
    forked: int
    takings: tuple[Takings, ...]
    flags: tuple[str, ...]
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class TillPage:
    """Some of `tills` tills, of which `needing` need a person: page `number` of `pages`, from 1."""

    rows: tuple[TillRow, ...]
    tills: int
    needing: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit's postings per ledger account; `total` is their sum and must be 0.

    `lots` is what lots hold, members' and vouchers'.
    """

    unit: str
    accounts: dict[str, int]
    total: int
    lots: int

    @property
    def balanced(self) -> bool:
        """Whether the postings sum to zero and the lots are what was posted on members and vouchers."""
        held = (amount for name, amount in self.accounts.items() if name == MEMBERS or name.startswith(VOUCHERS_PREFIX))
        return self.total == 0 and self.lots == sum(held)


@dataclass(frozen=True, slots=True)
class Books:
    """The books in sum."""

    entries: int
    waiting: int
    quarantined: int
    members: int
    takings: tuple[Takings, ...]
    units: tuple[UnitRow, ...]

    @property
    def balanced(self) -> bool:
        """Whether every unit is."""
        return all(unit.balanced for unit in self.units)


def tills(conn: Connection, names: Collection[str] | None = None) -> list[TillRow]:
    """Return enrolled tills by name, those of `names` or all: so many queries, whatever the number of tills."""
    found = conn.execute(_named(select(till.c.id, till.c.contact_ms), till.c.id, names).order_by(till.c.id)).all()
    journals, flags = _journals(conn, names), _flags(conn, names)
    aside, forked = (_by_till(conn, table, names) for table in (quarantine, fork))
    money, gone = _takings_by_till(conn, names), replaced_machines(conn, names)
    rows = []
    for name, contact_ms in found:
        last = journals[name][-1] if journals[name] else None
        row = TillRow(
            till=name,
            contact_ms=contact_ms,
            epoch=last.epoch if last else None,
            seq=last.seq if last else 0,
            head=last.head.hex() if last else None,
            entries=sum(one.seq for one in journals[name]),
            waiting=sum(one.seq - one.booked for one in journals[name]),
            quarantined=aside.get(name, 0),
            forked=forked.get(name, 0),
            takings=tuple(money[name]),
            flags=tuple(sorted(flags[name])),
            replaced=tuple(gone[name]),
        )
        rows.append(row)
    return rows


def page_of_tills(conn: Connection, number: int = 1, *, quiet_since_ms: int) -> TillPage:
    """Return a page of tills, those first that need a person: flagged, with entries aside, or quiet since a time.

    Before the first page and after the last one stand the first and the last.
    """
    count, needing = conn.execute(select(func.count(), total(_needs(quiet_since_ms))).select_from(till)).one()
    pages = max(1, -(-count // PAGE_TILLS))
    number = min(max(number, 1), pages)
    order = select(till.c.id).order_by(_needs(quiet_since_ms).desc(), till.c.id)
    names = conn.scalars(order.limit(PAGE_TILLS).offset((number - 1) * PAGE_TILLS)).all()
    place = {name: at for at, name in enumerate(names)}
    rows = sorted(tills(conn, names), key=lambda row: place[row.till])
    return TillPage(tuple(rows), count, needing, number, pages)


def _needs(quiet_since_ms: int) -> ColumnElement[int]:
    """Return 1 for a till that needs a person, else 0."""
    aside = select(quarantine.c.journal).union(select(fork.c.journal))
    wanted = (
        till.c.contact_ms < quiet_since_ms,
        till.c.id.in_(select(flag.c.till)),
        till.c.id.in_(select(other_value.c.till)),
        till.c.id.in_(select(journal.c.till).where(journal.c.id.in_(aside))),
    )
    return case((or_(*wanted), 1), else_=0)


def _named(query: Select[Any], column: ColumnElement[str], names: Collection[str] | None) -> Select[Any]:
    return query if names is None else query.where(column.in_(names))


def _journals(conn: Connection, names: Collection[str] | None) -> dict[str, list[Any]]:
    """Return the journals of each till and how far they are booked, in the order in which they were heard of."""
    query = select(journal, func.coalesce(booked.c.seq, 0).label("booked"))
    rows = conn.execute(
        _named(query.outerjoin(booked, booked.c.journal == journal.c.id), journal.c.till, names).order_by(journal.c.id)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.till].append(row)
    return found


def _flags(conn: Connection, names: Collection[str] | None) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, what in conn.execute(_named(select(flag.c.till, flag.c.what), flag.c.till, names)):
        found[name].add(what)
    for name in conn.scalars(_named(select(other_value.c.till).distinct(), other_value.c.till, names)):
        found[name].add(PROFILES)
    return found


def _by_till(conn: Connection, table: Table, names: Collection[str] | None) -> dict[str, int]:
    """Return how many rows of a table are of each till's journals."""
    query = select(journal.c.till, func.count().label("rows")).join(table, table.c.journal == journal.c.id)
    return {row.till: row.rows for row in conn.execute(_named(query.group_by(journal.c.till), journal.c.till, names))}


_SUMMED = (takings.c.sales, takings.c.sales_money, takings.c.refunds, takings.c.returns_money)


def _takings_by_till(conn: Connection, names: Collection[str] | None) -> dict[str, list[Takings]]:
    query = select(takings.c.till, takings.c.currency, *_SUMMED).order_by(takings.c.till, takings.c.currency)
    found: dict[str, list[Takings]] = defaultdict(list)
    for name, *row in conn.execute(_named(query, takings.c.till, names)):
        found[name].append(Takings(*row))
    return found


def _takings(conn: Connection) -> tuple[Takings, ...]:
    query = select(takings.c.currency, *(total(column) for column in _SUMMED)).group_by(takings.c.currency)
    return tuple(Takings(*row) for row in conn.execute(query.order_by(takings.c.currency)))


def books(conn: Connection) -> Books:
    """Return the books in sum."""
    shared = conn.execute(select(total(branch.c.seq))).scalar_one()  # which the till's own journal holds
    entries = conn.execute(select(total(journal.c.seq))).scalar_one() - shared
    return Books(
        entries=entries,
        waiting=entries - _done(conn),
        quarantined=conn.execute(select(func.count()).select_from(quarantine)).scalar_one(),
        members=conn.execute(select(func.count()).where(account.c.id == account.c.root)).scalar_one(),
        takings=_takings(conn),
        units=_units(conn),
    )


def _done(conn: Connection) -> int:
    """Return how many entries are in the books."""
    own = func.coalesce(branch.c.seq, 0)
    query = select(func.coalesce(func.sum(booked.c.seq - own), 0))
    joined = booked.outerjoin(branch, branch.c.journal == booked.c.journal)
    return int(conn.execute(query.select_from(joined)).scalar_one())


def _units(conn: Connection) -> tuple[UnitRow, ...]:
    rows = conn.execute(select(lot.c.unit, total(lot.c.amount).label("amount")).group_by(lot.c.unit))
    held = {row.unit: row.amount for row in rows}
    posted: dict[str, dict[str, int]] = {}
    for row in conn.execute(select(posting_total).order_by(posting_total.c.unit, posting_total.c.account)):
        posted.setdefault(row.unit, {})[row.account] = row.amount
    return tuple(
        UnitRow(unit, accounts, sum(accounts.values()), held.get(unit, 0)) for unit, accounts in posted.items()
    )
