"""Friends who came with a code that their till did not know: both get what the programme says, once it is known whose
it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from agent.errors import JournalError
from agent.loyalty.judging.evaluate import postings_of
from agent.loyalty.judging.referral import brought
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Effect, Holder, Moment, Status
from hq.books.fold import roots
from hq.books.own import Decision, decide
from hq.keys import Keys
from hq.publish.holders import holders
from hq.publish.profiles import profiles_of
from hq.publish.sales import shop_of
from hq.tables import account, decision, journal, referred
from hq.work.terms import programme_of

JUDGED = "referral_judged"
_PHONE_DIGITS = 9  # what national and international ways of writing one number have in common

log = logging.getLogger(__name__)


def judge_due(conn: Connection, day: str, *, epoch: str, keys: Keys) -> tuple[int, int]:
    """Judge the codes that are known by now; returns how many were judged, and how many wait."""
    judged = waiting = 0
    for row in _open(conn):
        if _judge(conn, row, day, epoch=epoch, keys=keys):
            judged += 1
        else:
            waiting += 1
    return judged, waiting


def _open(conn: Connection) -> Iterator[Any]:
    """Yield the sign-ups whose code was not judged yet, in the order of their ids."""
    rows = conn.execute(
        select(referred, journal.c.till)
        .join(journal, journal.c.id == referred.c.journal)
        .outerjoin(decision, decision.c.op == referred.c.op)
        .where(decision.c.op.is_(None))
        .order_by(referred.c.op)
    )
    yield from rows.all()


def _judge(conn: Connection, row: Any, day: str, *, epoch: str, keys: Keys) -> bool:
    terms = programme_of(conn, shop_of(row.till))
    of_code = (account.c.id >= row.code) & (account.c.id < row.code + "~")  # an id has letters and digits alone
    found = roots(conn, conn.scalars(select(account.c.id).where(of_code)))
    if terms is None or len(found) != 1:
        return False
    (friend,), (referrer,) = roots(conn, [row.account]), found
    status = conn.execute(select(account.c.status).where(account.c.id == referrer)).scalar_one()
    if status == Status.PROVISIONAL:
        return False
    effects: list[Effect] = []
    if status == Status.REGULAR and not _are_one(conn, friend, referrer, keys):
        effects = _effects(conn, terms, friend, referrer, Moment(day, confirmed=True), op=row.op)
    body = {"account": friend, "code": row.code, "effects": [one.to_map() for one in effects], "referrer": referrer}
    decide(conn, epoch, Decision(row.op, JUDGED, body, tuple(postings_of(friend, effects))))
    log.info("referral account=%s effects=%d", friend, len(effects))
    return True


def _effects(
    conn: Connection, terms: Programme, friend: str, referrer: str, moment: Moment, *, op: str
) -> list[Effect]:
    members: dict[str, Holder] = {one.account: one for one in holders(conn, [friend, referrer])}
    verdicts = brought(terms, members[friend], members[referrer], moment, lot=op)
    return [one for one in verdicts if isinstance(one, Effect)]


def _are_one(conn: Connection, friend: str, referrer: str, keys: Keys) -> bool:
    """Say whether somebody brought himself: both are one account, or have one phone number."""
    phones = [_phones(conn, each, keys) for each in (friend, referrer)]
    return friend == referrer or bool(phones[0] & phones[1])


def _phones(conn: Connection, root: str, keys: Keys) -> set[str]:
    found = set()
    for one in profiles_of(conn, conn.scalars(select(account.c.id).where(account.c.root == root)).all()).values():
        try:
            phone = one.content(keys.profile).get("phone")
        except JournalError:
            continue
        found.add("".join(c for c in str(phone or "") if c.isdigit())[-_PHONE_DIGITS:])
    return found - {""}
