"""The door of headquarters: who asks, is it new, what do they want, and an answer that is signed and remembered.

A request is one commit: the till's counter, what the request does, and the answer it will be given again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import Connection

from agent.errors import JournalError, RejectedError, TallyError
from agent.journal import batch, feed
from agent.journal.entry import encode
from agent.journal.feed import Cursor
from agent.journal.wire import (
    BATCH_TYPE,
    ENROLLING,
    MAP_TYPE,
    PAGE_TYPE,
    PATH,
    Enrolled,
    Enrolment,
    Held,
    Position,
    Refusal,
    Where,
    compress,
    expand,
    read,
)
from hq.clock import now_ms
from hq.database import Database, last_version
from hq.keys import Keys
from hq.publish.feed import page_for
from hq.receive import raw, tills
from hq.receive.enrol import enrol
from hq.receive.signatures import Answer, Request, sign, verify

ENROL, WHERE, ENTRIES, FEED = (f"{PATH}/{name}" for name in ("enrol", "where", "entries", "feed"))
_REQUEST_BYTES_MAX = 64 * 1024
_BATCH_BYTES_MAX = 8 * 1024 * 1024  # as it travels, compressed

Action = Callable[[Connection, str, Request], Answer]


@dataclass(frozen=True, slots=True)
class Door:
    """Answers requests of tills; `arrived` is set when entries have come that the books do not hold yet."""

    database: Database
    keys: Keys
    arrived: threading.Event

    def bytes_max(self, path: str) -> int:
        """Return how large the body of a request may be."""
        return _BATCH_BYTES_MAX if path == ENTRIES else _REQUEST_BYTES_MAX

    def answer(self, request: Request) -> tuple[Answer, dict[str, str]]:
        """Return the answer to a request and its headers, the signature among them."""
        try:
            answer = self._enrol(request) if request.path == ENROL else self._of_till(request)
        except RejectedError as error:
            answer = self.refuse(401, error)
        except JournalError as error:
            answer = self.refuse(400, error)
        return answer, sign(request, answer, self.keys)

    def refuse(self, status: int, error: TallyError) -> Answer:
        """Return the answer that says no."""
        refusal = Refusal(error.code, str(error), error.hint, self.database.epoch)
        return _message(refusal.to_map(), status)

    def _enrol(self, request: Request) -> Answer:
        asked = read(request.body, Enrolment.from_map)
        verify(request, {ENROLLING: asked.key}.get)
        with self.database.write() as conn:
            till_id = enrol(conn, asked)
        if till_id is None:
            raise RejectedError("this code is not known here", hint="check the code; after five wrong ones it ends")
        profile_key = self.keys.profile.public_key().public_bytes_raw()
        return _message(Enrolled(till_id, self.database.epoch, self.keys.root, profile_key, now_ms()).to_map())

    def _of_till(self, request: Request) -> Answer:
        signed = verify(request, self._key_of)
        till_id, nonce = signed.key_id, signed.nonce
        if nonce.hq_epoch != self.database.epoch:
            return self.refuse(409, RejectedError(f"this headquarters is of epoch {self.database.epoch!r}"))
        with self.database.write() as conn:
            answer = tills.repeated(conn, till_id, nonce, request)
            if answer is not None:
                return answer
            if not tills.is_next(conn, till_id, nonce):
                hint = "another machine speaks as this till, or its disk was copied or restored: call headquarters"
                return self.refuse(409, RejectedError(f"request number {nonce.counter} is not the next", hint=hint))
            answer = self._act(conn, till_id, request)
            tills.keep_answer(conn, till_id, nonce, request, answer)
        if request.path == ENTRIES:
            self.arrived.set()
        return answer

    def _key_of(self, till_id: str) -> bytes | None:
        with self.database.read() as conn:
            return tills.key_of(conn, till_id)

    def _act(self, conn: Connection, till_id: str, request: Request) -> Answer:
        """Do what is asked; what a refused request did is taken back, its number stays used."""
        actions: dict[str, Action] = {WHERE: _where, ENTRIES: _entries, FEED: self._feed}
        try:
            with conn.begin_nested():
                return actions[request.path](conn, till_id, request)
        except JournalError as error:
            return self.refuse(400, error)

    def _feed(self, conn: Connection, till_id: str, request: Request) -> Answer:
        after = read(request.body, lambda value: int(value["after"]))
        page = page_for(conn, till_id, Cursor(self.database.epoch, after), self.keys)
        return Answer(200, PAGE_TYPE, compress(feed.pack(page)))


def _where(conn: Connection, till_id: str, _request: Request) -> Answer:
    return _message(Where(raw.where(conn, till_id), last_version(conn), now_ms()).to_map())


def _entries(conn: Connection, till_id: str, request: Request) -> Answer:
    if request.headers.get("content-type") != BATCH_TYPE:
        raise JournalError(f"entries come as {BATCH_TYPE}, not as {request.headers.get('content-type')!r}")
    after, to = _from_query(request.query)
    items = batch.unpack(expand(request.body, bytes_max=batch.BATCH_BYTES_MAX))
    outcome, held = raw.take(conn, till_id, after, items, to=to)
    answer = Held(outcome, held, last_version(conn), now_ms())
    return _message(answer.to_map())


def _from_query(query: str) -> tuple[Position, bytes]:
    """Read `epoch`, `seq`, `head` and `to` from the query."""
    values = parse_qs(query)
    try:
        after = Position.from_map({name: values[name][0] for name in ("epoch", "seq", "head")})
        return after, bytes.fromhex(values["to"][0])
    except (KeyError, ValueError) as error:
        raise JournalError(f"the query must name epoch, seq, head and to: {error!r}") from error


def _message(value: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, MAP_TYPE, encode(value))
