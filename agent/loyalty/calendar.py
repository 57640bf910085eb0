"""The calendar of rules: days, spans and periods as texts, so that the same values come out on every machine.

A day is `YYYY-MM-DD`. A period is named as ISO 8601 names it where it does: `2026-11-22`, `2026-W47`, `2026-11`,
`2026`; quarters and half-years are `2026-Q4` and `2026-H2`. Nothing here asks what day it is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

_SPAN = re.compile(r"([1-9][0-9]{0,3}) (day|week|month|year)s?")
_MONTHS_OF = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_KEPT_DAYS = 512  # answers: the rules ask the same few questions of every sale of a day


class Period(StrEnum):
    """A stretch of the calendar that rules count in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half-year"
    YEAR = "year"

    def of(self, day: str) -> str:
        """Return the name of the period that `day` is in."""
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                year, week, _ = date.fromisoformat(day).isocalendar()
                return f"{year:04}-W{week:02}"
            case Period.MONTH:
                return day[:7]
            case Period.QUARTER:
                return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"
            case Period.HALF_YEAR:
                return f"{day[:4]}-H{(int(day[5:7]) + 5) // 6}"
            case Period.YEAR:
                return day[:4]

    def first_day(self, name: str) -> str:
        """Return the first day of a period of this kind."""
        match self:
            case Period.DAY:
                return name
            case Period.WEEK:
                return date.fromisocalendar(int(name[:4]), int(name[6:]), 1).isoformat()
            case Period.MONTH:
                return f"{name}-01"
            case Period.QUARTER | Period.HALF_YEAR:
                months = _MONTHS_OF[self]
                return f"{name[:4]}-{int(name[6:]) * months - months + 1:02}-01"
            case Period.YEAR:
                return f"{name}-01-01"

    def last_day(self, name: str) -> str:
        """Return the last day of a period of this kind."""
        following = date.fromisoformat(self.first_day(self.after(name)))
        return (following - timedelta(days=1)).isoformat()

    def after(self, name: str, steps: int = 1) -> str:
        """Return the period `steps` later, or earlier if `steps` is below zero."""
        return _period_after(self, name, steps)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: whole days or whole months (one of them is 0)."""

    days: int = 0
    months: int = 0

    @classmethod
    def read(cls, text: str) -> Span | None:
        """Read `30 days`, `2 weeks`, `24 months`, `1 year`; None if `text` is none of these."""
        match = _SPAN.fullmatch(text)
        if match is None:
            return None
        count, unit = int(match[1]), match[2]
        if unit in {"day", "week"}:
            return cls(days=count * (7 if unit == "week" else 1))
        return cls(months=count * (12 if unit == "year" else 1))

    def is_shorter_than(self, other: Span) -> bool:
        """Say whether it ends before `other` from most days on; a month counts as 30.4 days."""
        return self.days * 10 + self.months * 304 < other.days * 10 + other.months * 304

    def after(self, day: str) -> str:
        """Return the day so much later; a month after 31 January is the last day of February. Year 9999 at most."""
        try:
            if self.months:
                return _months_later(day, self.months)
            return (date.fromisoformat(day) + timedelta(days=self.days)).isoformat()
        except (OverflowError, ValueError):
            return date.max.isoformat()


def is_day(text: str) -> bool:
    """Say whether `text` is a day that exists, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def weekday(day: str) -> int:
    """Return the day of the week, Monday is 0."""
    return date.fromisoformat(day).weekday()


def days_between(first: str, last: str) -> int:
    """Return how many days `last` is after `first`."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


@lru_cache(maxsize=_KEPT_DAYS)
def _period_after(period: Period, name: str, steps: int) -> str:
    first = period.first_day(name)
    if period in {Period.DAY, Period.WEEK}:
        days = steps * (7 if period is Period.WEEK else 1)
        return period.of((date.fromisoformat(first) + timedelta(days=days)).isoformat())
    return period.of(_months_later(first, steps * _MONTHS_OF[period]))


@lru_cache(maxsize=_KEPT_DAYS)
def _months_later(day: str, months: int) -> str:
    count = int(day[:4]) * 12 + int(day[5:7]) - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year} is beyond the calendar")
    return date(year, month + 1, min(int(day[8:10]), monthrange(year, month + 1)[1])).isoformat()
