"""Absence: units that go for want of a purchase (`inactive`), an entry a member, and what puts right a wrong one.

Only headquarters can tell that nobody saw a member, and only for days that every till has reported past. If a sale
comes nevertheless that would have saved the units, an entry gives them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, func, select

from agent.journal.entry import decode_entry
from agent.loyalty.ageing.absence import forfeit, lapses_of
from agent.loyalty.sale import Holder, Moment
from hq.apart.epochs import awaited
from hq.books.own import POSTINGS_MAX, Decision, decide, op_for
from hq.clock import day_at
from hq.database import Database, Turn, take_turn
from hq.publish.holders import holders
from hq.tables import account, booked, journal, lapse, lot, raw, sale, till
from hq.work.terms import programmes, shares

LAPSED, RESTORED = "units_lapsed", "lapse_reversed"
_MEMBERS_AT_ONCE = 100


def everyone_reported_before(conn: Connection, at_ms: int) -> date | None:
    """Return the day up to which, it not included, every till has given all it had, those written off left out.

    None if a till never did, or the books lack entries: what is decided from a member's absence waits.
    """
    lacking = select(journal.c.id).outerjoin(booked, booked.c.journal == journal.c.id)
    if conn.execute(lacking.where(journal.c.seq > func.coalesce(booked.c.seq, 0)).limit(1)).first() is not None:
        return None
    waited_for = {one.till for one in awaited(conn, at_ms + 1)}
    rows = conn.execute(select(till.c.id, till.c.reported_ms)).all()
    reported = [row.reported_ms for row in rows if row.id in waited_for]
    return None if None in reported else day_at(min([at_ms, *reported]))


def restore(conn: Connection, *, epoch: str) -> int:
    """Give back what was taken from members who had bought something in time; returns how many entries that made."""
    other = account.alias()
    rows = conn.execute(
        select(raw.c.bytes, sale.c.day)
        .join(lapse, (lapse.c.journal == raw.c.journal) & (lapse.c.seq == raw.c.seq))
        .join(account, account.c.id == lapse.c.account)
        .join(other, other.c.root == account.c.root)
        .join(sale, sale.c.account == other.c.id)
        .where(sale.c.day > lapse.c.last_sale, sale.c.day <= lapse.c.until)
        .order_by(raw.c.journal, raw.c.seq, sale.c.day)
    ).all()
    made = 0
    for row in rows:
        taken = decode_entry(row.bytes)
        body = {"account": taken.body["account"], "entry": taken.id, "sold": row.day}
        back = tuple(replace(posting, amount=-posting.amount) for posting in taken.postings)
        made += decide(conn, epoch, Decision(op_for("unlapse", taken.id), RESTORED, body, back))
    return made


def carry_out(database: Database, before: date) -> int:
    """Take what lapsed before a day, past which every till has reported; returns how many entries that made."""
    with database.read() as conn:
        if not any(unit.inactive for terms in programmes(conn).values() for unit in terms.units):
            return 0
    entries, after = 0, ""
    while True:
        with database.write() as conn:
            take_turn(conn, Turn.BOOKS)
            page = _page(conn, after)
            if not page:
                return entries
            last_sales = _last_sales(conn, page)
            for holder in holders(conn, [one for one in page if one in last_sales]):
                entries += _take(conn, holder, last_sales[holder.account], before, epoch=database.epoch)
            after = page[-1]


def _take(conn: Connection, holder: Holder, last_sale: str, before: date, *, epoch: str) -> int:
    moment = Moment(before.isoformat(), confirmed=True)
    made = 0
    for terms, share in shares(programmes(conn), holder):
        for ending in lapses_of(terms, share, last_sale=last_sale):
            lots = {name: lots for name, lots in share.lots.items() if name == ending.unit}
            postings = forfeit(terms, replace(share, lots=lots), moment, last_sale=last_sale)
            body = {"account": holder.account, "last_sale": last_sale, "until": ending.day}
            for at in range(0, len(postings), POSTINGS_MAX):
                op = op_for("lapse", *body.values(), ending.unit, str(at))
                made += decide(conn, epoch, Decision(op, LAPSED, body, postings[at : at + POSTINGS_MAX]))
    return made


def _page(conn: Connection, after: str) -> list[str]:
    query = select(account.c.root).join(lot, lot.c.account == account.c.id)
    query = query.where(lot.c.amount > 0, account.c.root > after)
    return list(conn.scalars(query.distinct().order_by(account.c.root).limit(_MEMBERS_AT_ONCE)))


def _last_sales(conn: Connection, page: Sequence[str]) -> dict[str, str]:
    """Return the day of the last purchase of those who ever bought anything."""
    query = select(account.c.root, func.max(sale.c.day).label("day")).join(account, account.c.id == sale.c.account)
    rows = conn.execute(query.where(account.c.root.in_(page)).group_by(account.c.root))
    return {row.root: row.day for row in rows}
