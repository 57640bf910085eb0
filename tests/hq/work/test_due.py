"""What headquarters does by itself, once a business day, and what it leaves alone."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from agent.journal.entry import ISSUANCE, Posting
from hq.books.totals import books
from hq.books.worker import rebuild
from hq.clock import Noted, now_ms
from hq.config import Work as Limits
from hq.database import Database
from hq.keys import Keys
from hq.tables import lot, posting_total
from hq.work import clock
from hq.work.due import Work
from hq.work.expiry import preview
from hq.work.jobs import last_runs
from tests.hq.headquarters import members_of_books
from tests.hq.visitor import Visitor, sale_body
from tests.hq.work.conftest import TODAY, arrive, days_ago, own_entries, unheard

pytestmark = pytest.mark.databases("sqlite", "postgresql")


def earned(till: Visitor, account: str, units: int, *, sold: str, lasts: str | None = None, name: str = "l") -> None:
    """Sell to an account on a day, for units whose last day is `lasts`."""
    postings = (Posting("points", ISSUANCE, -units), Posting("points", f"account:{account}", units, name, lasts))
    number = len(till.heads)
    till.append(
        id=f"{till.till}-{number}",
        op=f"S-{number}",
        kind="sale",
        body=sale_body(account, units * 100),
        day=sold,
        postings=postings,
    )


def points(database: Database) -> Mapping[str, int]:
    with database.read() as conn:
        rows = conn.execute(select(lot.c.account, lot.c.amount).where(lot.c.unit == "points")).all()
    found: dict[str, int] = {}
    for row in rows:
        found[row.account] = found.get(row.account, 0) + row.amount
    return found


def expired(database: Database) -> int:
    with database.read() as conn:
        place = (posting_total.c.unit == "points") & (posting_total.c.account == "expired")
        return conn.scalar(select(posting_total.c.amount).where(place)) or 0


def outcomes(work: Work, **only: Any) -> dict[str, tuple[str, str]]:
    return {run.job: (run.outcome, run.detail) for run in work.run(**only)}


def is_even(database: Database) -> bool:
    with database.read() as conn:
        return books(conn).balanced


def test_what_is_past_its_last_day_expires_by_an_entry_and_the_rest_stays(work: Work, till: Visitor) -> None:
    database = work.database
    earned(till, "a", 10, sold=days_ago(9), lasts=days_ago(1), name="old")
    earned(till, "a", 5, sold=days_ago(9), lasts=days_ago(0), name="today")
    earned(till, "b", 7, sold=days_ago(9), name="for-ever")
    arrive(till)

    ran = outcomes(work)

    assert ran["expiry"][0] == "done"
    assert "10 of 22 points" in ran["expiry"][1]
    assert points(database) == {"a": 5, "b": 7}
    assert expired(database) == 10
    (entry,) = own_entries(database, "units_expired")
    assert entry.by == "hq"
    assert is_even(database)


def test_each_job_is_done_once_a_business_day(work: Work, till: Visitor) -> None:
    earned(till, "a", 10, sold=days_ago(9), lasts=days_ago(1))
    arrive(till)
    outcomes(work)

    assert outcomes(work) == {}
    assert len(own_entries(work.database, "units_expired")) == 1
    with work.database.read() as conn:
        assert {run.last_done for run in last_runs(conn)} == {TODAY.isoformat()}


def test_two_rebuilds_later_the_books_are_the_same(work: Work, till: Visitor, hq_keys: Keys) -> None:
    database = work.database
    earned(till, "a", 10, sold=days_ago(9), lasts=days_ago(1))
    earned(till, "b", 10, sold=days_ago(500))
    arrive(till)
    outcomes(work)
    with database.read() as conn:
        before = members_of_books(conn)

    rebuild(database, hq_keys)
    rebuild(database, hq_keys)

    with database.read() as conn:
        assert members_of_books(conn) == before
    assert points(database) == {"a": 0, "b": 0}


def test_over_a_share_it_halts_until_a_person_confirms(work: Work, till: Visitor) -> None:
    database = work.database
    earned(till, "a", 6, sold=days_ago(9), lasts=days_ago(1))
    earned(till, "b", 94, sold=days_ago(9))
    arrive(till)
    held_to = replace(work, settings=replace(work.settings, work=Limits(expiry_share_max=5)))

    halted = outcomes(held_to)["expiry"]

    assert halted[0] == "halted"
    assert "6 of 100 points (6.0 %)" in halted[1]
    assert expired(database) == 0
    with database.read() as conn:
        assert [(one.unit, one.expiring, one.held) for one in preview(conn, TODAY)] == [("points", 6, 100)]
    assert outcomes(replace(held_to, confirmed=True))["expiry"][0] == "done"
    assert expired(database) == 6


def test_a_member_who_bought_nothing_for_long_loses_units_once_every_till_reported(
    work: Work, till: Visitor, hq_keys: Keys
) -> None:
    database = work.database
    other = Visitor(database, hq_keys, "2")
    other.enrol()
    earned(till, "a", 10, sold=days_ago(500))
    earned(till, "b", 10, sold=days_ago(30))
    arrive(till)

    assert outcomes(work)["lapses"][0] == "halted"  # the other till never gave what it has
    assert points(database)["a"] == 10

    other.feed()
    assert outcomes(work)["lapses"][0] == "done"
    assert points(database) == {"a": 0, "b": 10}
    (entry,) = own_entries(database, "units_lapsed")
    assert entry.body["last_sale"] == days_ago(500)


def test_a_till_that_was_last_heard_before_the_lapse_keeps_it_from_being_decided(
    work: Work, till: Visitor, hq_keys: Keys
) -> None:
    other = Visitor(work.database, hq_keys, "2")
    other.enrol()
    other.feed()
    earned(till, "a", 10, sold=days_ago(500))
    arrive(till)
    unheard(work.database, other, days=200)

    outcomes(work)

    assert points(work.database) == {"a": 10}


def test_a_late_sale_that_would_have_saved_them_gives_them_back(work: Work, till: Visitor, hq_keys: Keys) -> None:
    database = work.database
    other = Visitor(database, hq_keys, "2")
    other.enrol()
    other.feed()
    earned(till, "a", 10, sold=days_ago(500))
    arrive(till)
    outcomes(work)
    assert points(database) == {"a": 0}
    earned(other, "a", 3, sold=days_ago(200), name="late")
    arrive(other)

    again = outcomes(work, only="lapses", day=TODAY.replace(year=TODAY.year + 1))

    assert "1 given back" in again["lapses"][1]
    assert points(database) == {"a": 13}
    assert expired(database) == 0
    assert is_even(database)
    assert "0 given back" in outcomes(work, only="lapses", day=TODAY.replace(year=TODAY.year + 2))["lapses"][1]


def test_a_doubted_clock_ends_nothing_and_tells_tills_no_time(work: Work, till: Visitor) -> None:
    database = work.database
    earned(till, "a", 10, sold=days_ago(500), lasts=days_ago(1))
    arrive(till)
    assert till.where().now_ms > 0
    now = Noted.now()
    with database.write() as conn:
        clock.watch(conn, replace(now, wall_ms=now.wall_ms - 2 * 3_600_000))  # then it was set

    ran = outcomes(work)

    assert {ran["expiry"][0], ran["lapses"][0]} == {"halted"}
    assert points(database) == {"a": 10}
    assert (till.where().now_ms, till.feed().now_ms) == (0, 0)
    with database.write() as conn:
        clock.confirm(conn, by="anna")
    assert outcomes(work)["expiry"][0] == "done"
    assert abs(till.where().now_ms - now_ms()) < 60_000
    assert expired(database) == 10


@pytest.mark.parametrize("set_h", [2, -2])
def test_a_clock_that_is_set_while_tills_are_answered_is_told_to_none_of_them(
    till: Visitor, database: Database, set_h: int
) -> None:
    with database.write() as conn:
        clock.begin(conn)
    assert till.where().now_ms > 0

    set_ns = time.time_ns() + set_h * 3_600_000_000_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: set_ns)

        assert (till.where().now_ms, till.feed().now_ms) == (0, 0)


@pytest.mark.parametrize(("ahead_h", "doubted"), [(0, False), (2, True), (-2, True)])
def test_the_middle_of_the_tills_is_believed_before_our_own_clock(
    database: Database, hq_keys: Keys, *, ahead_h: int, doubted: bool
) -> None:
    for name, wrong_h in (("1", 0), ("2", 0), ("3", 24 * 365 * 40)):
        till = Visitor(database, hq_keys, name)
        till.enrol()
        till.append(clock={"wall_ms": now_ms() - (ahead_h + wrong_h) * 3_600_000})
        till.send()

    with database.write() as conn:
        assert (clock.watch(conn) is not None) == doubted


def test_the_same_boot_at_the_same_pace_is_no_jump(database: Database) -> None:
    now = Noted.now()
    night = replace(now, wall_ms=now.wall_ms + 9 * 3_600_000, mono_ms=now.mono_ms + 9 * 3_600_000)
    with database.write() as conn:
        assert clock.watch(conn, now) is None
        assert clock.watch(conn, night) is None
        rebooted = replace(night, boot="another", mono_ms=0)
        assert clock.watch(conn, rebooted) is None
        assert clock.watch(conn, replace(rebooted, wall_ms=now.wall_ms, boot="a third")) is not None
