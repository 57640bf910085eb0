from datetime import date, timedelta

import pytest

from agent.loyalty.calendar import Period, Span
from agent.loyalty.lint.stretches import challenged_within, given_within, lasting, longest, most_weekdays, windows
from agent.loyalty.programme import load
from tests.loyalty.lint.looking import VISIT
from tests.loyalty.shops import HEAD


@pytest.mark.parametrize(
    ("period", "days"), [("day", 1), ("week", 7), ("month", 31), ("quarter", 92), ("half-year", 184), ("year", 366)]
)
def test_a_period_has_so_many_days_at_most(period: str, days: int) -> None:
    assert longest(windows(Period(period), 1)) == days


def test_windows_are_whole_periods_one_after_the_other() -> None:
    found = windows(Period.MONTH, 3)

    assert all(stretch.first.day == 1 and (stretch.last + timedelta(days=1)).day == 1 for stretch in found)
    assert longest(found) == 92


def test_what_is_earned_on_the_first_day_of_a_rounding_lasts_longest() -> None:
    assert longest(lasting(Span(days=30), None)) == 31
    assert longest(lasting(Span(days=1), Period.MONTH)) == 2 + 30  # the day before a month's first
    assert longest(lasting(Span(months=9999 * 12), None)) > 1_000_000


def test_weekdays_are_counted_in_the_fullest_period() -> None:
    assert most_weekdays(windows(Period.MONTH, 1), {5, 6}) == 10
    assert most_weekdays(windows(Period.WEEK, 1), {0}) == 1


@pytest.mark.parametrize(
    ("most", "days", "given"),
    [("", 10, 50), ("most = { day = 3 }", 10, 30), ("most = { month = 20 }", 10, 40), ("most = { year = 7 }", 366, 14)],
)
def test_the_most_a_rule_gives_counts_every_period_that_is_touched(most: str, days: int, given: int) -> None:
    (rule,) = load((HEAD + VISIT.replace("give = 5", "give = 5\n" + most)).encode()).earn

    assert given_within(rule, lasting(Span(days=days - 1), None)) == given


def test_amounts_have_no_bound_of_their_own() -> None:
    text = HEAD + VISIT.replace('by = "visit"', 'per = "1.00"')
    dare = '[[challenges]]\nid = "dare"\nlabel = "x"\nunit = "points"\ngive = 3\ncounted = "pieces"\ngoal = 2\n'
    programme = load((text + dare + 'within = "week"\ntimes = 2').encode())
    week = lasting(Span(days=1), None)

    assert given_within(programme.earn[0], week) is None
    assert challenged_within(programme.challenges[0], week) == 2 * 3 * 2
    assert week[0].first == date(2023, 1, 1)
