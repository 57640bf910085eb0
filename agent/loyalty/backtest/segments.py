"""Members by segment: who wins and who loses when the programme changes, who holds how much when it closes (R31)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.loyalty.backtest.member import Outcome
from agent.loyalty.calendar import days_between

OFTEN: Final = 4  # sales
LATELY: Final = 90  # days before the last day that is looked at


class Segment(StrEnum):
    """How often and how lately a member bought."""

    REGULAR = "regulars"  # often, and lately
    OCCASIONAL = "occasional"  # not often, but lately
    SLEEPING = "sleeping"  # often, but no more
    GONE = "gone"  # neither


@dataclass(frozen=True, slots=True)
class Change:
    """How a draft differs from the programme in force for the members of a segment, in minor units of benefit."""

    segment: str
    members: int
    winners: int
    losers: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What the members of a segment hold: `holders` have anything, `can_spend` enough for a reward."""

    segment: str
    members: int
    holders: int
    can_spend: int
    owed: int
    stranded: int  # part of `owed` that belongs to those who hold too little for a reward


def segment_of(outcome: Outcome, until: str) -> Segment:
    """Return a member's segment as of the day `until`."""
    lately = days_between(outcome.last_day, until) <= LATELY
    if outcome.sales >= OFTEN:
        return Segment.REGULAR if lately else Segment.SLEEPING
    return Segment.OCCASIONAL if lately else Segment.GONE


def changes(current: Sequence[Outcome], draft: Sequence[Outcome], until: str) -> tuple[Change, ...]:
    """Compare two programmes over the same members, segment by segment."""
    now = {outcome.member: outcome.benefit for outcome in current}
    return tuple(
        _change(segment, [o.benefit - now[o.member] for o in members]) for segment, members in _split(draft, until)
    )


def _change(segment: Segment, differences: Sequence[int]) -> Change:
    return Change(
        segment=str(segment),
        members=len(differences),
        winners=sum(1 for difference in differences if difference > 0),
        losers=sum(1 for difference in differences if difference < 0),
        gained=sum(difference for difference in differences if difference > 0),
        lost=-sum(difference for difference in differences if difference < 0),
    )


def holdings(outcomes: Iterable[Outcome], until: str) -> tuple[Holding, ...]:
    """Say who holds how much, segment by segment."""
    return tuple(
        Holding(
            segment=str(segment),
            members=len(members),
            holders=sum(1 for o in members if o.owed),
            can_spend=sum(1 for o in members if o.can_spend),
            owed=sum(o.owed for o in members),
            stranded=sum(o.owed for o in members if not o.can_spend),
        )
        for segment, members in _split(outcomes, until)
    )


def _split(outcomes: Iterable[Outcome], until: str) -> list[tuple[Segment, list[Outcome]]]:
    found: dict[Segment, list[Outcome]] = {segment: [] for segment in Segment}
    for outcome in outcomes:
        found[segment_of(outcome, until)].append(outcome)
    return list(found.items())
