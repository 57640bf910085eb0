"""Rewards: what units are good for, and the discounts that take none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from agent.errors import ProgrammeError
from agent.loyalty.programme.conditions import Scope, When, read_scope, read_when
from agent.loyalty.programme.table import UNITS_MAX, Table


class Gives(StrEnum):
    """What a reward gives."""

    MONEY = "money"  # so much off a sale
    PERCENT = "percent"  # a part of what the counted lines cost
    ARTICLE = "article"  # one of the counted articles
    VOUCHER = "voucher"  # a voucher, to be spent later
    GIFT = "gift"  # a thing from the catalogue


@dataclass(frozen=True, slots=True)
class Reward:
    """`units` of a unit are worth `value` (minor units) at most.

    MONEY: exactly `value`; if `part`, fewer or more units are worth proportionally less or more. PERCENT: `percent` of
    what the lines of `scope` cost. ARTICLE: one article of `scope`. VOUCHER: one of kind `voucher`, worth that on
    another sale. GIFT: a thing that is handed over, of which every till has `stock` (None: as many as are asked for).
    `when` says for whom and when, and what the lines must cost.
    """

    id: str
    label: str
    unit: str
    units: int
    value: int
    part: bool = False
    gives: Gives = Gives.MONEY
    percent: int = 100
    scope: Scope = field(default_factory=Scope)
    when: When = field(default_factory=When)
    voucher: str | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """From so many whole `pieces` and so much `amount` (minor units) on: one of three ways to take something off.

    `percent` of a line, so much `off` each whole piece, or another `price` for a piece.
    """

    pieces: int = 0
    amount: int = 0
    percent: int | None = None
    off: int | None = None
    price: int | None = None


@dataclass(frozen=True, slots=True)
class DiscountRule:
    """What the lines of `scope` cost less, for members: the highest of the `steps` (rising) that is reached counts."""

    id: str
    label: str
    steps: tuple[Step, ...]
    scope: Scope
    when: When


_CUTS = ("percent", "off", "price")
_VALUES = {Gives.MONEY: "value", Gives.PERCENT: "most", Gives.ARTICLE: "value_max"}


def read_reward(table: Table) -> Reward:
    """Read one of [[rewards]]."""
    gives = table.choice("gives", Gives, Gives.MONEY)
    reward = Reward(
        id=table.id(),
        label=table.label(),
        unit=table.id_of("unit"),
        units=table.whole("units", 1, UNITS_MAX),
        value=table.money(_VALUES[gives]) if gives in _VALUES else 0,
        part=table.flag("part", default=False) if gives is Gives.MONEY else False,
        gives=gives,
        percent=table.whole("percent", 1, 100) if gives is Gives.PERCENT else 100,
        scope=read_scope(table),
        when=read_when(table),
        voucher=table.id_of("voucher") if gives is Gives.VOUCHER else None,
        stock=table.whole("stock", 1, UNITS_MAX) if gives is Gives.GIFT and "stock" in table else None,
    )
    if gives is Gives.ARTICLE and not reward.scope.names_lines:
        raise ProgrammeError(f"{table.name}: 'categories', 'brands' and 'articles' name none, so no article is given")
    table.done()
    return reward


def read_discount(table: Table) -> DiscountRule:
    """Read one of [[discounts]]: a discount of its own, or steps of quantity or amount."""
    steps = tuple(_steps(table))
    rule = DiscountRule(table.id(), table.label(), steps, read_scope(table), read_when(table))
    for lower, higher in pairwise(steps):
        if not (lower.pieces <= higher.pieces and lower.amount <= higher.amount) or lower == higher:
            raise ProgrammeError(f"{table.name}: its steps must rise, from few pieces or little money to more")
    table.done()
    return rule


def _steps(table: Table) -> Iterator[Step]:
    tables = table.tables("steps")
    if not tables:
        yield _step(table)
    for step in tables:
        pieces = step.whole("pieces", 1, 10_000, 0)
        yield replace(_step(step), pieces=pieces, amount=step.money("amount", 0))
        step.done()


def _step(table: Table) -> Step:
    named = [key for key in _CUTS if key in table]
    if len(named) != 1:
        raise ProgrammeError(
            f"{table.name}: one of {', '.join(_CUTS)} says what is taken off, not {len(named)} of them"
        )
    return Step(
        percent=table.whole("percent", 1, 100) if "percent" in named else None,
        off=table.money("off") if "off" in named else None,
        price=table.money("price") if "price" in named else None,
    )
