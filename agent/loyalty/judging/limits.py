"""Whether a rule holds, and if not, what is missing."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from agent.loyalty.calendar import days_between, weekday
from agent.loyalty.programme.conditions import WEEKDAYS, Birthday, When
from agent.loyalty.programme.rules.standing import Membership, Tier
from agent.loyalty.programme.units import VISITS
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder, Moment, Reason

_NEAR = 3  # days before and after a birthday that are its week


class Known(Protocol):
    """Who a rule is asked about, and when."""

    @property
    def programme(self) -> Programme: ...
    @property
    def holder(self) -> Holder: ...
    @property
    def moment(self) -> Moment: ...
    @property
    def tier(self) -> Tier | None: ...
    @property
    def memberships(self) -> tuple[Membership, ...]: ...


def unmet(case: Known, when: When, *, cost: int, pieces: int) -> Reason | None:
    """Return the first condition that is missing, None if the rule holds.

    `cost` is what the lines cost that the rule counts (minor units), `pieces` how many whole pieces they are.
    """
    if when.always:
        return None
    return _person(case, when) or _time(case, when) or _amount(when, cost=cost, pieces=pieces)


def _person(case: Known, when: When) -> Reason | None:
    if when.tiers and (case.tier is None or case.tier.id not in when.tiers):
        labels = [tier.label for tier in case.programme.tiers if tier.id in when.tiers]
        return Reason("only_tiers", {"tiers": ", ".join(labels)})
    if when.memberships and not any(m.id in when.memberships for m in case.memberships):
        labels = [m.label for m in case.programme.memberships if m.id in when.memberships]
        return Reason("only_memberships", {"memberships": ", ".join(labels)})
    if when.first_sale and case.holder.lots.get(VISITS):
        return Reason("only_first_sale")
    return None


def _time(case: Known, when: When) -> Reason | None:
    missing = off_calendar(case.moment, when)
    if missing is None and when.birthday and not is_birthday(case.holder.born, when.birthday, case.moment):
        return Reason("only_birthday")
    return missing


def off_calendar(moment: Moment, when: When) -> Reason | None:
    """Return what of day and time is missing, None if the rule holds then; it asks nobody for a birthday."""
    if not when.asks_the_time:
        return None
    return _calendar(moment, when) if moment.confirmed else Reason("clock_unconfirmed")


def _calendar(moment: Moment, when: When) -> Reason | None:
    if (when.first_day and moment.day < when.first_day) or (when.last_day and moment.day > when.last_day):
        return _only_days(when)
    if when.weekdays and WEEKDAYS[weekday(moment.day)] not in when.weekdays:
        return Reason("only_weekdays", {"weekdays": " ".join(when.weekdays)})
    if when.hours and not _within(moment.time, *when.hours):
        return Reason("only_hours", {"hours": "-".join(when.hours)})
    return None


def _only_days(when: When) -> Reason:
    if when.last_day is None:
        return Reason("only_from", {"from": when.first_day or ""})
    if when.first_day is None:
        return Reason("only_until", {"until": when.last_day})
    return Reason("only_from_until", {"from": when.first_day, "until": when.last_day})


def _within(time: str, start: str, end: str) -> bool:
    return start <= time < end if start < end else time >= start or time < end


def is_birthday(born: str | None, near: Birthday, moment: Moment) -> bool:
    """Say whether a birthday (MM-DD) is near; who was born on 29 February celebrates on 1 March in other years."""
    if born is None:
        return False
    if near is Birthday.MONTH:
        return born[:2] == moment.day[5:7]
    reach = 0 if near is Birthday.DAY else _NEAR
    year = int(moment.day[:4])
    return any(abs(days_between(_birthday(born, y), moment.day)) <= reach for y in (year - 1, year, year + 1))


def _birthday(born: str, year: int) -> str:
    try:
        return date(year, int(born[:2]), int(born[3:])).isoformat()
    except ValueError:
        return f"{year:04}-03-01"


def _amount(when: When, *, cost: int, pieces: int) -> Reason | None:
    if cost < when.minimum:
        return Reason("min_amount", {"amount": when.minimum, "missing": when.minimum - cost})
    if pieces < when.pieces:
        return Reason("min_pieces", {"pieces": when.pieces, "more": when.pieces - pieces})
    return None
