"""Ending: units whose last day is near, or past.

That a lot has expired is read off its last day (`lots.spendable`); the entry that says so comes later, from
headquarters, and moves the units to `expired`. It notes in a counter how much of which lot went, so that goods that
come back afterwards make nobody owe units he never could spend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from agent.journal.entry import EXPIRED, ISSUANCE, MEMBER_PREFIX, Posting
from agent.loyalty.programme.units import expired_of, is_counter
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder, Lot, Moment, Reason


@dataclass(frozen=True, slots=True)
class Ending:
    """So many units whose last day is `day`."""

    unit: str
    units: int
    day: str


def expire(programme: Programme, holder: Holder, moment: Moment) -> tuple[Posting, ...]:
    """Return the postings that take what is past its last day; none on a clock that headquarters has not confirmed.

    What expired and was then taken back with returned goods is given back first: it was no breakage. Doing it twice
    changes nothing more. Memberships are left alone: they were paid for and have had their time.
    """
    if not moment.confirmed:
        return ()
    postings: list[Posting] = []
    for unit, held in _units(programme, holder):
        for lot in held:
            gone = holder.count(expired_of(unit), lot.lot)
            if lot.amount < 0 < gone:
                postings += move_to_expired(holder, unit, lot, -min(-lot.amount, gone))
            elif lot.amount > 0 and lot.expires is not None and lot.expires < moment.day:
                postings += move_to_expired(holder, unit, lot, lot.amount)
    return tuple(postings)


def move_to_expired(holder: Holder, unit: str, lot: Lot, units: int) -> Iterator[Posting]:
    """Yield the postings that move units of a lot to `expired` (below 0: back), and count them."""
    own, gone = MEMBER_PREFIX + holder.account, expired_of(unit)
    yield Posting(unit, own, -units, lot.lot, lot.expires)
    yield Posting(unit, EXPIRED, units)
    yield Posting(gone, ISSUANCE, -units)
    yield Posting(gone, own, units, lot.lot)


def endings_of(programme: Programme, holder: Holder, moment: Moment) -> tuple[Ending, ...]:
    """Return what has a last day that is still to come, the first day first; nothing on an unconfirmed clock."""
    if not moment.confirmed:
        return ()
    sums: Counter[tuple[str, str]] = Counter()
    for unit, held in _units(programme, holder):
        for lot in held:
            if lot.expires is not None and lot.amount > 0 and lot.expires >= moment.day:
                sums[lot.expires, unit] += lot.amount
    return tuple(Ending(unit, units, day) for (day, unit), units in sorted(sums.items()))


def expiry_notices(programme: Programme, holder: Holder, moment: Moment) -> Iterator[Reason]:
    """Yield what the till says: of each unit the first that goes, once its longest notice has begun."""
    told: set[str] = set()
    for ending in endings_of(programme, holder, moment):
        days = max(_notices(programme, ending.unit), default=0)
        if ending.unit not in told and _before(ending.day, days) <= moment.day:
            told.add(ending.unit)
            yield expiring(ending)


def messages_due(programme: Programme, holder: Holder, moment: Moment, *, since: str) -> tuple[Ending, ...]:
    """Return what the member is written of: endings with a notice day after `since` and not after today.

    `since` is the last day this was asked, so that a day nobody asked on is made good. Several notices of one ending
    that fell into this time are one.
    """
    return tuple(
        ending for ending in endings_of(programme, holder, moment) if is_due(programme, ending, moment, since=since)
    )


def is_due(programme: Programme, ending: Ending, moment: Moment, *, since: str) -> bool:
    """Say whether one of an ending's notice days came after `since` and not after today, and the ending did not."""
    days = [_before(ending.day, days) for days in _notices(programme, ending.unit)]
    return ending.day >= moment.day and any(since < day <= moment.day for day in days)


def expiring(ending: Ending) -> Reason:
    """Return an ending as it is told."""
    return Reason("expiring", {"units": ending.units, "unit": ending.unit, "until": ending.day})


def _units(programme: Programme, holder: Holder) -> list[tuple[str, tuple[Lot, ...]]]:
    """Return the lots of what may end by time: no counter, and no membership."""
    paid_for = {membership.id for membership in programme.memberships}
    return [(unit, held) for unit, held in holder.lots.items() if not is_counter(unit) and unit not in paid_for]


def _notices(programme: Programme, unit: str) -> tuple[int, ...]:
    return next((known.notices for known in programme.units if known.id == unit), ())


def _before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
