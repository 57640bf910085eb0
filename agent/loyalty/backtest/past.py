"""The past: what members bought and brought back. Money is in minor units, quantities in thousandths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.loyalty.articles import COST_DECIMALS, Articles
from agent.loyalty.sale import Line

_PIECE = 1000  # thousandths


@dataclass(frozen=True, slots=True)
class Bought:
    """A sale: `op` names it, `day` is the shop's business day, `time` the shop's time of day (HH:MM)."""

    op: str
    day: str
    time: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """Goods that came back: (sale, line, quantity) of sales of the same member, and lines without a receipt.

    `amount` is what all of it was sold for.
    """

    op: str
    day: str
    time: str
    lines: tuple[tuple[str, int, int], ...]
    without_receipt: tuple[Line, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class Past:
    """Everything one member did, in order; `member` is None for a sale that nobody showed a card for."""

    member: str | None
    events: tuple[Bought | Returned, ...]


@dataclass(frozen=True, slots=True)
class Goods:
    """What was sold, less what came back: `turnover`.

    `costed` is the turnover of the lines whose cost is known and `cost` what these cost; `unknown` counts the lines of
    articles that the table of articles does not know.
    """

    sales: int = 0
    lines: int = 0
    turnover: int = 0
    costed: int = 0
    cost: int = 0
    unknown: int = 0

    def __add__(self, other: Goods) -> Goods:
        """Return both together."""
        return Goods(
            self.sales + other.sales,
            self.lines + other.lines,
            self.turnover + other.turnover,
            self.costed + other.costed,
            self.cost + other.cost,
            self.unknown + other.unknown,
        )


def goods_of(past: Past, articles: Articles | None, *, exponent: int) -> Goods:
    """Return what one member's goods were worth; `exponent` is the number of decimals of the currency.

    Costs are those of the day of the sale. What came back is taken off the turnover; a margin rate is one of sales.
    """
    sales = lines = turnover = costed = unknown = 0
    cost = 0  # in 10**-COST_DECIMALS of the currency's unit, times thousandths
    for event in past.events:
        if isinstance(event, Returned):
            turnover -= event.amount
            continue
        sales += 1
        lines += len(event.lines)
        turnover += sum(line.amount for line in event.lines)
        if articles is None:
            continue
        for line in event.lines:
            article = articles.find(line.article, event.day)
            unknown += article is None
            if article is not None and article.cost is not None:
                costed += line.amount
                cost += article.cost * line.quantity
    return Goods(sales, lines, turnover, costed, cost * 10**exponent // (_PIECE * 10**COST_DECIMALS), unknown)


def sum_of(goods: Iterable[Goods]) -> Goods:
    """Return several together."""
    return sum(goods, start=Goods())
