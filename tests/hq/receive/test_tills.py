"""The counter: a new request, the last one come again, and everything else."""

import copy
import logging

import pytest
from sqlalchemy import select

from agent.journal.entry import encode
from agent.journal.wire.meeting import Outcome
from agent.journal.wire.signing import Nonce
from hq.database import Database
from hq.tables import flag, raw
from tests.hq.visitor import Visitor, refused

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _flags(database: Database) -> list[tuple[str, int]]:
    with database.read() as conn:
        return [(row.what, row.times) for row in conn.execute(select(flag.c.what, flag.c.times))]


def test_S3_the_last_request_come_again_gets_the_same_answer(till: Visitor, database: Database) -> None:
    till.append()
    request = till.batch(1, 1)

    first, second = till.ask(request), till.ask(request)

    assert first == second
    with database.read() as conn:
        assert len(conn.execute(select(raw)).all()) == 1
    assert _flags(database) == []


def test_it_does_so_signed_anew(till: Visitor) -> None:
    nonce = till.nonce()

    answers = {till.ask(till.request("where", b"{}", nonce=nonce)).body for _ in range(3)}

    assert len(answers) == 1


def test_the_answer_is_the_old_one_even_if_the_world_moved_on(till: Visitor, database: Database) -> None:
    other = till.request("where", b"{}")
    before = till.ask(other)
    with database.write() as conn:
        conn.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('version', '77') ON CONFLICT DO NOTHING")
        conn.exec_driver_sql("UPDATE meta SET value = '77' WHERE key = 'version'")

    assert till.ask(other) == before
    assert till.where().version == 77


@pytest.mark.parametrize("counter", [0, 1, 2, 4, 1000])
def test_any_other_number_is_refused_and_flagged(till: Visitor, database: Database, counter: int) -> None:
    till.where()
    till.where()
    nonce = str(Nonce(database.epoch, counter, "another"))

    answer = till.ask(till.request("where", b"{}", nonce=nonce))

    assert "is not the next" in refused(answer, 409)
    assert _flags(database) == [("counter", 1)]


def test_the_same_number_and_nonce_with_another_body_is_refused(till: Visitor, database: Database) -> None:
    nonce = till.nonce()
    till.ask(till.request("feed", encode({"after": 0}), nonce=nonce))

    answer = till.ask(till.request("feed", encode({"after": 1}), nonce=nonce))

    refused(answer, 409)
    assert _flags(database) == [("counter", 1)]


def test_a_replayed_request_has_no_effect(till: Visitor, database: Database) -> None:
    for _ in range(3):
        till.append()
    captured = till.batch(1, 3)
    till.ask(captured)
    till.where()
    till.where()

    for _ in range(5):
        refused(till.ask(captured), 409)

    assert till.where().positions == (till.position(3),)
    assert _flags(database) == [("counter", 5)]


def test_a_request_that_comes_after_its_successor_does_nothing(till: Visitor, database: Database) -> None:
    till.append()
    late = till.batch(1, 1)
    till.ask(late)
    till.append()
    till.send(2)

    assert "comes after its successor" in refused(till.ask(late), 400)

    assert _flags(database) == []
    assert till.where().positions == (till.position(2),)


def test_a_copy_that_waits_for_an_older_answer_is_found_by_what_it_asks_then(till: Visitor, database: Database) -> None:
    waited_for = till.request("where", b"{}")
    clone = copy.copy(till)
    till.ask(waited_for)
    till.where()
    refused(clone.ask(waited_for), 400)

    refused(clone.ask(clone.request("where", b"{}")), 409)

    assert _flags(database) == [("counter", 1)]


@pytest.mark.parametrize(("word", "size", "status"), [("nothing", 2, 404), ("where", 70_000, 413)])
def test_what_is_refused_for_its_place_or_size_is_refused_in_our_name_and_uses_its_number(
    till: Visitor, database: Database, word: str, size: int, status: int
) -> None:
    request = till.request(word, b"0" * size)

    first = till.ask(request)

    refused(first, status)
    assert till.ask(request) == first
    till.where()
    assert _flags(database) == []


def test_the_second_copy_of_a_till_is_found_at_its_first_request(till: Visitor, database: Database) -> None:
    till.where()
    clone = copy.copy(till)
    till.append()
    assert till.send().outcome is Outcome.HELD

    answer = clone.ask(clone.request("where", b"{}"))

    refused(answer, 409)
    assert _flags(database) == [("counter", 1)]


def test_a_refused_request_uses_its_number_and_does_nothing(till: Visitor) -> None:
    refused(till.ask(till.request("feed", b"not json")), 400)

    assert till.where().positions == ()


def test_another_epoch_of_headquarters_is_not_counted(till: Visitor, database: Database) -> None:
    answer = till.ask(till.request("where", b"{}", nonce=str(Nonce("e" * 32, 1, "r"))))

    assert database.epoch in refused(answer, 409)
    assert _flags(database) == []
    till.where()


def test_a_flag_leaves_a_line_in_the_log(till: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        till.ask(till.request("where", b"{}", nonce=str(Nonce(till.database.epoch, 9, "r"))))

    assert "till=corner/1 what=counter" in caplog.text
