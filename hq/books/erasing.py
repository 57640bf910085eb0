"""Erasing: a member whom a till has erased is forgotten here, and headquarters' own journal tells every till.

What stays is the account with its cards' random ids, blocked, so that the books stay even and late entries find it. The
units it held go to `expired` as those that time took: what is returned later makes nobody owe them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Executable, Select, delete, select, update

from agent.journal.entry import Posting
from agent.loyalty.ageing.ending import move_to_expired
from agent.loyalty.programme.units import is_counter
from hq.books.fold import roots
from hq.books.own import POSTINGS_MAX, Decision, decide, op_for
from hq.publish.holders import holders
from hq.tables import account, card, erased, other_value, profile, profile_field, record, sealed, sealed_key

ERASED = "member_erased"

log = logging.getLogger(__name__)


def erase_due(conn: Connection, *, epoch: str) -> int:
    """Erase the members that tills' entries say to be erased, each once; returns how many there were."""
    due = conn.scalars(select(erased.c.account).where(erased.c.own.is_(False)).order_by(erased.c.account)).all()
    for one in due:
        (root,) = roots(conn, [one])
        _forget(conn, root)
        decision = Decision(op_for("erase", root), ERASED, {"account": root}, _left(conn, root))
        if decide(conn, epoch, decision):
            log.info("erased account=%s", root)
        conn.execute(update(erased).where(erased.c.account == one).values(own=True))
    return len(due)


def forget_late(conn: Connection, journal_id: int, first: int, last: int) -> int:
    """Forget what entries `first` to `last` of a journal tell of members who were erased before: nobody is told of it.

    Returns of how many. What they earned meanwhile is written off by `erase_again`.
    """
    run = (record.c.journal == journal_id) & record.c.seq.between(first, last)
    named = conn.scalars(select(record.c.subject).where(run).distinct()).all()
    if not named:
        return 0
    of_cards = conn.scalars(select(card.c.account).where(card.c.id.in_(named))).all()
    told = select(account.c.root).where(account.c.id.in_([*named, *of_cards]))
    return _forget_all(conn, _erased_roots().where(account.c.root.in_(told)))


def forget_known(conn: Connection) -> int:
    """Forget the erased members of whom something is held, for headquarters was put back; returns how many."""
    part, gone = account.alias(), _erased_roots()
    of_account = select(part.c.root).join(sealed, sealed.c.subject == part.c.id).where(part.c.root.in_(gone))
    of_card = (
        select(part.c.root)
        .join(card, card.c.account == part.c.id)
        .join(sealed, sealed.c.subject == card.c.id)
        .where(part.c.root.in_(gone))
    )
    return _forget_all(conn, of_account.union(of_card))


def _forget_all(conn: Connection, query: Executable) -> int:
    return sum(_forget(conn, root) for root in conn.scalars(query).all())


def _erased_roots() -> Select[Any]:
    return select(account.c.root).join(erased, erased.c.account == account.c.id).distinct()


def erase_again(conn: Connection, *, epoch: str, day: str) -> int:
    """Forget what tills that had not heard of an erasure have told since, and write off what was earned since.

    Once a business day; returns how many members that was needed for.
    """
    found = 0
    for root in sorted(roots(conn, conn.scalars(select(erased.c.account)).all())):
        again = _forget(conn, root)
        if left := _left(conn, root):
            again = decide(conn, epoch, Decision(op_for("erase", root, day), ERASED, {"account": root}, left)) or again
        found += again
    return found


def _forget(conn: Connection, root: str) -> bool:
    """Delete records, keys and fingerprints of an account, and of all that was joined into it; False if none was."""
    parts = conn.scalars(select(account.c.id).where(account.c.root == root)).all()
    subjects = [*parts, *conn.scalars(select(card.c.id).where(card.c.account.in_(parts)))]
    known = conn.scalars(select(sealed.c.subject).where(sealed.c.subject.in_(subjects))).all()
    _delete(conn, subjects)
    return bool(known)


def _delete(conn: Connection, subjects: Sequence[str]) -> None:
    for table in (sealed_key, sealed, profile, record, profile_field, other_value):
        conn.execute(delete(table).where(table.c.subject.in_(subjects)))
    conn.execute(update(card).where(card.c.id.in_(subjects)).values(fingerprint=None))


def _left(conn: Connection, root: str) -> tuple[Posting, ...]:
    """Return the postings that write off what a member still holds, as much as an entry takes; a debt stays one."""
    postings = (
        posting
        for holder in holders(conn, [root])
        for unit, lots in holder.lots.items()
        if not is_counter(unit)
        for lot in lots
        if lot.amount > 0
        for posting in move_to_expired(holder, unit, lot, lot.amount)
    )
    return tuple(islice(postings, POSTINGS_MAX))
