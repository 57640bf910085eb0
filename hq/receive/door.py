"""The door of headquarters: who asks, is it new, what do they want, and an answer that is signed and remembered.

A request is one commit: the till's counter, what the request does, and the answer it will be given again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from agent.errors import (
    EpochLeftError,
    ForkedError,
    JournalError,
    RejectedError,
    RequestTooLargeError,
    TallyError,
)
from agent.journal import batch, feed
from agent.journal.entry import encode
from agent.journal.feed import Cursor
from agent.journal.wire.apart import Witness
from agent.journal.wire.asking import SaleAsked, SpendAsked, SpendTold
from agent.journal.wire.enrolling import Enrolled, Enrolment
from agent.journal.wire.form import BATCH_TYPE, MAP_TYPE, PAGE_TYPE, PATH, SALE_TYPE, compress, expand, read
from agent.journal.wire.meeting import Held, Refusal, Where
from agent.journal.wire.place import Position
from agent.journal.wire.signing import ENROLLING, Nonce
from hq.apart import copies, witness
from hq.apart.epochs import is_whole
from hq.clock import beacon_ms
from hq.database import Database, last_version
from hq.keys import Keys
from hq.publish.codes import make_shop_key
from hq.publish.feed import page_for
from hq.publish.promises import note_end, promised
from hq.publish.sales import told_sale
from hq.receive import raw, tills
from hq.receive.enrol import enrol
from hq.receive.replacing import old_keys
from hq.receive.signatures import Answer, Request, sign, verify
from hq.receive.tills import raise_flag

ENROL, WHERE, ENTRIES, FEED, SALE, BRANCH, WITNESS = (
    f"{PATH}/{name}" for name in ("enrol", "where", "entries", "feed", "sale", "branch", "witness")
)
SPEND = f"{PATH}/spend"
_PLACES = frozenset((ENROL, WHERE, ENTRIES, FEED, SALE, BRANCH, WITNESS, SPEND))
_DIGITS_MAX = 15
_REQUEST_BYTES_MAX = 64 * 1024
_BATCH_BYTES_MAX = 8 * 1024 * 1024  # as it travels, compressed

log = logging.getLogger(__name__)

Action = Callable[[Connection, str, Request], Answer]


@dataclass(frozen=True, slots=True)
class Door:
    """Answers requests of tills; `arrived` is set when entries have come that the books do not hold yet."""

    database: Database
    keys: Keys
    arrived: threading.Event

    def bytes_max(self, path: str) -> int:
        """Return how large the body of a request may be.

        Twice as much is read: what is larger than that is refused in nobody's name, for its signature cannot be judged.
        """
        return _REQUEST_BYTES_MAX if path in {ENROL, WHERE, FEED, SALE, SPEND} else _BATCH_BYTES_MAX

    def answer(self, request: Request) -> tuple[Answer, dict[str, str]]:
        """Return the answer to a request and its headers, the signature among them."""
        try:
            answer = self._enrol(request) if request.path == ENROL else self._of_till(request)
        except RejectedError as error:
            answer = self.refuse(401, error)
        except JournalError as error:
            answer = self.refuse(400, error)
        except DataError as error:
            answer = self.refuse(400, _unheld(error))
        return answer, sign(request, answer, self.keys)

    def refuse(self, status: int, error: TallyError) -> Answer:
        """Return the answer that says no; it leaves a line in the log."""
        log.warning("refused status=%d error=%r", status, str(error))
        return self.refusal(status, error)

    def refusal(self, status: int, error: TallyError) -> Answer:
        """Return the answer that says no, and nothing else."""
        refusal = Refusal(error.code, str(error), error.hint, self.database.epoch)
        return _message(refusal.to_map(), status)

    def _enrol(self, request: Request) -> Answer:
        unfit = self._unfit(request)
        if unfit is not None:
            return unfit
        asked = read(request.body, Enrolment.from_map)
        verify(request, {ENROLLING: asked.key}.get)
        with self.database.write() as conn:
            till_id, at_ms = enrol(conn, asked, source=request.source), beacon_ms(conn)
            if till_id is not None:
                make_shop_key(conn, till_id.partition("/")[0], self.keys.profile.public_key())
        if till_id is None:
            raise RejectedError("this code is not known here", hint="check the code; after five wrong ones it ends")
        profile_key = self.keys.profile.public_key().public_bytes_raw()
        return _message(Enrolled(till_id, self.database.epoch, self.keys.root, profile_key, at_ms).to_map())

    def _of_till(self, request: Request) -> Answer:
        try:
            signed = verify(request, self._key_of)
        except RejectedError:
            self._flag_replaced(request)
            raise
        till_id, nonce = signed.key_id, signed.nonce
        if nonce.hq_epoch != self.database.epoch:
            return self.refuse(409, EpochLeftError(f"this headquarters is of epoch {self.database.epoch!r}"))
        with self.database.write() as conn:
            answer = tills.repeated(conn, till_id, nonce, request)
            if answer is not None and not copies.is_known(conn, till_id, nonce):
                return answer
            if tills.came_late(conn, till_id, nonce, request) and not copies.is_known(conn, till_id, nonce):
                return self.refuse(400, RejectedError(f"request number {nonce.counter} comes after its successor"))
            if request.path == BRANCH and self._unfit(request) is None:
                return self._branch(conn, till_id, nonce, request)
            refused = self._of_several(conn, till_id, nonce)
            if refused is not None:
                return refused
            answer = self._act(conn, till_id, request)
            tills.keep_answer(conn, till_id, nonce, request, answer, reported=request.path == FEED)
        if request.path in {ENTRIES, WITNESS}:
            self.arrived.set()
        return answer

    def _of_several(self, conn: Connection, till_id: str, nonce: Nonce) -> Answer | None:
        """Return the refusal of one machine of several that speak as a till, None if there is but one."""
        if copies.has_lost(conn, till_id, nonce):
            hint = "enrol this machine anew under another name: move its old ledger's folder away, then `tally enrol`"
            return self.refuse(409, ForkedError(f"another machine is till {till_id!r} now", hint=hint))
        if not tills.is_next(conn, till_id, nonce):
            tills.flag_number(conn, till_id, nonce)
            return self.refuse(409, ForkedError(f"request number {nonce.counter} is not the next"))
        if copies.are_several(conn, till_id):
            return self.refuse(409, ForkedError(f"two machines speak as till {till_id!r}"))
        return None

    def _branch(self, conn: Connection, till_id: str, nonce: Nonce, request: Request) -> Answer:
        """Keep what a machine brings whose request was refused; it uses no number."""
        try:
            with conn.begin_nested():
                after, to = _from_query(request.query)
                items = batch.unpack(expand(request.body, bytes_max=batch.BATCH_BYTES_MAX))
                done = parse_qs(request.query).get("done") == ["1"]
                said = copies.take(conn, till_id, nonce, copies.Brought(after, items, to, done))
        except JournalError as error:
            return self.refuse(400, error)
        except DataError as error:
            return self.refuse(400, _unheld(error))
        self.arrived.set()
        return _message(said.to_map())

    def _key_of(self, till_id: str) -> bytes | None:
        with self.database.read() as conn:
            return tills.key_of(conn, till_id)

    def _flag_replaced(self, request: Request) -> None:
        """Flag a machine that speaks though another one took its place."""

        def latest(till_id: str) -> bytes | None:
            with self.database.read() as conn:
                return next(reversed(old_keys(conn, till_id)), None)

        with suppress(RejectedError):
            till_id = verify(request, latest).key_id
            with self.database.write() as conn:
                raise_flag(conn, till_id, "replaced", "the machine whose place another took speaks still")

    def _act(self, conn: Connection, till_id: str, request: Request) -> Answer:
        """Do what is asked; what a refused request did is taken back, its number stays used.

        What is refused for its place or its size uses its number as well, or the till would send it again for ever.
        """
        actions: dict[str, Action] = {
            WHERE: self._where,
            ENTRIES: _entries,
            FEED: self._feed,
            SALE: _sale,
            SPEND: _spend,
            WITNESS: self._witness,
        }
        unfit = self._unfit(request)
        if unfit is not None:
            return unfit
        try:
            with conn.begin_nested():
                return actions[request.path](conn, till_id, request)
        except JournalError as error:
            return self.refuse(400, error)
        except DataError as error:
            return self.refuse(400, _unheld(error))

    def _unfit(self, request: Request) -> Answer | None:
        """Return the refusal of a request for its place or its size; None if it fits."""
        if request.path not in _PLACES or request.method != "POST":
            hint = "selling goes on: this headquarters is older than the till, update it"
            what = f"{request.method[:20]} {request.path[:80]}"
            return self.refuse(404, RejectedError(f"headquarters knows no {what!r}", hint=hint))
        size, limit = len(request.body), self.bytes_max(request.path)
        if size > limit:
            return self.refuse(413, RequestTooLargeError(f"the request's body of {size} bytes is over {limit} bytes"))
        return None

    def _where(self, conn: Connection, till_id: str, _request: Request) -> Answer:
        own = witness.left(conn, self.database.epoch)
        return _message(Where(raw.where(conn, till_id), last_version(conn), beacon_ms(conn), own).to_map())

    def _witness(self, conn: Connection, till_id: str, request: Request) -> Answer:
        said = Witness.unpack(expand(request.body, bytes_max=batch.BATCH_BYTES_MAX))
        held = witness.take(conn, till_id, said, root=self.keys.root, epoch=self.database.epoch)
        return _message({"held": held.to_map()})

    def _feed(self, _conn: Connection, till_id: str, request: Request) -> Answer:
        """Answer with a page, read beside the commit: a page is of one moment, a commit may see several."""
        after = read(request.body, lambda value: int(value["after"]))
        with self.database.read() as conn:
            page = page_for(conn, till_id, Cursor(self.database.epoch, after), self.keys)
        return Answer(200, PAGE_TYPE, compress(feed.pack(page)))


def _entries(conn: Connection, till_id: str, request: Request) -> Answer:
    if request.headers.get("content-type") != BATCH_TYPE:
        raise JournalError(f"entries come as {BATCH_TYPE}, not as {request.headers.get('content-type')!r}")
    after, to = _from_query(request.query)
    items = batch.unpack(expand(request.body, bytes_max=batch.BATCH_BYTES_MAX))
    outcome, held = raw.take(conn, till_id, after, items, to=to)
    end = _end_in(request.query)
    if end > held.seq:
        note_end(conn, till_id, after.epoch, end)
    answer = Held(outcome, held, last_version(conn), beacon_ms(conn))
    return _message(answer.to_map())


def _sale(conn: Connection, till_id: str, request: Request) -> Answer:
    question = read(request.body, SaleAsked.from_map)
    told = told_sale(conn, till_id, question) if tills.may_ask(conn, till_id) else None
    return Answer(200, SALE_TYPE, compress(encode({}) if told is None else told.pack()))


def _spend(conn: Connection, till_id: str, request: Request) -> Answer:
    asked = read(request.body, SpendAsked.from_map)
    told = promised(conn, till_id, asked) if is_whole(conn) else SpendTold({})  # a till may bring back what was spent
    return _message(told.to_map())


def _from_query(query: str) -> tuple[Position, bytes]:
    """Read `epoch`, `seq`, `head` and `to` from the query."""
    values = parse_qs(query)
    try:
        after = Position.from_map({name: values[name][0] for name in ("epoch", "seq", "head")})
        return after, bytes.fromhex(values["to"][0])
    except (KeyError, ValueError) as error:
        raise JournalError(f"the query must name epoch, seq, head and to: {error!r}") from error


def _end_in(query: str) -> int:
    """Read `end` from the query; 0 if a till does not say where its journal ends."""
    (end,) = parse_qs(query).get("end", ["0"])[:1]
    if not (end.isascii() and end.isdigit() and len(end) <= _DIGITS_MAX):
        raise JournalError(f"the query's end {end[:80]!r} is not the number of an entry")
    return int(end)


def _unheld(error: DataError) -> JournalError:
    return JournalError(f"the request holds a value that no row can hold: {error.orig}")


def _message(value: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, MAP_TYPE, encode(value))
