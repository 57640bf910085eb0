"""Promises: how much of a member's lots a till may spend now, so that no two tills spend the same.

A promise stands under the op of the redemption it is for. It ends by what the books hold of the asking till, never by
the passing of time: a till that is silent keeps what it was promised. Whoever asks for one has the turn of the books,
so that no other is given, and nothing is booked, in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, delete, exists, select, tuple_

from agent.journal.wire.asking import PROMISE_ENTRIES, SpendAsked, SpendTold
from agent.loyalty.lots import spendable
from agent.loyalty.sale import Holder, Lot, Moment, Status
from agent.loyalty.spending.between import promise as share
from hq.database import Turn, insert, take_turn, total
from hq.tables import account, booked, fresh, journal, journal_end, lot, promise, redemption


def promised(conn: Connection, till_id: str, asked: SpendAsked) -> SpendTold:
    """Promise a till what it asks for, or what there is of it; asked again it keeps what it was promised before."""
    take_turn(conn, Turn.BOOKS)
    root = conn.scalar(select(account.c.root).where(account.c.id == asked.account))
    if root is None:
        return SpendTold({})
    conn.execute(delete(promise).where(promise.c.till == till_id, promise.c.op == asked.instead))
    _drop_ended(conn, root)
    before: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for row in conn.execute(_of_member(root).where(promise.c.unit == asked.unit)):
        mine = (row.till, row.op) == (till_id, asked.op)
        (before if mine else others)[row.lot] += row.amount
    lots = share(_lots(conn, root, asked), asked.units, others=others, before=before)
    _keep(conn, till_id, asked, root, lots)
    return SpendTold(lots)


def note_end(conn: Connection, till_id: str, epoch: str, end: int) -> None:
    """Note that there is more of a till's journal: until it is booked, that till may have spent what it gave before."""
    of = conn.scalar(select(journal.c.id).where(journal.c.till == till_id, journal.c.epoch == epoch))
    if of is not None:
        statement = insert(conn, journal_end).values(journal=of, seq=end)
        further = journal_end.c.seq < end
        conn.execute(statement.on_conflict_do_update(index_elements=["journal"], set_={"seq": end}, where=further))


def _lots(conn: Connection, root: str, asked: SpendAsked) -> Iterator[Lot]:
    """Yield what a member has of a unit and may be spent, with his debts; not what its till may have spent."""
    amount = total(lot.c.amount)
    rows = conn.execute(
        select(lot.c.lot, amount.label("amount"), lot.c.expires)
        .join(account, account.c.id == lot.c.account)
        .where(account.c.root == root, lot.c.unit == asked.unit)
        .group_by(lot.c.lot, lot.c.expires)
        .having(amount != 0)
    )
    moment = Moment(asked.day or "", confirmed=asked.day is not None)
    holder = Holder(root, Status.REGULAR, {asked.unit: tuple(Lot(row.lot, row.amount, row.expires) for row in rows)})
    grown = set(conn.scalars(_grown(root).where(fresh.c.unit == asked.unit)))
    for one in spendable(holder, moment).lots[asked.unit]:
        if one.amount < 0 or one.lot not in grown:
            yield one


def _keep(conn: Connection, till_id: str, asked: SpendAsked, root: str, lots: dict[str, int]) -> None:
    place = {"till": till_id, "op": asked.op, "account": root, "unit": asked.unit, "epoch": asked.epoch}
    upto = asked.seq + PROMISE_ENTRIES
    for name, amount in lots.items():
        statement = insert(conn, promise).values(**place, lot=name, upto=upto, amount=amount)
        again = {"epoch": asked.epoch, "upto": upto, "amount": amount}
        keys = ["till", "op", "account", "unit", "lot"]
        conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=again))


def _of_member(root: str) -> Any:
    return select(promise).join(account, account.c.id == promise.c.account).where(account.c.root == root)


def _drop_ended(conn: Connection, root: str) -> None:
    """Drop the promises on a member's lots that the books answer for, used or not."""
    for row in conn.execute(_of_member(root)).all():
        if _is_used(conn, row) or _is_past(conn, row):
            key = (row.till, row.op, row.account, row.unit, row.lot)
            columns = (promise.c.till, promise.c.op, promise.c.account, promise.c.unit, promise.c.lot)
            conn.execute(delete(promise).where(tuple_(*columns) == key))


def _is_used(conn: Connection, row: Any) -> bool:
    query = select(redemption.c.seq).join(journal, journal.c.id == redemption.c.journal)
    return conn.execute(query.where(redemption.c.op == row.op, journal.c.till == row.till)).first() is not None


def _is_past(conn: Connection, row: Any) -> bool:
    """Say whether the till can use a promise no more: its journal is past it, or it has begun a later one."""
    of_till = select(journal.c.id, journal.c.epoch, booked.c.seq).join(booked, booked.c.journal == journal.c.id)
    held = conn.execute(of_till.where(journal.c.till == row.till)).all()
    own = next((one for one in held if one.epoch == row.epoch), None)
    if own is None:
        return False
    return own.seq >= row.upto or any(one.id > own.id for one in held)


def _grown(root: str) -> Any:
    """Select the lots of a member that their till may have spent; once it has begun a later journal it says no more."""
    own, later = journal.alias("own"), journal.alias("later")
    has_later = exists().where(
        own.c.id == fresh.c.journal, later.c.till == own.c.till, later.c.id > own.c.id, booked.c.journal == later.c.id
    )
    return select(fresh.c.lot).join(account, account.c.id == fresh.c.account).where(account.c.root == root, ~has_later)
