"""What a rule of the programme is called by people: its own label, or what it gives."""

from __future__ import annotations

from typing import Protocol

from agent.loyalty.programme import Programme
from agent.slips.texts.catalogs import translated
from agent.slips.texts.english import ENGLISH

_EARNING = "rule_earning"  # the code of what a rule is called that has no label of its own


class _Labelled(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...


def rule_title(programme: Programme, rule: str, language: str) -> str:
    """Return a rule's label; of one that has none, what it gives more of; of an unknown one its id."""
    units = {known.id: known.unit for known in programme.earn} | {
        known.id: known.unit for known in programme.gift_cards
    }
    unit = units.get(rule)
    if unit is not None:
        title = translated(_EARNING, ENGLISH[_EARNING].text, language).format(unit=programme.unit_label(unit))
        return title[:1].upper() + title[1:]  # a unit's label is a word within a line: "points"
    return next((known.label for known in _labelled(programme) if known.id == rule), rule)


def _labelled(programme: Programme) -> tuple[_Labelled, ...]:
    return (
        *programme.multipliers,
        *programme.challenges,
        *programme.punch_cards,
        *programme.tiers,
        *programme.memberships,
        *programme.referrals,
        *programme.games,
        *programme.vouchers,
        *programme.discounts,
        *programme.rewards,
    )
