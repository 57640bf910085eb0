from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from hq.books.reconcile import Closed, Stretch, reconcile, silent
from hq.books.totals import Takings, tills
from hq.books.worker import advance, rebuild
from hq.clock import now_ms
from hq.database import Database
from hq.keys import Keys
from hq.tables import raw
from hq.tables import till as till_table
from tests.hq.visitor import Visitor, moved, refund_body, sale_body

pytestmark = pytest.mark.databases("sqlite", "postgresql")

DAY, NEXT = "2026-01-02", "2026-01-03"
GOOD = {"confirmed": True}


def _book(till: Visitor) -> None:
    till.send()
    while advance(till.database, till.hq_keys):
        pass


@pytest.fixture
def busy(till: Visitor) -> Visitor:
    """A till with two days behind it, sales in two currencies, one of them by a clock nobody confirmed."""
    till.append(kind="sale", body=sale_body("a", 500), postings=moved("a", 5), clock=GOOD)
    till.append(kind="sale", body=sale_body(None, 300, currency="EUR"), clock=GOOD)
    till.append(kind="refund", body=refund_body("a", 200), clock=GOOD)
    till.append(kind="sale", body=sale_body("a", 900), day=NEXT)
    till.append(kind="sale", body=sale_body("a", 100), clock={"confirmed": False})
    _book(till)
    return till


def test_a_day_is_its_entries_and_its_money_per_currency(busy: Visitor, database: Database) -> None:
    with database.read() as conn:
        (row,) = reconcile(conn, date(2026, 1, 2))

    assert (row.till, row.day, row.entries, row.unconfirmed) == ("corner/1", DAY, 4, 1)
    assert row.takings == (Takings("EUR", 1, 300, 0, 0), Takings("GBP", 2, 600, 1, 200))
    assert row.stretches == (Stretch(busy.epoch, 1, 5, busy.heads[5].hex(), 4),)
    assert row.settled


def test_each_day_is_for_itself(busy: Visitor, database: Database) -> None:
    with database.read() as conn:
        (row,) = reconcile(conn, date(2026, 1, 3))
        (empty,) = reconcile(conn, date(2026, 1, 4))

    assert (row.entries, row.unconfirmed, row.takings) == (1, 1, (Takings("GBP", 1, 900, 0, 0),))
    assert row.stretches[0].head == busy.heads[4].hex()
    assert (empty.entries, empty.stretches, empty.takings, empty.settled) == (0, (), (), True)


def test_a_rebuild_says_the_same_of_every_day(busy: Visitor, database: Database, hq_keys: Keys) -> None:
    days = (date(2026, 1, 2), date(2026, 1, 3))
    with database.read() as conn:
        before = [reconcile(conn, day) for day in days]

    rebuild(database, hq_keys)

    with database.read() as conn:
        assert [reconcile(conn, day) for day in days] == before


def test_the_epochs_of_a_till_are_told_one_by_one(busy: Visitor, database: Database, hq_keys: Keys) -> None:
    first = busy.epoch
    busy.begin_epoch()
    busy.append(kind="sale", body=sale_body(None, 50), clock=GOOD)
    _book(busy)

    with database.read() as conn:
        (row,) = reconcile(conn, date(2026, 1, 2))

    assert [(part.epoch, part.entries) for part in row.stretches] == [(first, 4), (busy.epoch, 1)]
    assert (row.entries, row.takings[1].sales_money) == (5, 650)


def test_what_could_not_be_interpreted_stands_where_it_was_received(busy: Visitor, database: Database) -> None:
    busy.append_bytes(b"junk")
    _book(busy)
    today = datetime.now(UTC).date()

    with database.read() as conn:
        found = [reconcile(conn, today + timedelta(days=days))[0].quarantined for days in (-2, 0, 2)]
        (row,) = reconcile(conn, today)

    assert found == [0, 1, 0]
    assert not row.settled


def test_what_is_held_and_not_booked_waits(busy: Visitor, database: Database) -> None:
    busy.append()
    busy.send()

    with database.read() as conn:
        (row,) = reconcile(conn, date(2026, 1, 2))

    assert (row.waiting, row.settled) == (1, False)


def test_a_flag_is_something_to_look_at(busy: Visitor, database: Database) -> None:
    busy.ask(busy.request("where", b"{}", nonce=f"{database.epoch}.99.x"))

    with database.read() as conn:
        (row,) = reconcile(conn, date(2026, 1, 2))

    assert (row.flags, row.settled) == (("counter",), False)


def test_a_hole_in_what_is_held_is_counted(busy: Visitor, database: Database) -> None:
    """It cannot come from a till (S5): a row of the table is gone."""
    with database.write() as conn:
        conn.execute(delete(raw).where(raw.c.seq == 3))

    with database.read() as conn:
        (row,) = reconcile(conn, date(2026, 1, 2))

    assert (row.gaps, row.settled) == (1, False)


def test_who_has_not_reported_is_named(busy: Visitor, database: Database, hq_keys: Keys) -> None:
    quiet = Visitor(database, hq_keys, "2")
    quiet.enrol()
    with database.write() as conn:
        conn.execute(update(till_table).where(till_table.c.id == quiet.till).values(contact_ms=now_ms() - 7_200_000))

    with database.read() as conn:
        rows = tills(conn)

    assert [row.till for row in silent(rows, since_ms=now_ms() - 3_600_000)] == ["corner/2"]
    assert silent(rows, since_ms=now_ms() - 3 * 3_600_000) == []


def test_a_day_shows_what_a_till_closed(till: Visitor, database: Database) -> None:
    for number, head in ((1, "aa" * 32), (None, "bb" * 32)):
        body = {"number": number, "head": head, "period": {"entries": 3}}
        till.append(op=f"close-{number}", kind="closure", body=body)
    _book(till)

    with database.read() as conn:
        (day,) = reconcile(conn, date.fromisoformat(DAY))

    assert day.closures == (Closed(1, "aa" * 32, '{"entries":3}'), Closed(None, "bb" * 32, '{"entries":3}'))
