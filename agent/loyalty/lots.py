"""The names of lots: which entry, card or period the units in it come from, and from what day they may be spent.

A lot that waits says so in its name, `<lot>+<day>`: whoever reads it knows the day, and nobody has to do anything on
that day. Nothing but a comparison with a day is ever asked of the calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.journal.entry import MEMBER_PREFIX, Posting
from agent.loyalty.calendar import Span
from agent.loyalty.programme.units import expired_of, is_counter
from agent.loyalty.sale import Holder, Lot, Moment

_WAITS = "+"


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many units that may be spent from `day` on."""

    unit: str
    units: int
    day: str


def waiting_lot(lot: str, *, earned: str, wait: Span | None) -> str:
    """Return the name of a lot whose units, earned on a day, may be spent `wait` later; at once if there is no wait."""
    return lot if wait is None else f"{lot}{_WAITS}{wait.after(earned)}"


def spendable_from(lot: str) -> str | None:
    """Return the first day on which a lot's units may be spent; None if that was at once."""
    name, plus, day = lot.partition(_WAITS)
    del name
    return day if plus else None


def is_over(lot: Lot, moment: Moment) -> bool:
    """Say whether a lot's last day is past; on a clock that headquarters has not confirmed none is."""
    return moment.confirmed and lot.expires is not None and lot.expires < moment.day


def _is_waiting(lot: Lot, moment: Moment) -> bool:
    """Say whether a lot waits; on a clock that headquarters has not confirmed what waits goes on waiting."""
    day = spendable_from(lot.lot)
    return day is not None and (not moment.confirmed or moment.day < day)


def _counting(holder: Holder, unit: str) -> tuple[Lot, ...]:
    """Return a unit's lots, without the debt in those of which as much had gone by time as was then taken back."""
    held, gone = holder.lots.get(unit, ()), {lot.lot: lot.amount for lot in holder.lots.get(expired_of(unit), ())}
    if not gone:
        return held
    owed = [lot if lot.amount >= 0 else lot._replace(amount=lot.amount + gone.get(lot.lot, 0)) for lot in held]
    return tuple([lot for lot, before in zip(owed, held, strict=True) if before.amount >= 0 or lot.amount < 0])


def spendable(holder: Holder, moment: Moment) -> Holder:
    """Return the member with nothing but the lots that may be spent now, and his debts."""
    lots = {
        unit: held  # a counter neither waits nor ends
        if is_counter(unit)
        else tuple([lot for lot in _counting(holder, unit) if lot.amount < 0 or _is_free(lot, moment)])
        for unit, held in holder.lots.items()
    }
    return Holder(holder.account, holder.status, lots, holder.born)


def _is_free(lot: Lot, moment: Moment) -> bool:
    return (lot.expires is None or not is_over(lot, moment)) and not (_WAITS in lot.lot and _is_waiting(lot, moment))


def owned(holder: Holder, unit: str, moment: Moment) -> dict[str, int]:
    """Return how much of a unit a member has in each lot, what waits included; below zero he owes it."""
    return {lot.lot: lot.amount for lot in _counting(holder, unit) if lot.amount < 0 or not is_over(lot, moment)}


def booked(holder: Holder, postings: Iterable[Posting]) -> Holder:
    """Return the member once postings are booked; those of other accounts are left out."""
    own = MEMBER_PREFIX + holder.account
    lots = {unit: {lot.lot: lot for lot in held} for unit, held in holder.lots.items()}
    for posting in postings:
        if posting.account == own and posting.lot is not None:
            held = lots.setdefault(posting.unit, {})
            before = held.get(posting.lot)
            amount = posting.amount + (0 if before is None else before.amount)
            held[posting.lot] = Lot(posting.lot, amount, posting.expires)
    return replace(
        holder, lots={unit: tuple(lot for lot in held.values() if lot.amount) for unit, held in lots.items()}
    )


def waiting_of(holder: Holder, moment: Moment) -> tuple[Waiting, ...]:
    """Return what may be spent later, the first day first."""
    sums: Counter[tuple[str, str]] = Counter()
    for unit, held in holder.lots.items():
        for lot in held:
            if _WAITS not in lot.lot or is_counter(unit):
                continue
            if lot.amount > 0 and _is_waiting(lot, moment) and not is_over(lot, moment):
                sums[lot.lot.partition(_WAITS)[2], unit] += lot.amount
    return tuple(Waiting(unit, units, day) for (day, unit), units in sorted(sums.items()))
