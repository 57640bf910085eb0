"""The enrolled tills: their keys, and the counter that tells a new request from a repeated one and from a copy's.

Counter = last + 1 is new, if its nonce shows that who made it knows the last one's. The same counter, nonce and request
gets the same answer again. The one before it may have been on its way for long, while the till asked again and was
answered: it does nothing. Anything else means that two machines speak as one till, or that somebody replays an old
request: it is refused and flagged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select, update

from agent.journal.wire.signing import Nonce
from hq.clock import now_ms
from hq.database import insert
from hq.receive.signatures import Answer, Request
from hq.tables import asked, flag, till

# Of a till that was just enrolled: its first request has the number 1.
NEVER_ASKED: Mapping[str, Any] = MappingProxyType(
    {
        "counter": 0,
        "nonce": "",
        "request": b"",
        "status": 0,
        "answer": b"",
        "answer_type": "",
        "before_nonce": None,
        "before_request": None,
    }
)
ASKS_MAX = 200  # sales of other tills that a till may ask for ...
_ASKS_MS = 3_600_000  # ... in an hour; nobody takes so much back

log = logging.getLogger(__name__)


def key_of(conn: Connection, till_id: str) -> bytes | None:
    """Return the public key (Ed25519, 32 bytes) of a till, or None if there is no such till."""
    return conn.scalar(select(till.c.key).where(till.c.id == till_id))


def repeated(conn: Connection, till_id: str, nonce: Nonce, request: Request) -> Answer | None:
    """Return the answer a request was given before, or None if it is not the till's last request come again.

    From here to the end of the commit no other request of this till is looked at, by whatever process.
    """
    row = conn.execute(select(till).where(till.c.id == till_id).with_for_update()).one()
    if (row.counter, row.nonce, row.request) == (nonce.counter, str(nonce), request.digest):
        return Answer(row.status, row.answer_type, row.answer)
    return None


def came_late(conn: Connection, till_id: str, nonce: Nonce, request: Request) -> bool:
    """Say whether a request is the one before the till's last: it was answered, and so was its successor."""
    row = conn.execute(select(till.c.before_nonce, till.c.before_request).where(till.c.id == till_id)).one()
    return (row.before_nonce, row.before_request) == (str(nonce), request.digest)


def is_next(conn: Connection, till_id: str, nonce: Nonce) -> bool:
    """Say whether a request is the till's next one: it has the next number, and who made it knows the one before."""
    row = conn.execute(select(till.c.counter, till.c.nonce).where(till.c.id == till_id)).one()
    knows = row.nonce in {"", str(nonce)} or nonce.follows(row.nonce)
    return nonce.counter == row.counter + 1 and knows


def flag_number(conn: Connection, till_id: str, nonce: Nonce) -> None:
    """Flag a request that is not the till's next one."""
    last = _last(conn, till_id)
    raise_flag(conn, till_id, "counter", f"request number {nonce.counter} came after number {last}")


def _last(conn: Connection, till_id: str) -> int:
    return int(conn.execute(select(till.c.counter).where(till.c.id == till_id)).scalar_one())


def keep_answer(
    conn: Connection, till_id: str, nonce: Nonce, request: Request, answer: Answer, *, reported: bool = False
) -> None:
    """Note the till's request and its answer, in the commit that holds what the request did.

    `reported`: by this request the till says that it gave all it had.
    """
    at_ms = now_ms()
    conn.execute(
        update(till)
        .where(till.c.id == till_id)
        .values(
            contact_ms=at_ms,
            reported_ms=at_ms if reported else till.c.reported_ms,
            before_nonce=till.c.nonce,
            before_request=till.c.request,
            counter=nonce.counter,
            nonce=str(nonce),
            request=request.digest,
            status=answer.status,
            answer=answer.body,
            answer_type=answer.type,
        )
    )


def go_on_from(conn: Connection, till_id: str, nonce: Nonce) -> None:
    """Take the request with this nonce, and no other, as a till's next one: it was refused, and comes again."""
    again = {**NEVER_ASKED, "counter": nonce.counter - 1, "nonce": str(nonce)}
    conn.execute(update(till).where(till.c.id == till_id).values(**again))


def heard(conn: Connection, till_id: str) -> None:
    """Note that a till was heard of, other than by a request."""
    conn.execute(update(till).where(till.c.id == till_id).values(contact_ms=now_ms()))


def reported(conn: Connection, till_id: str, at_ms: int) -> None:
    """Note that a till gave all it had since our time `at_ms`, which it heard before that."""
    at_ms = min(at_ms, now_ms())
    later = till.c.reported_ms.is_(None) | (till.c.reported_ms < at_ms)
    conn.execute(update(till).where(till.c.id == till_id, later).values(reported_ms=at_ms))


def may_ask(conn: Connection, till_id: str) -> bool:
    """Count a question for a sale of another till, and say whether it is answered: who asks for too many is flagged."""
    at_ms = now_ms()
    row = conn.execute(select(asked).where(asked.c.till == till_id)).one_or_none()
    counted = {"since_ms": at_ms, "times": 1}
    if row is not None and 0 <= at_ms - row.since_ms < _ASKS_MS:
        counted = {"since_ms": row.since_ms, "times": row.times + 1}
    statement = insert(conn, asked).values(till=till_id, **counted)
    conn.execute(statement.on_conflict_do_update(index_elements=["till"], set_=counted))
    if counted["times"] <= ASKS_MAX:
        return True
    raise_flag(conn, till_id, "asks", f"asked for {counted['times']} sales of other tills within an hour")
    return False


def raise_flag(conn: Connection, till_id: str, what: str, detail: str) -> None:
    """Note something a person should look at: once per till and kind, with its number of times."""
    log.warning("flag till=%s what=%s detail=%r", till_id, what, detail)
    statement = insert(conn, flag).values(till=till_id, what=what, times=1, at_ms=now_ms(), detail=detail)
    again = {"times": flag.c.times + 1, "at_ms": statement.excluded.at_ms, "detail": statement.excluded.detail}
    conn.execute(statement.on_conflict_do_update(index_elements=["till", "what"], set_=again))
