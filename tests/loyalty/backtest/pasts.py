"""What members did, for the tests of the back-test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.loyalty.backtest.member import Outcome
from agent.loyalty.backtest.past import Bought, Past, Returned
from agent.loyalty.sale import Line
from tests.loyalty.shops import line

LAST = "2024-12-31"


def bought(op: str, day: str, *lines: Line) -> Bought:
    """A sale at noon."""
    return Bought(op, day, "12:00", lines)


def spent(day: str, amount: int) -> Bought:
    """A sale of one line, named after its day."""
    return bought(day, day, line(amount))


def returned(op: str, day: str, *lines: tuple[str, int, int], amount: int) -> Returned:
    """Goods that come back with their receipt."""
    return Returned(op, day, "12:00", lines, (), amount)


def past(*events: Bought | Returned, member: str | None = "m") -> Past:
    """Everything one member did."""
    return Past(member, events)


def outcome(member: str = "m", **fields: Any) -> Outcome:
    """An outcome of four sales that lately brought nothing, with `fields` as given."""
    nothing = Outcome(member, 4, LAST, 10_000, 0, 0, 0, can_spend=False, days_to_reward=None, sales_to_reward=None)
    return replace(nothing, **fields)
