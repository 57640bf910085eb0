"""Earning: rules that give units, multipliers of what they give, challenges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.errors import ProgrammeError
from agent.journal.entry import INTEGER_MAX
from agent.loyalty.calendar import Period
from agent.loyalty.programme.conditions import Scope, When, read_scope, read_when
from agent.loyalty.programme.table import PERCENT_MAX, UNITS_MAX, Table
from agent.loyalty.sale import LINES_MAX, MONEY_MAX, QUANTITY_MAX

CAPPED: Final = ("sale", *(str(period) for period in Period))


class By(StrEnum):
    """What an earn rule counts."""

    AMOUNT = "amount"  # `give` for every whole `per` of what the lines cost
    ARTICLE = "article"  # `give` for every whole piece
    VISIT = "visit"  # `give` for the first purchase of a day
    ACTION = "action"  # `give` for something other than buying


class Action(StrEnum):
    """What a member may do besides buying."""

    SIGN_UP = "sign-up"
    PROFILE = "profile"  # the profile has been completed
    REVIEW = "review"
    SURVEY = "survey"


class Stacking(StrEnum):
    """What happens when several multipliers apply to the same points."""

    BEST = "best"  # the one that gives the most
    ADD = "add"  # each gives its part of the ordinary points


class Counted(StrEnum):
    """What a challenge counts."""

    VISITS = "visits"
    PIECES = "pieces"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class EarnRule:
    """`give` units: for every whole `per` (minor units) of what counts, for every piece, a visit or an action.

    `most` limits what the rule gives: in one sale, and in a period (its name -> units).
    `exclude_tenders`: what is paid with these earns nothing.
    """

    id: str
    unit: str
    by: By
    give: int
    per: int
    scope: Scope
    when: When
    with_tax: bool
    action: Action | None
    exclude_tenders: frozenset[str]
    most_in_sale: int | None
    most: tuple[tuple[Period, int], ...]


@dataclass(frozen=True, slots=True)
class Multiplier:
    """`percent` of the ordinary points of the earn rules `of` (all that count amounts or pieces, if empty)."""

    id: str
    label: str
    percent: int
    of: tuple[str, ...]
    scope: Scope
    when: When


@dataclass(frozen=True, slots=True)
class Challenge:
    """`give` units to whoever reaches `goal` within one `within` period, at most `times` in it."""

    id: str
    label: str
    unit: str
    give: int
    counted: Counted
    goal: int
    within: Period
    times: int
    scope: Scope
    when: When


def read_earn_rule(table: Table) -> EarnRule:
    """Read one of [[earn]]."""
    by = table.choice("by", By, By.AMOUNT)
    limits = _most(table)
    rule = EarnRule(
        id=table.id(),
        unit=table.id_of("unit"),
        by=by,
        give=table.whole("give", 1, UNITS_MAX),
        per=table.money("per") if by is By.AMOUNT else 1,
        scope=read_scope(table),
        when=read_when(table),
        with_tax=table.flag("with_tax", default=True),
        action=table.choice("action", Action) if by is By.ACTION else None,
        exclude_tenders=table.names("exclude_tenders"),
        most_in_sale=limits.get("sale"),
        most=tuple((period, limits[period]) for period in Period if period in limits),
    )
    greatest = LINES_MAX * MONEY_MAX // rule.per if by is By.AMOUNT else LINES_MAX * (QUANTITY_MAX // 1000)
    if rule.give * greatest * PERCENT_MAX // 100 > INTEGER_MAX:
        of = f"{rule.per} minor units" if by is By.AMOUNT else "article"
        raise ProgrammeError(f"{table.name}: give = {rule.give} for every {of} is more than can be kept")
    table.done()
    return rule


def read_multiplier(table: Table) -> Multiplier:
    """Read one of [[multipliers]]."""
    multiplier = Multiplier(
        id=table.id(),
        label=table.label(),
        percent=table.whole("percent", 101, PERCENT_MAX),
        of=table.ids("of"),
        scope=read_scope(table),
        when=read_when(table),
    )
    table.done()
    return multiplier


def read_challenge(table: Table) -> Challenge:
    """Read one of [[challenges]]."""
    counted = table.choice("counted", Counted)
    challenge = Challenge(
        id=table.id(),
        label=table.label(),
        unit=table.id_of("unit"),
        give=table.whole("give", 1, UNITS_MAX),
        counted=counted,
        goal=table.money("goal") if counted is Counted.AMOUNT else table.whole("goal", 2, 10_000),
        within=table.choice("within", Period),
        times=table.whole("times", 1, 100, 1),
        scope=read_scope(table),
        when=read_when(table),
    )
    if counted is Counted.VISITS and challenge.within is Period.DAY:
        raise ProgrammeError(f"{table.name}: a day has one visit, so a goal of {challenge.goal} is never reached")
    table.done()
    return challenge


def _most(table: Table) -> dict[str, int]:
    limits = table.table("most")
    found = {name: limits.whole(name, 1, UNITS_MAX) for name in CAPPED if name in limits}
    limits.done()
    return found
