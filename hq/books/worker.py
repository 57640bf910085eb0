"""Keeping the books up with what has arrived: a run of entries of one journal per commit, headquarters' own first."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from agent.journal.wire.place import HQ
from hq.apart.epochs import is_whole
from hq.books.erasing import erase_due, forget_known, forget_late
from hq.books.fold import Source, book, set_aside
from hq.books.people.profiles import put_together
from hq.books.recognise import recognise
from hq.books.settling import Run, settle_all, settle_run
from hq.database import Database, Turn, take_turn
from hq.keys import Keys
from hq.tables import DERIVED, booked, branch, journal, raw

RUN_MAX = 250  # entries in one commit: the writer is never held for long
_RETRY_S = 5.0
_MAKES_WAY_S = 1.0  # at most, between one run and the next
_LOOK_S = 0.05

log = logging.getLogger(__name__)


def advance(database: Database, keys: Keys) -> int:
    """Book the next run of entries and return how many there were; 0 means the books are complete."""
    with database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        run = _advance(conn, database.epoch, keys)
        if run is None:
            return 0
        if is_whole(conn):  # else what is missing may come back with what was settled: the job `settling` does it then
            settle_run(conn, run, epoch=database.epoch)
    if run.forgot:
        database.wipe()  # if somebody reads meanwhile, the next erasure or the job `erasures` does it
    return run.last - run.first + 1


def rebuild(database: Database, keys: Keys) -> int:
    """Drop the books and derive them again from the raw entries, in one commit; returns how many were booked."""
    with database.write() as conn:
        return derive(conn, database.epoch, keys)


def derive(conn: Connection, epoch: str, keys: Keys) -> int:
    """Drop the books and derive them again within a commit; returns how many entries were booked."""
    take_turn(conn, Turn.BOOKS)
    for table in DERIVED:
        conn.execute(delete(table))
    return catch_up(conn, epoch, keys)


def catch_up(conn: Connection, epoch: str, keys: Keys) -> int:
    """Book all that the books lack within a commit; returns how many entries there were."""
    total = 0
    take_turn(conn, Turn.BOOKS)
    while run := _advance(conn, epoch, keys):
        total += run.last - run.first + 1
    if is_whole(conn):
        settle_all(conn, epoch=epoch)
    return total


def _advance(conn: Connection, epoch: str, keys: Keys) -> Run | None:
    """Book the next run and return it, None if the books are complete."""
    behind = _behind(conn)
    if behind is None:
        return None
    rows = conn.execute(
        select(raw.c.seq, raw.c.bytes)
        .where(raw.c.journal == behind.id, raw.c.seq > behind.booked)
        .order_by(raw.c.seq)
        .limit(RUN_MAX)
    )
    entries = [(row.seq, row.bytes) for row in rows]
    source = Source(behind.id, behind.till, behind.epoch)
    cards = _book(conn, source, entries)
    forgot = forget_late(conn, source.journal, entries[0][0], entries[-1][0])
    put_together(conn, source.journal, entries[0][0], entries[-1][0], keys=keys)
    recognise(conn, cards, epoch=epoch, keys=keys)
    forgot += erase_due(conn, epoch=epoch)
    if source.till == HQ:  # its own entries come here when they were given back, or the books are derived anew
        forgot += forget_known(conn)
    return Run(source, entries[0][0], entries[-1][0], forgot > 0)


def _book(conn: Connection, source: Source, entries: Sequence[tuple[int, bytes]]) -> list[str]:
    """Book a run; if that fails, book its entries one by one and set aside the one that cannot be booked."""
    try:
        with conn.begin_nested():
            return book(conn, source, entries)
    except (OperationalError, ProgrammingError):  # the disk, the line to the database, its tables: not an entry
        raise
    except Exception as error:  # noqa: BLE001 - no entry may stop the books, whatever it does to them (S7)
        if len(entries) == 1:
            reason = error.orig if isinstance(error, DBAPIError) else error
            set_aside(conn, source, entries[0][0], f"cannot be booked: {reason}")
            return []
    return [card_id for one in entries for card_id in _book(conn, source, [one])]


def _behind(conn: Connection) -> Any:
    """Return a journal of which the books lack entries."""
    done = func.coalesce(booked.c.seq, branch.c.seq, 0)
    return conn.execute(
        select(journal.c.id, journal.c.till, journal.c.epoch, done.label("booked"))
        .outerjoin(booked, booked.c.journal == journal.c.id)
        .outerjoin(branch, branch.c.journal == journal.c.id)
        .where(journal.c.seq > done)
        .order_by(journal.c.till != HQ, journal.c.id)
        .limit(1)
    ).one_or_none()


class BooksWorker:
    """A thread that books what arrives; `arrived` wakes it. While `makes_way` says so it lets other work come first."""

    def __init__(
        self,
        database: Database,
        keys: Keys,
        arrived: threading.Event,
        *,
        makes_way: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._keys = keys
        self._arrived = arrived
        self._makes_way = makes_way
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="books")

    def start(self) -> None:
        """Begin, with whatever a stop or a crash left unbooked."""
        self._thread.start()

    def stop(self) -> None:
        """End after the run at hand."""
        self._stopping.set()
        self._arrived.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._arrived.clear()
            try:
                self._make_way()
                while not self._stopping.is_set() and advance(self._database, self._keys):
                    self._make_way()
            except Exception:  # the books must come back by themselves: nothing is lost, `raw` holds it all
                log.exception("the books stopped; trying again in %s s", _RETRY_S)
                self._stopping.wait(_RETRY_S)
                self._arrived.set()
            if not self._stopping.is_set():
                self._arrived.wait()

    def _make_way(self) -> None:
        """Let come in what comes: an acknowledgement waits for it, nobody for the books. They still go on."""
        ends = time.monotonic() + _MAKES_WAY_S
        while self._makes_way() and time.monotonic() < ends and not self._stopping.is_set():
            self._stopping.wait(_LOOK_S)
