import pytest

from agent.errors import InvalidError, NotAllowedError, UnknownError
from agent.journal.feed import StaffRow
from agent.journal.staff.people import Role, fits
from hq.database import Database
from hq.staff.naming import Person, add, listed, remove, reset
from tests.hq.visitor import Visitor
from tests.hq.work.conftest import own_entries

PIN = "4071"
OTHER = "9315"
VERA = Person("corner", "vera", "anna")

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _add(database: Database, person: Person = VERA, role: Role = Role.SUPERVISOR) -> None:
    with database.write() as conn:
        add(conn, person, role=role, pin=PIN, epoch=database.epoch)


def _reset(database: Database) -> None:
    with database.write() as conn:
        reset(conn, VERA, pin=OTHER, epoch=database.epoch)


def _remove(database: Database) -> None:
    with database.write() as conn:
        remove(conn, VERA, epoch=database.epoch)


def _told(till: Visitor) -> list[StaffRow]:
    return [row for row in till.feed().rows if isinstance(row, StaffRow)]


def test_the_tills_of_the_shop_are_told_and_those_of_another_are_not(till: Visitor) -> None:
    _add(till.database)
    _add(till.database, Person("harbour", "ion", "anna"), Role.CASHIER)

    (row,) = _told(till)

    assert (row.staff, row.role) == ("vera", "supervisor")
    assert row.pin is not None
    assert fits(PIN, row.pin)


def test_who_gets_another_pin_and_who_leaves_is_told_once_as_it_is_now(till: Visitor) -> None:
    _add(till.database)
    _reset(till.database)
    (row,) = _told(till)
    assert row.pin is not None
    assert fits(OTHER, row.pin)

    _remove(till.database)

    assert _told(till) == [StaffRow("vera", "supervisor", None)]
    with till.database.read() as conn:
        assert listed(conn) == []


def test_each_is_an_entry_that_has_nothing_of_the_pin(till: Visitor) -> None:
    _add(till.database)
    _reset(till.database)
    _remove(till.database)

    entries = own_entries(till.database, "staff_named")

    assert [entry.body["change"] for entry in entries] == ["add", "reset", "remove"]
    assert {key for entry in entries for key in entry.body} == {"by", "change", "named", "role", "shop"}


def test_what_cannot_be_is_refused(till: Visitor) -> None:
    with pytest.raises(UnknownError):
        _reset(till.database)
    _add(till.database)
    with pytest.raises(NotAllowedError):
        _add(till.database)
    with pytest.raises(InvalidError):
        Person("corner", "Vera Popa", "anna")
