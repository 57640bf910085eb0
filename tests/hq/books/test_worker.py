import threading
import time

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hq.books.totals import books
from hq.books.worker import RUN_MAX, BooksWorker, advance
from hq.database import Database
from hq.keys import Keys
from hq.tables import booked, quarantine
from tests.hq.visitor import Visitor, moved, sale_body

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _waiting(database: Database) -> int:
    with database.read() as conn:
        return books(conn).waiting


def _wait_for_books(database: Database) -> None:
    ends = time.monotonic() + 5
    while _waiting(database):
        assert time.monotonic() < ends
        time.sleep(0.002)


def test_a_commit_books_a_bounded_run_of_one_journal(till: Visitor, database: Database, hq_keys: Keys) -> None:
    for _ in range(RUN_MAX + 3):
        till.append(kind="sale", body=sale_body("a", 1))
    till.send()

    assert [advance(database, hq_keys) for _ in range(3)] == [RUN_MAX, 3, 0]
    with database.read() as conn:
        assert conn.execute(select(booked.c.seq)).scalar_one() == RUN_MAX + 3


def test_the_worker_books_what_was_left_and_what_arrives(till: Visitor, database: Database, hq_keys: Keys) -> None:
    till.append(postings=moved("a", 1))
    till.send()
    worker = BooksWorker(database, hq_keys, till.door.arrived)
    worker.start()
    try:
        _wait_for_books(database)
        till.append(postings=moved("a", 2))
        till.send(2, 2)
        _wait_for_books(database)
    finally:
        worker.stop()

    with database.read() as conn:
        assert books(conn).units[0].accounts["account"] == 3


def test_the_worker_stops_when_there_is_nothing_to_do(database: Database, hq_keys: Keys) -> None:
    worker = BooksWorker(database, hq_keys, threading.Event())
    worker.start()

    worker.stop()

    assert _waiting(database) == 0


def test_a_fault_of_the_database_is_no_entrys_fault(till: Visitor, database: Database, hq_keys: Keys) -> None:
    """Whatever is wrong with the tables, entries wait for the books, and none goes to quarantine for it."""
    till.append(postings=moved("a", 1))
    till.send()
    with database.write() as conn:
        conn.exec_driver_sql("ALTER TABLE posting_total RENAME TO elsewhere")

    with pytest.raises(DBAPIError, match="posting_total"):
        advance(database, hq_keys)

    with database.read() as conn:
        assert conn.execute(select(quarantine)).all() == conn.execute(select(booked)).all() == []
