"""The enrolled tills: their keys, and the counter that tells a new request from a repeated one and from a copy's.

Counter = last + 1 is new. The same counter, nonce and request gets the same answer again. Anything else means that two
machines speak as one till, or that somebody replays an old request: it is refused and flagged.
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from agent.journal.wire import Nonce
from hq.clock import now_ms
from hq.receive.signatures import Answer, Request
from hq.tables import flag, till

log = logging.getLogger(__name__)


def key_of(conn: Connection, till_id: str) -> bytes | None:
    """Return the public key (Ed25519, 32 bytes) of a till, or None if there is no such till."""
    return conn.scalar(select(till.c.key).where(till.c.id == till_id))


def repeated(conn: Connection, till_id: str, nonce: Nonce, request: Request) -> Answer | None:
    """Return the answer a request was given before, or None if it is not the till's last request come again."""
    row = conn.execute(select(till).where(till.c.id == till_id)).one()
    if (row.counter, row.nonce, row.request) == (nonce.counter, str(nonce), request.digest):
        return Answer(row.status, row.answer_type, row.answer)
    return None


def is_next(conn: Connection, till_id: str, nonce: Nonce) -> bool:
    """Say whether a request is the till's next one; if not, flag it."""
    last = conn.execute(select(till.c.counter).where(till.c.id == till_id)).scalar_one()
    if nonce.counter == last + 1:
        return True
    raise_flag(conn, till_id, "counter", f"request number {nonce.counter} came after number {last}")
    return False


def keep_answer(conn: Connection, till_id: str, nonce: Nonce, request: Request, answer: Answer) -> None:
    """Note the till's request and its answer, in the commit that holds what the request did."""
    conn.execute(
        update(till)
        .where(till.c.id == till_id)
        .values(
            contact_ms=now_ms(),
            counter=nonce.counter,
            nonce=str(nonce),
            request=request.digest,
            status=answer.status,
            answer=answer.body,
            answer_type=answer.type,
        )
    )


def raise_flag(conn: Connection, till_id: str, what: str, detail: str) -> None:
    """Note something a person should look at: once per till and kind, with its number of times."""
    log.warning("flag till=%s what=%s detail=%r", till_id, what, detail)
    statement = insert(flag).values(till=till_id, what=what, times=1, at_ms=now_ms(), detail=detail)
    again = {"times": flag.c.times + 1, "at_ms": statement.excluded.at_ms, "detail": statement.excluded.detail}
    conn.execute(statement.on_conflict_do_update(index_elements=["till", "what"], set_=again))
