"""Several processes at one PostgreSQL: two opened databases stand for two of them."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select

from agent.errors import ConfigError
from hq import config
from hq.books.totals import books, tills
from hq.books.worker import advance
from hq.config import Where
from hq.database import Database, Turn, last_version, take_turn, take_versions
from hq.keys import Keys
from hq.receive.door import Door
from hq.tables import account, flag, raw
from hq.tables import till as till_table
from tests.hq.visitor import Visitor, card_opened, moved

pytestmark = pytest.mark.databases("postgresql")


@pytest.fixture
def where(folder: Path) -> Where:
    return config.load(folder).database


@pytest.fixture
def other(where: Where) -> Iterator[Database]:
    """The same database, opened by another process."""
    database = Database(where)
    yield database
    database.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def _waits(future: Future[Any]) -> bool:
    try:
        future.result(0.2)
    except TimeoutError:
        return True
    return False


def test_a_version_is_seen_only_with_those_before_it(
    database: Database, other: Database, pool: ThreadPoolExecutor
) -> None:
    def take() -> int:
        with other.write() as conn:
            return take_versions(conn, 3)

    with database.write() as conn:
        first = take_versions(conn, 2)
        taking = pool.submit(take)
        assert _waits(taking)
        with other.read() as reading:
            assert last_version(reading) == first - 1

    assert taking.result() == first + 2


def test_a_request_of_a_till_waits_for_the_one_before_and_gets_its_answer(
    till: Visitor, other: Database, pool: ThreadPoolExecutor
) -> None:
    till.append()
    request = till.batch(1, 1)
    doors = [till.door, Door(other, till.hq_keys, threading.Event())]

    answers = [one.result()[0] for one in [pool.submit(doors[at % 2].answer, request) for at in range(4)]]

    assert len(set(answers)) == 1
    assert answers[0].status == 200
    with other.read() as conn:
        assert conn.execute(select(raw.c.seq)).all() == [(1,)]
        assert conn.execute(select(flag)).all() == []


def test_a_till_does_not_wait_for_another(till: Visitor, database: Database, other: Database) -> None:
    second = Visitor(other, till.hq_keys, "2")
    second.enrol()
    with database.write() as conn:
        conn.execute(select(till_table).where(till_table.c.id == till.till).with_for_update())

        second.append()
        second.send()


def test_the_door_does_not_wait_for_the_books(till: Visitor, other: Database) -> None:
    with other.write() as conn:
        take_turn(conn, Turn.BOOKS)

        till.append()
        till.send()
        till.feed()


def test_two_processes_book_each_entry_once(
    database: Database, other: Database, hq_keys: Keys, pool: ThreadPoolExecutor
) -> None:
    """Every till opened the same card: two that book at once must still see that it is one member."""
    visitors = [Visitor(database, hq_keys, str(number)) for number in range(6)]
    for number, visitor in enumerate(visitors):
        visitor.enrol()
        fields, profile = card_opened(hq_keys, f"a{number}", f"c{number}", "982600000006")
        visitor.append(profile, **fields)
        for _ in range(20):
            visitor.append(postings=moved(f"a{number}", 1))
        visitor.send()

    def book(database: Database) -> int:
        total = 0
        while count := advance(database, hq_keys):
            total += count
        return total

    booked = [one.result() for one in [pool.submit(book, one) for one in (database, other)]]

    with database.read() as conn:
        summed = books(conn)
        assert sum(booked) == 6 * 21
        assert summed.entries == 6 * 21 + 5  # every till's, and how headquarters joined them
        assert conn.scalars(select(account.c.root).distinct()).all() == ["a0"]
        assert {row.quarantined for row in tills(conn)} == {0}
    assert (summed.waiting, summed.balanced, summed.units[0].lots) == (0, True, 120)


def test_a_reader_sees_one_moment_for_as_long_as_it_reads(till: Visitor, database: Database, other: Database) -> None:
    till.append()
    with other.read() as reading:
        before = reading.scalar(select(func.count()).select_from(raw))
        till.send()

        assert reading.scalar(select(func.count()).select_from(raw)) == before == 0


def test_a_server_that_may_lose_what_it_acknowledged_is_refused(where: Where) -> None:
    with psycopg.connect(str(where), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET synchronous_commit = off")

    with pytest.raises(ConfigError, match="runs with synchronous_commit = off, not on"):
        Database(where)


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(ConfigError, match="'/nowhere/club' cannot be reached: ") as refusal:
        Database("postgresql://tally:secret@/club?host=/nowhere")

    assert "secret" not in str(refusal.value) + refusal.value.hint


@pytest.mark.parametrize("address", ["postgresql://[", "postgresql://host:port:port/x?what=ever"])
def test_an_address_that_is_none_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(ConfigError, match="database is no address") as refusal:
        Database(address)

    assert address not in str(refusal.value)


def test_a_database_without_a_headquarters_is_not_made_one_by_opening_it(where: Where, request: Any) -> None:
    server = request.getfixturevalue("postgres")
    with server.made() as empty, pytest.raises(ConfigError, match="no headquarters in database"):
        Database(empty)


def test_a_connection_that_broke_is_replaced(till: Visitor, where: Where) -> None:
    till.where()
    with psycopg.connect(str(where), autocommit=True) as conn:
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid != pg_backend_pid()"
        conn.execute(ends, [conn.info.dbname])

    till.append()
    till.send()
