"""What the books say in sum: tills, money, units, and whether every unit's postings come to zero."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

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


def tills(conn: Connection) -> list[TillRow]:
    """Return every enrolled till, by name."""
    names = conn.scalars(select(till.c.id).order_by(till.c.id)).all()
    contacts = {row.id: row.contact_ms for row in conn.execute(select(till.c.id, till.c.contact_ms))}
    return [_till(conn, name, contacts[name]) for name in names]


def _till(conn: Connection, name: str, contact_ms: int) -> TillRow:
    rows = conn.execute(
        select(journal.c.epoch, journal.c.seq, journal.c.head, func.coalesce(booked.c.seq, 0).label("booked"))
        .outerjoin(booked, booked.c.journal == journal.c.id)
        .where(journal.c.till == name)
        .order_by(journal.c.id)
    ).all()
    last = rows[-1] if rows else None
    flags = set(conn.scalars(select(flag.c.what).where(flag.c.till == name)))
    if conn.scalar(select(other_value.c.till).where(other_value.c.till == name).limit(1)) is not None:
        flags.add(PROFILES)
    return TillRow(
        till=name,
        contact_ms=contact_ms,
        epoch=last.epoch if last else None,
        seq=last.seq if last else 0,
        head=last.head.hex() if last else None,
        entries=sum(row.seq for row in rows),
        waiting=sum(row.seq - row.booked for row in rows),
        quarantined=_of_till(conn, quarantine.c.journal, name),
        forked=_of_till(conn, fork.c.journal, name),
        takings=_takings(conn, name),
        flags=tuple(sorted(flags)),
        replaced=replaced_machines(conn, name),
    )


def _of_till(conn: Connection, column: object, name: str) -> int:
    query = select(func.count()).select_from(journal).where(journal.c.till == name, journal.c.id == column)
    return int(conn.execute(query).scalar_one())


def _takings(conn: Connection, name: str | None = None) -> tuple[Takings, ...]:
    columns = (takings.c.sales, takings.c.sales_money, takings.c.refunds, takings.c.returns_money)
    query = select(takings.c.currency, *(total(column) for column in columns)).group_by(takings.c.currency)
    if name is not None:
        query = query.where(takings.c.till == name)
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
