"""Turns baskets into what the shop did: sales, refunds, and what is not a sale at all.

The fixed treatment of UCI Online Retail: an invoice is one sale; a C-invoice is a refund of the latest earlier sale
line of the same customer, article and price with quantity left, and without receipt where there is none (or no
customer); a write-off and an A-invoice (bad debt) are skipped. README.md says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.errors import InvalidError
from agent.upkeep.replay.baskets import Basket, BasketLine

GIFT_CARD = "gift-card"
GIFT_CARD_ARTICLES = "gift_"  # the shop's gift vouchers: gift_0001_10 to gift_0001_80


class SkipReason(StrEnum):
    """Why an invoice is not played."""

    WRITE_OFF = "write_off"  # stock leaves without a sale: negative quantity, price 0
    A_INVOICE = "a_invoice"  # an adjustment of bad debt


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A line sold, or refunded without receipt; `amount` is quantity x rounded price, in minor units."""

    article: str
    quantity: int
    amount: int
    category: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """`quantity` of line `line` (from 0) of the sale whose op is `sale` comes back; `amount` in minor units."""

    sale: str
    line: int
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class PlannedSale:
    """One sale; `op` is the invoice number, `at` shop-local."""

    op: str
    at: datetime
    customer: int | None
    lines: tuple[SaleLine, ...]


@dataclass(frozen=True, slots=True)
class PlannedRefund:
    """One refund; a SaleLine among its lines comes back without receipt."""

    op: str
    at: datetime
    customer: int | None
    lines: tuple[ReturnedLine | SaleLine, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """An invoice that is counted and not played."""

    op: str
    reason: SkipReason


Planned = PlannedSale | PlannedRefund | Skipped


@dataclass(slots=True)
class _OpenLine:
    """A sale line and how much of it has not come back yet."""

    sale: str
    line: int
    left: int


_Key = tuple[int, str, int]  # customer, article, price
_OpenLines = defaultdict[_Key, list[_OpenLine]]


def plan(baskets: Iterable[Basket]) -> Iterator[Planned]:
    """Yield what to play, one for each basket, in order.

    Holds the open quantities of lines that come back one day, nothing else. Raises InvalidError for a line that fits
    none of the treatments.
    """
    open_lines: _OpenLines = defaultdict(list)
    for basket in baskets:
        if basket.invoice.startswith("A"):
            yield Skipped(basket.invoice, SkipReason.A_INVOICE)
        elif basket.invoice.startswith("C"):
            yield _refund(basket, open_lines)
        elif all(line.quantity < 0 and line.price == 0 for line in basket.lines):
            yield Skipped(basket.invoice, SkipReason.WRITE_OFF)
        else:
            yield _sale(basket, open_lines)


def _sale(basket: Basket, open_lines: _OpenLines) -> PlannedSale:
    for number, line in enumerate(basket.lines):
        _check(basket, line, line.quantity)
        if basket.customer is not None and line.comes_back:
            key = (basket.customer, line.article, line.price)
            open_lines[key].append(_OpenLine(basket.invoice, number, line.quantity))
    lines = tuple(_sale_line(line, line.quantity) for line in basket.lines)
    return PlannedSale(basket.invoice, basket.at, basket.customer, lines)


def _refund(basket: Basket, open_lines: _OpenLines) -> PlannedRefund:
    with_receipt: dict[tuple[str, int], ReturnedLine] = {}
    without: list[SaleLine] = []
    for line in basket.lines:
        _check(basket, line, -line.quantity)
        stack = [] if basket.customer is None else open_lines[basket.customer, line.article, line.price]
        left = -line.quantity
        for sale, number, quantity in _take(stack, left):
            before = with_receipt.get((sale, number), ReturnedLine(sale, number, 0, 0))
            with_receipt[sale, number] = ReturnedLine(
                sale, number, before.quantity + quantity, before.amount + quantity * line.price
            )
            left -= quantity
        if left:
            without.append(_sale_line(line, left))
    return PlannedRefund(basket.invoice, basket.at, basket.customer, (*with_receipt.values(), *without))


def _take(stack: list[_OpenLine], wanted: int) -> Iterator[tuple[str, int, int]]:
    """Take up to `wanted` off the latest open lines; yield (sale, line, quantity)."""
    while wanted and stack:
        latest = stack[-1]
        quantity = min(wanted, latest.left)
        latest.left -= quantity
        wanted -= quantity
        if latest.left == 0:
            stack.pop()
        yield latest.sale, latest.line, quantity


def _sale_line(line: BasketLine, quantity: int) -> SaleLine:
    category = GIFT_CARD if line.article.lower().startswith(GIFT_CARD_ARTICLES) else None
    return SaleLine(line.article, quantity, quantity * line.price, category)


def _check(basket: Basket, line: BasketLine, quantity: int) -> None:
    if quantity <= 0 or line.price < 0:
        raise InvalidError(
            f"invoice {basket.invoice} has {line.quantity} of article {line.article} at {line.price}: "
            "neither a sale, a return nor a write-off",
        )
