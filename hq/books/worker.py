"""Keeping the books up with what has arrived: a run of entries of one journal per commit, headquarters' own first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import OperationalError

from agent.journal.wire import HQ
from hq.books.fold import Source, book, set_aside
from hq.books.recognise import recognise
from hq.database import Database
from hq.keys import Keys
from hq.tables import DERIVED, booked, journal, raw

RUN_MAX = 250  # entries in one commit: the writer is never held for long
_RETRY_S = 5.0

log = logging.getLogger(__name__)


def advance(database: Database, keys: Keys) -> int:
    """Book the next run of entries and return how many there were; 0 means the books are complete."""
    with database.write() as conn:
        return _advance(conn, database.epoch, keys)


def rebuild(database: Database, keys: Keys) -> int:
    """Drop the books and derive them again from the raw entries, in one commit; returns how many were booked."""
    total = 0
    with database.write() as conn:
        for table in DERIVED:
            conn.execute(delete(table))
        while count := _advance(conn, database.epoch, keys):
            total += count
    return total


def _advance(conn: Connection, epoch: str, keys: Keys) -> int:
    behind = _behind(conn)
    if behind is None:
        return 0
    rows = conn.execute(
        select(raw.c.seq, raw.c.bytes)
        .where(raw.c.journal == behind.id, raw.c.seq > behind.booked)
        .order_by(raw.c.seq)
        .limit(RUN_MAX)
    )
    entries = [(row.seq, row.bytes) for row in rows]
    cards = _book(conn, Source(behind.id, behind.till, behind.epoch), entries)
    recognise(conn, cards, epoch=epoch, keys=keys)
    return len(entries)


def _book(conn: Connection, source: Source, entries: Sequence[tuple[int, bytes]]) -> list[str]:
    """Book a run; if that fails, book its entries one by one and set aside the one that cannot be booked."""
    try:
        with conn.begin_nested():
            return book(conn, source, entries)
    except OperationalError:  # the disk, not an entry
        raise
    except Exception as error:  # noqa: BLE001 - no entry may stop the books, whatever it does to them (S7)
        if len(entries) == 1:
            set_aside(conn, source, entries[0][0], f"cannot be booked: {error}")
            return []
    return [card_id for one in entries for card_id in _book(conn, source, [one])]


def _behind(conn: Connection) -> Any:
    """Return a journal of which the books lack entries."""
    done = func.coalesce(booked.c.seq, 0)
    return conn.execute(
        select(journal.c.id, journal.c.till, journal.c.epoch, done.label("booked"))
        .outerjoin(booked, booked.c.journal == journal.c.id)
        .where(journal.c.seq > done)
        .order_by(journal.c.till != HQ, journal.c.id)
        .limit(1)
    ).one_or_none()


class BooksWorker:
    """A thread that books what arrives; `arrived` wakes it."""

    def __init__(self, database: Database, keys: Keys, arrived: threading.Event) -> None:
        self._database = database
        self._keys = keys
        self._arrived = arrived
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
                while not self._stopping.is_set() and advance(self._database, self._keys):
                    pass
            except Exception:  # the books must come back by themselves: nothing is lost, `raw` holds it all
                log.exception("the books stopped; trying again in %s s", _RETRY_S)
                self._stopping.wait(_RETRY_S)
                self._arrived.set()
            if not self._stopping.is_set():
                self._arrived.wait()
