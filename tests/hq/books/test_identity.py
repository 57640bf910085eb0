"""The same entry id under two numbers: both are kept, one is booked, a person is told (S4)."""

import pytest
from sqlalchemy import func, select

from hq.books.totals import books, tills
from hq.books.worker import RUN_MAX, advance, rebuild
from hq.database import Database
from hq.keys import Keys
from hq.tables import quarantine, raw
from tests.hq.headquarters import members_of_books
from tests.hq.visitor import Visitor, moved

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _book(till: Visitor) -> None:
    till.send()
    while advance(till.database, till.hq_keys):
        pass


def _lots(database: Database) -> list[tuple[str, int]]:
    with database.read() as conn:
        return [(row[0], row[4]) for row in members_of_books(conn)["lots"]]


@pytest.mark.parametrize("between", [0, RUN_MAX])
def test_S4_an_id_that_comes_again_under_another_number_is_kept_set_aside_and_flagged(
    till: Visitor, database: Database, between: int
) -> None:
    till.append(id="same", op="one", postings=moved("a", 5))
    for _ in range(between):
        till.append()
    till.append(id="same", op="two", postings=moved("a", 70))
    _book(till)

    assert _lots(database) == [("a", 5)]
    with database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(raw)) == between + 2
        (reason,) = conn.scalars(select(quarantine.c.reason))
        assert "has the id of another entry of its till: same" in reason
        assert tills(conn)[0].flags == ("identity",)
        assert books(conn).balanced


def test_S4_in_a_later_epoch_of_the_till_too(till: Visitor, database: Database) -> None:
    till.append(id="same", postings=moved("a", 5))
    _book(till)
    till.begin_epoch()
    till.append(id="same", op="again", postings=moved("a", 70))
    _book(till)

    assert _lots(database) == [("a", 5)]


def test_S4_what_another_till_calls_the_same_is_another(till: Visitor, database: Database, hq_keys: Keys) -> None:
    other = Visitor(database, hq_keys, "2")
    other.enrol()
    for one, units in ((till, 5), (other, 7)):
        one.append(id="same", postings=moved("a", units, lot=one.till))
        _book(one)

    assert _lots(database) == [("a", 5), ("a", 7)]


def test_S4_a_rebuild_finds_the_same(till: Visitor, database: Database, hq_keys: Keys) -> None:
    till.append(id="same", op="one", postings=moved("a", 5))
    till.append(id="same", op="two", postings=moved("a", 70))
    _book(till)

    rebuild(database, hq_keys)

    assert _lots(database) == [("a", 5)]
    with database.read() as conn:
        assert books(conn).quarantined == 1
