"""Without a card: how a member who was looked up is believed, and how often the till is searched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.loyalty.programme.table import Table

SEARCHES_MAX: Final = 10_000
A_DAY_MAX: Final = 100
CLAIM_DAYS_MAX: Final = 365


class Unproven(StrEnum):
    """What becomes of a member who wants to spend and has shown no card."""

    PROOF = "proof"  # his PIN, or the code on his last slip
    OPEN = "open"  # nothing is asked
    NEVER = "never"  # a card, or nothing


@dataclass(frozen=True, slots=True)
class WithoutCard:
    """`spend`: what is asked of who has no card with him; he spends `a_day` times a day at most.

    `searches_an_hour`: so often members are looked up by phone, e-mail or name at one till. `claim_days`: so long a
    sale that was nobody's may be credited to a member who forgot his card; 0: not at all.
    """

    spend: Unproven = Unproven.PROOF
    a_day: int = 3
    searches_an_hour: int = 120
    claim_days: int = 14


def read_without_card(table: Table) -> WithoutCard:
    """Read [without_card]."""
    without_card = WithoutCard(
        spend=table.choice("spend", Unproven, Unproven.PROOF),
        a_day=table.whole("a_day", 1, A_DAY_MAX, 3),
        searches_an_hour=table.whole("searches_an_hour", 1, SEARCHES_MAX, 120),
        claim_days=table.whole("claim_days", 0, CLAIM_DAYS_MAX, 14),
    )
    table.done()
    return without_card
