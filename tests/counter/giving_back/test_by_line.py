from dataclasses import replace
from itertools import product

import pytest

from agent.counter import LineBack, RefundAsk, RefundLine
from agent.loyalty.sale import Line
from tests.counter.shops import Shop, line


def previewed(shop: Shop, *lines: RefundLine | Line) -> tuple[LineBack, ...]:
    with_receipt = tuple(one for one in lines if isinstance(one, RefundLine))
    loose = tuple(one for one in lines if isinstance(one, Line))
    return shop.counter.preview_refund(RefundAsk("B-1", with_receipt, loose)).lines


def test_each_line_says_what_it_gives_back_what_it_takes_and_what_is_left(shop: Shop) -> None:
    shop.sell("S-1", line(10_000, pieces=4), line(500), account=shop.member().account)

    cups, tea = previewed(shop, RefundLine("S-1", 0, 3000), RefundLine("S-1", 1, 1000))

    assert (cups.sale, cups.line, cups.quantity, cups.left, cups.money) == ("S-1", 0, 3000, 1000, 7500)
    assert (cups.units["points"], tea.units["points"]) == (-75, -5)
    assert (tea.left, tea.money) == (0, 500)


def test_goods_without_a_receipt_are_lines_too(shop: Shop) -> None:
    (cup,) = previewed(shop, replace(line(700), article="cup"))

    assert (cup.sale, cup.article, cup.money, cup.units) == (None, "cup", 700, {})


@pytest.mark.parametrize(("first", "second"), list(product((333, 1000, 2999), (1, 500))))
def test_what_the_lines_say_adds_up_to_the_whole(shop: Shop, first: int, second: int) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account, units=40)
    shop.sell("S-1", line(1099, pieces=3), line(701), account=account, redemptions=("R-1",))

    ask = RefundAsk("B-1", (RefundLine("S-1", 0, first), RefundLine("S-1", 1, second)))
    preview = shop.counter.preview_refund(ask)

    assert sum(one.money for one in preview.lines) == preview.money
    moved = sum(move.units for move in preview.lots if move.unit == "points")
    assert sum(one.units.get("points", 0) for one in preview.lines) == moved
