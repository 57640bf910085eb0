"""Absence: members who have not bought anything for long. Headquarters decides from it, for only it knows all tills.

`last_sale` is the day of a member's last purchase, or the day he joined if he never bought anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from agent.journal.entry import Posting
from agent.loyalty.ageing.ending import Ending, expiring, is_due, move_to_expired
from agent.loyalty.programme.units import VISITS
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder, Moment, Reason


class State(StrEnum):
    """How long a member has been away."""

    ACTIVE = "active"
    SLEEPING = "sleeping"
    DORMANT = "dormant"


@dataclass(frozen=True, slots=True)
class Absence:
    """A member's state, the day it began (None: active), and what goes on which day if he buys nothing."""

    state: State
    began: str | None
    lapses: tuple[Ending, ...]

    def reasons(self) -> Iterator[Reason]:
        """Yield what the member is told: that he has been missed, and what he may lose."""
        if self.began is not None:
            yield Reason(f"account_{self.state}", {"from": self.began})
            yield from map(expiring, self.lapses)


def last_visit(holder: Holder) -> str | None:
    """Return the last day a member bought something, as far as his lots tell; None if they do not."""
    return max((lot.lot for lot in holder.lots.get(VISITS, ()) if lot.amount > 0), default=None)


def absence_of(programme: Programme, holder: Holder, moment: Moment, *, last_sale: str) -> Absence:
    """Return how long a member has been away; on a clock that headquarters has not confirmed he has not been."""
    lapses = lapses_of(programme, holder, last_sale=last_sale)
    dormancy = programme.dormancy
    if dormancy is None or not moment.confirmed:
        return Absence(State.ACTIVE, None, lapses)
    for state, span in ((State.DORMANT, dormancy.dormant), (State.SLEEPING, dormancy.sleeping)):
        if (began := span.after(last_sale)) < moment.day:
            return Absence(state, began, lapses)
    return Absence(State.ACTIVE, None, lapses)


def message_due(
    programme: Programme, holder: Holder, moment: Moment, *, last_sale: str, since: str
) -> tuple[Reason, ...]:
    """Return what the member is written: a state that began since the day `since` this was asked last, or a lapse
    one of whose notice days came since.
    """
    absence = absence_of(programme, holder, moment, last_sale=last_sale)
    if absence.began is not None and absence.began >= since:
        return tuple(absence.reasons())
    due = (lapse for lapse in absence.lapses if is_due(programme, lapse, moment, since=since))
    return tuple(map(expiring, due)) if moment.confirmed else ()


def lapses_of(programme: Programme, holder: Holder, *, last_sale: str) -> tuple[Ending, ...]:
    """Return which units go for want of a purchase, and the last day on which one still saves them."""
    return tuple(
        Ending(unit.id, units, unit.inactive.after(last_sale))
        for unit in programme.units
        if unit.inactive is not None and (units := sum(max(lot.amount, 0) for lot in holder.lots.get(unit.id, ()))) > 0
    )


def forfeit(programme: Programme, holder: Holder, moment: Moment, *, last_sale: str) -> tuple[Posting, ...]:
    """Return the postings that take what is lost for want of a purchase; none on an unconfirmed clock.

    A debt is no less for it.
    """
    if not moment.confirmed:
        return ()
    postings: list[Posting] = []
    for lapse in lapses_of(programme, holder, last_sale=last_sale):
        if lapse.day < moment.day:
            for lot in holder.lots[lapse.unit]:
                if lot.amount > 0:
                    postings += move_to_expired(holder, lapse.unit, lot, lot.amount)
    return tuple(postings)


def absence_notices(programme: Programme, holder: Holder, moment: Moment) -> Iterator[Reason]:
    """Yield what the till says to one who has been away, as far as his lots tell."""
    last = last_visit(holder)
    if last is not None:
        absence = absence_of(programme, holder, moment, last_sale=last)
        yield from absence.reasons()
