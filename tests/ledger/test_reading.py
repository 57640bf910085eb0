"""What is read in one transaction, and what a write in between does to it."""

import sqlite3
import threading
from contextlib import closing

import pytest

from agent.ledger.ledger import Ledger
from tests.ledger.tills import sale


def test_everything_inside_the_outermost_reading_is_one_transaction(ledger: Ledger) -> None:
    with ledger.reading() as conn:
        with ledger.reading() as inner:
            assert inner is conn
        assert conn.in_transaction
    assert not conn.in_transaction


def test_a_write_between_two_reads_is_durable_at_its_own_end_and_seen_by_the_second(ledger: Ledger) -> None:
    with ledger.reading() as conn:
        assert ledger.find("op-1") is None
        recorded = ledger.append(sale("op-1"))
        assert not conn.in_transaction

        with closing(sqlite3.connect(f"{ledger.path.as_uri()}?mode=ro", uri=True)) as other:
            assert other.execute("SELECT max(n) FROM entry").fetchone() == (recorded.n,)
        assert ledger.find("op-1") == recorded


def test_reading_inside_a_write_does_not_end_it(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.write() as conn:  # noqa: PT012 - an error half-way is the point
        conn.execute("INSERT INTO state VALUES ('k', x'00')")
        assert ledger.recall("k") == b"\x00"
        raise ZeroDivisionError

    assert ledger.recall("k") is None


def test_after_a_write_that_failed_reading_goes_on(ledger: Ledger) -> None:
    with ledger.reading():
        with pytest.raises(ZeroDivisionError), ledger.write():
            raise ZeroDivisionError
        assert ledger.find("op-1") is None
        assert ledger.append(sale("op-1")) == ledger.find("op-1")


def test_what_a_pause_moves_into_the_file_may_be_moved_while_something_is_read(ledger: Ledger) -> None:
    with ledger.reading():
        ledger.append(sale("op-1"))
        assert ledger.find("op-1") is not None
        ledger.checkpoint()
        assert ledger.empty_wal()

    assert ledger.path.with_name("ledger.db-wal").stat().st_size == 0


def test_nothing_is_moved_into_the_file_out_of_the_middle_of_a_write(ledger: Ledger) -> None:
    with pytest.raises(AssertionError, match="a write inside a write"), ledger.write() as conn:  # noqa: PT012
        conn.execute("INSERT INTO state VALUES ('k', x'00')")
        ledger.checkpoint()

    assert ledger.recall("k") is None


def test_whoever_reads_has_the_ledger_to_himself(ledger: Ledger) -> None:
    appended = threading.Event()

    def append() -> None:
        ledger.append(sale("op-1"))
        appended.set()

    other = threading.Thread(target=append)
    with ledger.reading():
        other.start()
        assert not appended.wait(0.05)
    other.join()
    assert ledger.find("op-1") is not None


def test_an_error_while_reading_gives_the_ledger_back(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.reading() as conn:
        raise ZeroDivisionError

    assert not conn.in_transaction
    other = threading.Thread(target=ledger.append, args=(sale("op-1"),))
    other.start()
    other.join(5)
    assert ledger.find("op-1") is not None
