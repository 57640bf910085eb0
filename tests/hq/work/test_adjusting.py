import pytest
from sqlalchemy import select

from agent.errors import InsufficientError, InvalidError, UnknownError
from hq.database import Database
from hq.tables import lot
from hq.work.adjusting import Adjustment, adjust
from hq.work.due import Work
from tests.hq.visitor import Visitor, moved
from tests.hq.work.conftest import arrive, own_entries

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _adjust(database: Database, amount: int, *, op: str = "one", account: str = "a", unit: str = "points") -> bool:
    with database.write() as conn:
        asked = Adjustment(op, account, unit, amount, "complaint", "anna")
        return adjust(conn, asked, epoch=database.epoch)


def _points(database: Database) -> dict[str, int]:
    with database.read() as conn:
        rows = conn.execute(select(lot.c.lot, lot.c.amount).where(lot.c.account == "a", lot.c.unit == "points"))
        return {row.lot: row.amount for row in rows}


@pytest.fixture
def member(till: Visitor) -> Database:
    """A member with ten points."""
    till.append(postings=moved("a", 10))
    arrive(till)
    return till.database


def test_units_are_given_with_reason_name_and_the_programmes_last_day(member: Database, work: Work) -> None:
    assert work.database is member
    assert _adjust(member, 5)

    assert _points(member) == {"l1": 10, "adjust:one": 5}
    (entry,) = own_entries(member, "adjustment")
    assert entry.body == {"account": "a", "by": "anna", "reason": "complaint"}
    assert {posting.expires is not None for posting in entry.postings if posting.lot} == {True}  # `expires` of the unit


def test_the_same_op_again_changes_nothing(member: Database) -> None:
    assert _adjust(member, -8)
    assert not _adjust(member, -8)

    assert _points(member) == {"l1": 2}


def test_L5_more_than_there_is_is_not_taken(member: Database) -> None:
    with pytest.raises(InsufficientError, match="has 10 of 'points', not 11"):
        _adjust(member, -11)

    assert _points(member) == {"l1": 10}


def test_what_the_books_do_not_know_cannot_be_adjusted(member: Database) -> None:
    with pytest.raises(UnknownError, match="account 'x'"):
        _adjust(member, 1, account="x")
    with pytest.raises(UnknownError, match="unit 'pints'"):
        _adjust(member, 1, unit="pints")


@pytest.mark.parametrize(
    ("reason", "by", "amount"), [("A long story about Mr Smith", "anna", 1), ("x", "Anna Smith", 1), ("x", "anna", 0)]
)
def test_neither_free_text_nor_nothing_is_taken(reason: str, by: str, amount: int) -> None:
    with pytest.raises(InvalidError):
        Adjustment("one", "a", "points", amount, reason, by)
