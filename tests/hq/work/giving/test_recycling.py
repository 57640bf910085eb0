"""Once a month a part of what expired goes to the members of some tiers."""

from datetime import date

import pytest
from sqlalchemy import func, select

from agent.journal.entry import ISSUANCE, Posting
from agent.loyalty.programme import load
from agent.loyalty.programme.units import QUALIFYING
from hq.books.own import Decision, decide
from hq.books.totals import books
from hq.database import Database
from hq.tables import lot
from hq.work.due import Work
from hq.work.giving.recycling import give_away
from tests.hq.visitor import Visitor
from tests.hq.work.conftest import TERMS, arrive, own_entries, put_in_force, unheard

pytestmark = pytest.mark.databases("sqlite", "postgresql")

CLUB = (
    TERMS
    + b"""
[[tiers]]
id = "gold"
label = "Gold"
from = "500.00"
percent = 150
[recycling]
unit = "points"
tiers = ["gold"]
percent = 50
most = 200
"""
)
NEXT = date(2099, 2, 10)  # whatever was written before, it was in an earlier month


def held(database: Database) -> dict[str, int]:
    with database.read() as conn:
        points = select(lot.c.account, func.sum(lot.c.amount)).where(lot.c.unit == "points").group_by(lot.c.account)
        return {name: int(amount) for name, amount in conn.execute(points) if amount}


def lose(database: Database, op: str, units: int) -> None:
    """Let a member lose so many points."""
    postings = (Posting("points", "account:c", -units, "l1"), Posting("points", "expired", units))
    with database.write() as conn:
        decide(conn, database.epoch, Decision(op, "units_expired", {"before": "2026-01-01"}, postings))


def recycle(database: Database, day: date = NEXT) -> int:
    with database.write() as conn:
        return give_away(conn, day, epoch=database.epoch)


@pytest.fixture
def club(work: Work, till: Visitor) -> Database:
    """Gold members a and b, and c who has 1000 points to lose."""
    put_in_force(work.database, CLUB)
    year = load(CLUB).tier_rules.period.of("2099-02-01")
    for who in "ab":
        counted = (Posting(QUALIFYING, ISSUANCE, -50_000), Posting(QUALIFYING, f"account:{who}", 50_000, year))
        till.append(op=f"gold-{who}", kind="enrolment", body=_body(who), postings=counted)
    points = (Posting("points", ISSUANCE, -1000), Posting("points", "account:c", 1000, "l1"))
    till.append(op="c", kind="enrolment", body=_body("c"), postings=points)
    arrive(till)
    return work.database


def _body(who: str) -> dict[str, object]:
    return {"account": who, "card": None, "effects": [], "opens": True, "referred_by": None}


def test_a_part_of_what_was_lost_goes_to_the_tiers_in_equal_parts_once_a_month(club: Database) -> None:
    lose(club, "x1", 101)

    assert recycle(club) == 2
    assert recycle(club) == 0

    assert held(club) == {"a": 25, "b": 25, "c": 899}
    with club.read() as conn:
        assert books(conn).balanced


def test_the_next_month_looks_at_what_was_lost_since(club: Database) -> None:
    lose(club, "x1", 100)
    recycle(club)
    lose(club, "x2", 40)

    assert recycle(club, NEXT.replace(month=3)) == 2
    assert recycle(club, NEXT.replace(month=4)) == 0

    assert held(club) == {"a": 35, "b": 35, "c": 860}


def test_what_was_given_back_is_not_given_away(club: Database) -> None:
    lose(club, "x1", 100)
    back = (Posting("points", "account:c", 90, "l1"), Posting("points", "expired", -90))
    with club.write() as conn:
        decide(conn, club.epoch, Decision("back", "lapse_reversed", {}, back))

    recycle(club)

    assert held(club) == {"a": 2, "b": 2, "c": 990}


def test_what_was_lost_in_this_month_waits_for_the_next(club: Database) -> None:
    lose(club, "x1", 100)
    (entry,) = own_entries(club, "units_expired")

    assert recycle(club, date.fromisoformat(entry.day)) == 0


def test_it_waits_until_every_till_has_reported_past_the_month(work: Work, club: Database, till: Visitor) -> None:
    lose(club, "x1", 100)
    unheard(club, till, days=40)

    (halted,) = work.run(only="recycling")

    assert (halted.outcome, own_entries(club, "units_recycled")) == ("halted", [])
