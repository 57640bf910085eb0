"""Promise L4 at headquarters, kept by the database: no commit leaves a unit uneven, whoever writes and whatever."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from agent.journal.entry import Posting
from hq.books.totals import books
from hq.books.worker import advance, rebuild
from hq.database import Database
from hq.keys import Keys
from hq.tables import even, lot, posting_total, quarantine, unit_sum
from tests.hq.visitor import Visitor, moved

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def _book(till: Visitor) -> None:
    till.send()
    while advance(till.database, till.hq_keys):
        pass


@pytest.fixture
def booked(till: Visitor) -> Visitor:
    """A till of whose entries the books say: 5 points in one lot, a voucher, and a draw that the till counts."""
    voucher = (Posting("tea", "issuance", -1), Posting("tea", "vouchers:corner", 1, "serial-1"))
    draw = (Posting("draws", "issuance", -1), Posting("draws", "till:corner/1", 1, "2026-11-22"))
    till.append(postings=(*moved("a", 5), *voucher, *draw))
    _book(till)
    return till


@pytest.mark.parametrize(
    "write",
    [
        lambda conn: conn.execute(update(lot).where(lot.c.unit == "points").values(amount=6)),
        lambda conn: conn.execute(update(lot).where(lot.c.unit == "points").values(unit="tea")),
        lambda conn: conn.execute(delete(lot)),
        lambda conn: conn.execute(insert(lot).values(account="b", unit="points", lot="l9", amount=1)),
        lambda conn: conn.execute(update(posting_total).values(amount=posting_total.c.amount + 1)),
        lambda conn: conn.execute(delete(posting_total).where(posting_total.c.account == "issuance")),
        lambda conn: conn.execute(insert(posting_total).values(unit="new", account="issuance", amount=-1)),
        lambda conn: conn.execute(update(unit_sum).values(posted=7)),
    ],
)
def test_a_commit_that_would_leave_a_unit_uneven_is_refused(
    booked: Visitor, database: Database, write: Callable[[Connection], object]
) -> None:
    def commit() -> None:
        with database.write() as conn:
            write(conn)

    with pytest.raises(IntegrityError):
        commit()
    with database.read() as conn:
        assert books(conn).balanced
        assert conn.scalars(select(lot.c.amount).order_by(lot.c.unit)).all() == [5, 1]


def test_a_commit_may_be_uneven_on_its_way(booked: Visitor, database: Database) -> None:
    with database.write() as conn:
        conn.execute(update(lot).where(lot.c.unit == "points").values(amount=8))
        conn.execute(update(posting_total).where(posting_total.c.account == "account").values(amount=8))
        held = (posting_total.c.unit == "points") & (posting_total.c.account == "issuance")
        conn.execute(update(posting_total).where(held).values(amount=-8))

    with database.read() as conn:
        assert books(conn).balanced


def test_nobody_may_call_anything_else_even(database: Database) -> None:
    def commit() -> None:
        with database.write() as conn:
            conn.execute(insert(even).values(posted=0, apart=1))

    with pytest.raises(IntegrityError):
        commit()


def test_the_units_sums_are_at_zero(booked: Visitor, database: Database) -> None:
    with database.read() as conn:
        rows = conn.execute(select(unit_sum).order_by(unit_sum.c.unit)).all()

    assert [tuple(row) for row in rows] == [("draws", 0, 0), ("points", 0, 0), ("tea", 0, 0)]


@pytest.mark.parametrize(
    ("account", "named"),
    [
        ("account:till:x", "a member's account that looks like a till's: it would have no lot"),
        ("account", "not a member's account, and yet of the name that all of them have in sum"),
    ],
)
def test_L4_an_entry_whose_lots_are_not_its_postings_is_set_aside(
    booked: Visitor, database: Database, account: str, named: str
) -> None:
    before = len(booked.items)
    booked.append(postings=moved("b", 3))
    booked.append(postings=(Posting("points", "issuance", -9), Posting("points", account, 9, "l1")))
    booked.append(postings=moved("b", 4))

    _book(booked)

    with database.read() as conn:
        rows = conn.execute(select(quarantine.c.seq, quarantine.c.reason)).all()
        summed = books(conn)
        assert conn.scalar(select(lot.c.amount).where(lot.c.account == "b")) == 7
    assert [tuple(row) for row in rows] == [
        (before + 2, "cannot be booked: postings in 'points' would sum to 0, lots would be -9 apart")
    ], named
    assert summed.balanced


def test_a_sum_that_would_leave_the_whole_numbers_is_set_aside(booked: Visitor, database: Database) -> None:
    """SQLite would go on in floating point, where sums are no longer exact."""
    half = moved("b", 2**53 - 1, lot="l2") * 400
    for _ in range(2):
        booked.append(postings=half)

    _book(booked)

    with database.read() as conn:
        assert conn.scalars(select(quarantine.c.seq)).all() == [3]
        assert conn.scalar(select(lot.c.amount).where(lot.c.lot == "l2")) == 400 * (2**53 - 1)
        assert books(conn).balanced


def test_a_lot_whose_last_day_is_told_in_two_ways_is_one_lot(booked: Visitor, database: Database) -> None:
    for expires in ("2026-12-31", None):
        booked.append(postings=(Posting("points", "issuance", -1), Posting("points", "account:b", 1, "l2", expires)))

    _book(booked)

    with database.read() as conn:
        rows = conn.execute(select(lot.c.amount, lot.c.expires).where(lot.c.lot == "l2")).all()
    assert [tuple(row) for row in rows] == [(2, "2026-12-31")]


def test_a_rebuild_keeps_every_unit_even(booked: Visitor, database: Database, hq_keys: Keys) -> None:
    with database.read() as conn:
        before = books(conn)

    rebuild(database, hq_keys)

    with database.read() as conn:
        assert books(conn) == before
        assert before.balanced
