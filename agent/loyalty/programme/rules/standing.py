"""Standing: tiers that are earned and memberships that are paid for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ProgrammeError
from agent.loyalty.calendar import Period, Span
from agent.loyalty.programme.table import PERCENT_MAX, UNITS_MAX, Table


class TierBy(StrEnum):
    """What counts for tiers."""

    SPEND = "spend"  # what the first earn rule counts, minor units
    POINTS = "points"  # what the first earn rule gives
    VISITS = "visits"


class Downgrade(StrEnum):
    """How far one falls who no longer reaches a tier."""

    BY_BALANCE = "by-balance"  # to the tier that is reached
    ONE_STEP = "one-step"  # one tier a period


@dataclass(frozen=True, slots=True)
class TierRules:
    """What counts for tiers: the sum of the last `window` periods, this one included.

    Who reaches a tier has it for the rest of the period and `keeps` more, and then for `grace`. `notice` is how long
    before the end of a period a member is told what is missing to keep it.
    """

    by: TierBy = TierBy.SPEND
    period: Period = Period.YEAR
    window: int = 1
    keeps: int = 1
    downgrade: Downgrade = Downgrade.BY_BALANCE
    grace: Span | None = None
    notice: Span | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A status from `threshold` of what counts: `percent` of the points, and `perks` that the till announces."""

    id: str
    label: str
    threshold: int
    percent: int
    perks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """A status that is bought: `article` costs the fee and gives `term` of it; `perks` are announced.

    A new fee is told `price_notice` before the day it holds from.
    """

    id: str
    label: str
    article: str
    price: int
    term: Span
    perks: tuple[str, ...]
    percent: int
    notice: Span | None
    next_price: int | None
    next_price_from: str | None


def read_tier_rules(table: Table) -> TierRules:
    """Read [tier_rules]."""
    rules = TierRules(
        by=table.choice("by", TierBy, TierBy.SPEND),
        period=table.choice("period", Period, Period.YEAR),
        window=table.whole("window", 1, 60, 1),
        keeps=table.whole("keeps", 0, 60, 1),
        downgrade=table.choice("downgrade", Downgrade, Downgrade.BY_BALANCE),
        grace=table.span("grace"),
        notice=table.span("notice"),
    )
    if rules.period in {Period.DAY, Period.WEEK}:
        raise table.refuse("period", str(rules.period), "month, quarter, half-year or year")
    table.done()
    return rules


def read_tier(table: Table, rules: TierRules) -> Tier:
    """Read one of [[tiers]]: its threshold is money where tiers count spend, else a whole number."""
    tier = Tier(
        id=table.id(),
        label=table.label(),
        threshold=table.money("from") if rules.by is TierBy.SPEND else table.whole("from", 1, UNITS_MAX),
        percent=table.whole("percent", 100, PERCENT_MAX, 100),
        perks=table.labels("perks"),
    )
    table.done()
    return tier


def read_membership(table: Table) -> Membership:
    """Read one of [[memberships]]."""
    term = table.span("term")
    if term is None:
        raise ProgrammeError(f"{table.name}: key 'term' is missing: how long is paid for (\"12 months\")")
    following = "next_price" in table or "next_price_from" in table
    membership = Membership(
        id=table.id(),
        label=table.label(),
        article=table.text("article", r"[\x21-\x7e]{1,40}"),
        price=table.money("price"),
        term=term,
        perks=table.labels("perks"),
        percent=table.whole("percent", 100, PERCENT_MAX, 100),
        notice=table.span("notice"),
        next_price=table.money("next_price") if following else None,
        next_price_from=table.day("next_price_from"),
    )
    if following and membership.next_price_from is None:
        raise ProgrammeError(f"{table.name}: next_price needs next_price_from, the day from which it is asked")
    table.done()
    return membership
