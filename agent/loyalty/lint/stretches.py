"""Stretches of the calendar, and the most that rules give one member within any of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from agent.loyalty.calendar import Period, Span
from agent.loyalty.programme.rules.earning import By, Challenge, EarnRule

_FIRST, _DAYS = date(2023, 1, 1), 731  # two years, one of them a leap year: what is true of these is true of all
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}


class Stretch(NamedTuple):
    """A first and a last day."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it is."""
        return (self.last - self.first).days + 1


def lasting(span: Span, rounded: Period | None) -> tuple[Stretch, ...]:
    """Return, for every day on which something is earned, the days on which it is there."""

    def end(day: str) -> str:
        last = span.after(day)
        return last if rounded is None else rounded.last_day(rounded.of(last))

    starts = [_FIRST + timedelta(days=i) for i in range(_DAYS)]
    return tuple(Stretch(day, date.fromisoformat(end(day.isoformat()))) for day in starts)


def windows(period: Period, count: int) -> tuple[Stretch, ...]:
    """Return stretches of so many whole periods."""
    names = [period.of(_FIRST.isoformat())]
    while len(names) < count + _DAYS // 28:
        names.append(period.after(names[-1]))
    days = [date.fromisoformat(period.first_day(name)) for name in names]
    return tuple(Stretch(first, after - timedelta(days=1)) for first, after in zip(days, days[count:], strict=False))


def longest(stretches: Sequence[Stretch]) -> int:
    """Return how many days a stretch has at most."""
    return max(stretch.days for stretch in stretches)


def most_weekdays(stretches: Sequence[Stretch], weekdays: Collection[int]) -> int:
    """Return how many of some days of the week (Monday is 0) a stretch has at most."""
    days = [[(stretch.first + timedelta(days=i)).weekday() for i in range(stretch.days)] for stretch in stretches]
    return max(sum(1 for day in found if day in weekdays) for found in days)


def given_within(rule: EarnRule, stretches: Sequence[Stretch]) -> int | None:
    """Return the most units that an earn rule gives one member in a stretch; None if nothing bounds it."""
    bounds = [most * _touched(period, stretches) for period, most in rule.most]
    if rule.by is By.VISIT:
        bounds.append(rule.give * longest(stretches))
    return min(bounds, default=None)


def challenged_within(challenge: Challenge, stretches: Sequence[Stretch]) -> int:
    """Return the most units that a challenge gives one member in a stretch."""
    return challenge.give * challenge.times * _touched(challenge.within, stretches)


def _touched(period: Period, stretches: Sequence[Stretch]) -> int:
    """Return how many periods a stretch has a part of, at most."""
    return max(_number(period, stretch.last) - _number(period, stretch.first) + 1 for stretch in stretches)


def _number(period: Period, day: date) -> int:
    """Number the periods of a kind one after the other."""
    if period in _MONTHS:
        return (day.year * 12 + day.month - 1) // _MONTHS[period]
    return day.toordinal() if period is Period.DAY else (day.toordinal() - 1) // 7
