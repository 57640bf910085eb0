"""What rewards are worth: for so many units, and on the lines of a sale. Money is in minor units, rounded down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.loyalty.programme.conditions import Scope, When
from agent.loyalty.programme.rules.rewarding import Gives, Reward
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Line

PIECE = 1000  # thousandths


def goods_of(programme: Programme, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines but for the gift cards being sold."""
    loads = programme.loads(lines)
    return tuple(line for i, line in enumerate(lines) if i not in loads)


def units_for(reward: Reward, value: int) -> int:
    """Return the fewest units that are worth `value`: nobody pays units for a fraction of a cent."""
    return -(-value * reward.units // reward.value)


def prices(lines: Iterable[Line], scope: Scope) -> list[int]:
    """Return the prices of the articles of `scope`, leaving out what costs nothing and what is less than a piece."""
    found = [line.amount * PIECE // line.quantity for line in lines if scope.counts(line) and line.quantity >= PIECE]
    return [price for price in found if price > 0]


def fits(when: When, lines: Sequence[Line]) -> bool:
    """Say whether lines cost enough and are pieces enough."""
    pieces = sum(line.quantity // PIECE for line in lines)
    return sum(line.amount for line in lines) >= when.minimum and pieces >= when.pieces


def most_on(reward: Reward, lines: Sequence[Line]) -> int:
    """Return the most that a reward may be worth on the lines of a sale; 0 if it does not hold for them."""
    counted = [line for line in lines if reward.scope.counts(line)]
    if not fits(reward.when, counted):
        return 0
    cost = sum(line.amount for line in counted)
    match reward.gives:
        case Gives.MONEY:
            return cost
        case Gives.PERCENT:
            return min(cost * reward.percent // 100, reward.value)
        case Gives.ARTICLE:
            return min(max(prices(lines, reward.scope), default=0), reward.value)
        case Gives.VOUCHER | Gives.GIFT:
            return 0
