"""Punch cards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ProgrammeError
from agent.loyalty.calendar import Span
from agent.loyalty.programme.conditions import Scope, When, read_scope, read_when
from agent.loyalty.programme.table import Table
from agent.loyalty.programme.units import SpendPolicy, read_spend


class PunchBy(StrEnum):
    """What makes a hole."""

    ARTICLE = "article"  # every whole piece of what counts
    VISIT = "visit"  # the first purchase of a day with something that counts


@dataclass(frozen=True, slots=True)
class PunchCard:
    """A hole for every article of `scope`, or for a visit; with `punches` of them one of these articles is free.

    The free article may cost up to `value_max` (minor units). A new card begins with `head_start` holes; a hole lasts
    for `expires`. `spend`: what a till has to know before it gives the free article. Holes beyond `punches`
    count for the next card.
    """

    id: str
    label: str
    by: PunchBy
    scope: Scope
    when: When
    punches: int
    value_max: int
    head_start: int
    expires: Span | None
    spend: SpendPolicy = SpendPolicy.ONLINE


def read_punch_card(table: Table) -> PunchCard:
    """Read one of [[punch_cards]]."""
    card = PunchCard(
        id=table.id(),
        label=table.label(),
        by=table.choice("by", PunchBy, PunchBy.ARTICLE),
        scope=read_scope(table),
        when=read_when(table),
        punches=table.whole("punches", 1, 100),
        value_max=table.money("value_max"),
        head_start=table.whole("head_start", 1, 100, 0),
        expires=table.span("expires"),
        spend=read_spend(table),
    )
    if card.by is PunchBy.ARTICLE and not card.scope.names_lines:
        raise ProgrammeError(f"{table.name}: 'categories', 'brands' and 'articles' name none, so nothing is punched")
    if card.head_start >= card.punches:
        raise table.refuse("head_start", card.head_start, f"less than punches = {card.punches}")
    table.done()
    return card
