"""What a rule may be limited by, and how the first thing that is missing is named."""

from __future__ import annotations

import pytest

from agent.loyalty.judging.limits import is_birthday, off_calendar, unmet
from agent.loyalty.programme.conditions import Birthday, When
from agent.loyalty.sale import Holder, Lot, Moment, Reason, Status
from agent.loyalty.spending.customer import Customer
from tests.loyalty.judging.test_goods import CLUB
from tests.loyalty.shops import POINTS, programme

SHOP = programme(
    POINTS,
    '[[tiers]]\nid = "silver"\nlabel = "Silver"\nfrom = "100.00"\n',
    '[[tiers]]\nid = "gold"\nlabel = "Gold"\nfrom = "500.00"\n',
    CLUB,
    CLUB.replace('"club"', '"crew"').replace('"Club"', '"Crew"').replace("CLUB-YEAR", "CREW-YEAR"),
)
WEDNESDAY = Moment("2024-05-01", confirmed=True, time="12:00")
UNSURE = Moment("2024-05-01", confirmed=False, time="12:00")


def _missing(
    when: When,
    *,
    spent: int = 0,
    moment: Moment = WEDNESDAY,
    born: str | None = None,
    cost: int = 0,
    pieces: int = 0,
    **lots: Lot,
) -> Reason | None:
    held = {"spend": (Lot("2024", spent),), **{unit: (lot,) for unit, lot in lots.items()}}
    holder = Holder("m", Status.REGULAR, held, born)
    return unmet(Customer.of(SHOP, holder, moment), when, cost=cost, pieces=pieces)


def test_a_rule_without_limits_holds_on_any_clock() -> None:
    assert _missing(When(), moment=UNSURE) is None


@pytest.mark.parametrize(
    ("spent", "tiers", "missing"),
    [
        (50_000, ("gold",), None),
        (10_000, ("silver", "gold"), None),
        (10_000, ("gold",), "Gold"),
        (0, ("gold", "silver"), "Silver, Gold"),
    ],
)
def test_a_rule_for_some_tiers_names_them(spent: int, tiers: tuple[str, ...], missing: str | None) -> None:
    reason = None if missing is None else Reason("only_tiers", {"tiers": missing})

    assert _missing(When(tiers=tiers), spent=spent) == reason


@pytest.mark.parametrize(
    ("memberships", "missing"), [(("club",), None), (("crew", "club"), None), (("crew",), "Crew"), ((), None)]
)
def test_a_rule_for_some_memberships_names_them(memberships: tuple[str, ...], missing: str | None) -> None:
    reason = None if missing is None else Reason("only_memberships", {"memberships": missing})

    assert _missing(When(memberships=memberships), club=Lot("a", 1, "2024-05-01")) == reason
    if memberships:
        both = [membership.label for membership in SHOP.memberships if membership.id in memberships]
        assert _missing(When(memberships=memberships)) == Reason("only_memberships", {"memberships": ", ".join(both)})


def test_a_first_sale_is_one_of_a_member_who_never_came() -> None:
    assert _missing(When(first_sale=True)) is None
    assert _missing(When(first_sale=True), visits=Lot("2024-04-01", 1)) == Reason("only_first_sale")
    assert _missing(When(minimum=1), cost=1, visits=Lot("2024-04-01", 1)) is None


@pytest.mark.parametrize(
    ("when", "missing"),
    [
        (When(weekdays=("wed",)), None),
        (When(weekdays=("mon", "wed")), None),
        (When(weekdays=("mon", "tue")), Reason("only_weekdays", {"weekdays": "mon tue"})),
        (When(first_day="2024-05-01"), None),
        (When(first_day="2024-05-02"), Reason("only_from", {"from": "2024-05-02"})),
        (When(last_day="2024-05-01"), None),
        (When(last_day="2024-04-30"), Reason("only_until", {"until": "2024-04-30"})),
        (When(first_day="2024-05-01", last_day="2024-05-01"), None),
        (
            When(first_day="2024-05-02", last_day="2024-05-03"),
            Reason("only_from_until", {"from": "2024-05-02", "until": "2024-05-03"}),
        ),
        (
            When(first_day="2024-04-02", last_day="2024-04-03"),
            Reason("only_from_until", {"from": "2024-04-02", "until": "2024-04-03"}),
        ),
        (When(hours=("12:00", "12:01")), None),
        (When(hours=("11:00", "12:00")), Reason("only_hours", {"hours": "11:00-12:00"})),
        (When(hours=("12:01", "13:00")), Reason("only_hours", {"hours": "12:01-13:00"})),
        (When(hours=("22:00", "12:01")), None),
        (When(hours=("12:00", "02:00")), None),
        (When(hours=("22:00", "12:00")), Reason("only_hours", {"hours": "22:00-12:00"})),
        (When(hours=("12:00", "12:00")), None),
        (When(birthday=Birthday.DAY), Reason("only_birthday")),
    ],
)
def test_a_rule_may_hold_on_some_days_and_at_some_hours(when: When, missing: Reason | None) -> None:
    assert _missing(when) == missing
    assert _missing(when, moment=UNSURE) == Reason("clock_unconfirmed")
    assert off_calendar(UNSURE, when) == Reason("clock_unconfirmed")
    assert off_calendar(WEDNESDAY, when) == (None if when.birthday else missing)


def test_a_rule_that_asks_nothing_of_the_clock_holds_on_any() -> None:
    assert off_calendar(UNSURE, When(minimum=5)) is None


@pytest.mark.parametrize(
    ("born", "near", "day", "is_near"),
    [
        ("05-01", Birthday.DAY, "2024-05-01", True),
        ("05-02", Birthday.DAY, "2024-05-01", False),
        ("05-31", Birthday.MONTH, "2024-05-01", True),
        ("04-30", Birthday.MONTH, "2024-05-01", False),
        ("05-04", Birthday.WEEK, "2024-05-01", True),
        ("05-05", Birthday.WEEK, "2024-05-01", False),
        ("04-28", Birthday.WEEK, "2024-05-01", True),
        ("04-27", Birthday.WEEK, "2024-05-01", False),
        ("01-02", Birthday.WEEK, "2024-12-31", True),
        ("12-30", Birthday.WEEK, "2025-01-01", True),
        ("02-29", Birthday.DAY, "2024-02-29", True),
        ("02-29", Birthday.DAY, "2025-03-01", True),
        ("02-29", Birthday.DAY, "2025-02-28", False),
        ("02-29", Birthday.DAY, "2024-03-01", False),
        (None, Birthday.MONTH, "2024-05-01", False),
    ],
)
def test_a_birthday_is_near_by_day_week_or_month(born: str | None, near: Birthday, day: str, *, is_near: bool) -> None:
    moment = Moment(day, confirmed=True)

    assert is_birthday(born, near, moment) is is_near
    assert (_missing(When(birthday=near), born=born, moment=moment) is None) is is_near


@pytest.mark.parametrize(
    ("when", "cost", "pieces", "missing"),
    [
        (When(minimum=500), 500, 0, None),
        (When(minimum=500), 499, 9, Reason("min_amount", {"amount": 500, "missing": 1})),
        (When(minimum=500), 100, 9, Reason("min_amount", {"amount": 500, "missing": 400})),
        (When(pieces=3), 0, 3, None),
        (When(pieces=3), 900, 2, Reason("min_pieces", {"pieces": 3, "more": 1})),
        (When(pieces=3), 900, 0, Reason("min_pieces", {"pieces": 3, "more": 3})),
    ],
)
def test_what_is_missing_of_an_amount_or_of_pieces_is_said(
    when: When, cost: int, pieces: int, missing: Reason | None
) -> None:
    assert _missing(when, cost=cost, pieces=pieces) == missing


def test_of_several_things_that_are_missing_the_first_is_said() -> None:
    when = When(tiers=("gold",), weekdays=("mon",), minimum=500)

    assert _missing(when) == Reason("only_tiers", {"tiers": "Gold"})
    assert _missing(when, spent=50_000) == Reason("only_weekdays", {"weekdays": "mon"})
    assert _missing(when, spent=50_000, moment=Moment("2024-05-06", confirmed=True)) == Reason(
        "min_amount", {"amount": 500, "missing": 500}
    )
