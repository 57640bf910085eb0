"""Expiry: what is past its last day goes to `expired`, by entries of headquarters' own.

Nobody could spend it any more (`agent.loyalty.lots`): the entries book what the day has done. Doing it twice changes
nothing, so a run that was cut off is simply done again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, and_, or_, select

from agent.journal.entry import EXPIRED, Posting
from agent.loyalty.ageing.ending import expire
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Moment
from hq.books.own import POSTINGS_MAX, Decision, decide, op_for
from hq.database import Database, Turn, take_turn
from hq.publish.holders import holders
from hq.tables import MEMBERS, account, lot, posting_total
from hq.work.terms import programmes

EXPIRED_KIND = "units_expired"
_MEMBERS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Sum:
    """So many units would expire, of so many that members hold."""

    unit: str
    expiring: int
    held: int

    @property
    def percent(self) -> float:
        """How much of what members hold it is."""
        return 100 * self.expiring / self.held if self.held > 0 else 0.0


def preview(conn: Connection, day: date) -> list[Sum]:
    """Return what expires if `day` has begun, by unit."""
    sums: Counter[str] = Counter()
    for page in _pages(conn, day):
        for posting in _postings(conn, page, day):
            if posting.account == EXPIRED:
                sums[posting.unit] += posting.amount
    of_members = posting_total.c.account == MEMBERS
    held = {row.unit: row.amount for row in conn.execute(select(posting_total).where(of_members))}
    return [Sum(unit, amount, held.get(unit, 0)) for unit, amount in sorted(sums.items()) if amount]


def carry_out(database: Database, day: date) -> int:
    """Book what is past its last day on `day`, some members a commit; returns how many entries that made."""
    entries, after = 0, ""
    while True:
        with database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            page = _page(conn, day, after)
            if not page:
                return entries
            entries += _book(conn, page, day, epoch=database.epoch)
            after = page[-1]


def _book(conn: Connection, page: list[str], day: date, *, epoch: str) -> int:
    postings = list(_postings(conn, page, day))
    for at in range(0, len(postings), POSTINGS_MAX):
        some = tuple(postings[at : at + POSTINGS_MAX])
        op = op_for("expire", day.isoformat(), page[0], page[-1], str(at))
        decide(conn, epoch, Decision(op, EXPIRED_KIND, {"before": day.isoformat()}, some))
    return -(-len(postings) // POSTINGS_MAX)


def _postings(conn: Connection, page: list[str], day: date) -> Iterator[Posting]:
    terms = _any_terms(programmes(conn))
    moment = Moment(day.isoformat(), confirmed=True)
    if terms is not None:
        for holder in holders(conn, page):
            yield from expire(terms, holder, moment)


def _any_terms(known: Mapping[str, Programme]) -> Programme | None:
    """Return a programme with the memberships of all: of a programme nothing else is asked here."""
    first = next(iter(known.values()), None)
    if first is None:
        return None
    return replace(first, memberships=tuple(one for terms in known.values() for one in terms.memberships))


def _pages(conn: Connection, day: date) -> Iterator[list[str]]:
    after = ""
    while page := _page(conn, day, after):
        yield page
        after = page[-1]


def _page(conn: Connection, day: date, after: str) -> list[str]:
    """Return the next members of whom something may expire, or be given back."""
    over = and_(lot.c.amount > 0, lot.c.expires < day.isoformat())
    query = select(account.c.root).join(lot, lot.c.account == account.c.id)
    query = query.where(or_(over, lot.c.amount < 0), account.c.root > after)
    return list(conn.scalars(query.distinct().order_by(account.c.root).limit(_MEMBERS_AT_ONCE)))
