"""The figures of a back-test: rates in basis points (hundredths of a percent), money in minor units, rounded down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.loyalty.backtest.member import Outcome
from agent.loyalty.backtest.past import Goods

WHOLE: Final = 10_000  # basis points
CEILING: Final = 500  # of turnover: what a programme may cost at most (need R33)
UPLIFTS: Final = (500, 1000, 2000)  # how much more members may come to buy, for which a budget is worked out


@dataclass(frozen=True, slots=True)
class Reach:
    """How far members come: how many reach a first reward, and how long it takes those (median and ninth decile)."""

    members: int
    reached: int
    days_median: int | None
    days_most: int | None  # nine of ten take no longer
    sales_median: int | None


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be given away without loss if members buy `uplift` (basis points) more: a rate and minor units."""

    uplift: int
    rate: int
    amount: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a programme would have cost, and what it would have to bring.

    `cost_rate` is given and owed as a part of all turnover, `member_rate` of the members' turnover. `margin` is that of
    the goods, None if nobody said what they cost; `break_even` is by how much members have to buy more, None if no
    uplift would do.
    """

    turnover: int
    member_turnover: int
    sales: int
    member_sales: int
    given: int
    owed: int
    expired: int
    cost_rate: int
    member_rate: int
    over_ceiling: bool
    reach: Reach
    margin: int | None
    break_even: int | None
    budgets: tuple[Budget, ...]


def figures_of(outcomes: Sequence[Outcome], goods: Goods, *, margin: int | None) -> Figures:
    """Work the figures out; `margin` (basis points) counts where the table of articles does not say what goods cost."""
    given, owed = sum(o.given for o in outcomes), sum(o.owed for o in outcomes)
    turnover = sum(o.turnover for o in outcomes)
    cost_rate, member_rate = rate(given + owed, goods.turnover), rate(given + owed, turnover)
    of_goods = margin_of(goods)
    margin = margin if of_goods is None else of_goods
    return Figures(
        turnover=goods.turnover,
        member_turnover=turnover,
        sales=goods.sales,
        member_sales=sum(o.sales for o in outcomes),
        given=given,
        owed=owed,
        expired=sum(o.expired for o in outcomes),
        cost_rate=cost_rate,
        member_rate=member_rate,
        over_ceiling=cost_rate > CEILING,
        reach=reach_of(outcomes),
        margin=margin,
        break_even=None if margin is None else break_even(member_rate, margin),
        budgets=() if margin is None else tuple(budget(turnover, margin, uplift) for uplift in UPLIFTS),
    )


def rate(part: int, whole: int) -> int:
    """Return `part` of `whole` in basis points; 0 of nothing."""
    return part * WHOLE // whole if whole > 0 else 0


def margin_of(goods: Goods) -> int | None:
    """Return the margin of the goods whose cost is known: (turnover - cost) / turnover."""
    return rate(goods.costed - goods.cost, goods.costed) if goods.costed > 0 else None


def break_even(given: int, margin: int) -> int | None:
    """Return by how much sales have to grow so that the margin given away comes back (R36).

    `given / (margin - given)`, the break-even of a price cut: T. Nagle and G. Mueller, The Strategy and Tactics of
    Pricing, 6th edition, financial analysis: break-even sales change = -price change / (contribution margin + price
    change). What is sold more is given to like the rest, so there is none unless less is given than the margin. Rounded
    up.
    """
    return None if given >= margin else -(-given * WHOLE // (margin - given))


def budget(turnover: int, margin: int, uplift: int) -> Budget:
    """Return what may be given without hurting the bottom line if members buy `uplift` more (R35).

    The break-even above, solved for what is given: `margin * uplift / (1 + uplift)` of the turnover with the uplift.
    """
    given = margin * uplift // (WHOLE + uplift)
    return Budget(uplift, given, turnover * (WHOLE + uplift) // WHOLE * given // WHOLE)


def reach_of(outcomes: Sequence[Outcome]) -> Reach:
    """Say how many members reach a first reward, and how long it takes them (R30)."""
    days = [o.days_to_reward for o in outcomes if o.days_to_reward is not None]
    sales = [o.sales_to_reward for o in outcomes if o.sales_to_reward is not None]
    return Reach(len(outcomes), len(days), quantile(days, 50), quantile(days, 90), quantile(sales, 50))


def quantile(values: Iterable[int], percent: int) -> int | None:
    """Return the smallest value that `percent` of all values do not exceed; None of none."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
