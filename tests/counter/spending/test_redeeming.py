from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import RedeemAsk, UndoAsk
from agent.errors import NotAllowedError
from tests.counter.shops import BY, NEXT_CARD, Shop, line, open_shop
from tests.loyalty.shops import POINTS, programme
from tests.loyalty.spending.test_catalogue import MUG


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose till has two mugs, for 80 points each."""
    with open_shop(tmp_path, programme=programme(POINTS, MUG)) as shop:
        yield shop


def offered(shop: Shop, account: str) -> list[str]:
    return [offer.reward for offer in shop.counter.member(account).offers]


def test_a_till_gives_no_more_than_its_stock_whoever_asks(shop: Shop) -> None:
    first, second = shop.member(points=200).account, shop.member(NEXT_CARD, "Bo", points=200).account
    shop.redeem("R-1", first, "mug")
    shop.redeem("R-2", second, "mug")

    assert offered(shop, first) == []
    with pytest.raises(NotAllowedError, match="this till gave all 2 of them"):
        shop.redeem("R-3", first, "mug")
    assert shop.balances(first)["points"] == 120


def test_a_gift_that_is_given_back_may_be_had_again(shop: Shop) -> None:
    account = shop.member(points=200).account
    shop.redeem("R-1", account, "mug")
    shop.redeem("R-2", account, "mug")

    shop.counter.undo(UndoAsk("U-1", "R-2"), by=BY)

    assert shop.balances(account)["points"] == 120
    assert offered(shop, account) == ["mug"]
    assert shop.redeem("R-3", account, "mug") == 0


def test_a_gift_pays_no_part_of_a_sale(shop: Shop) -> None:
    account = shop.member(points=200).account
    shop.redeem("R-1", account, "mug")

    with pytest.raises(NotAllowedError, match="gave something, and pays no part of a sale"):
        shop.sell("S-1", line(500), account=account, redemptions=("R-1",))


def test_the_same_gift_asked_for_twice_is_given_once(shop: Shop) -> None:
    account = shop.member(points=200).account
    ask = RedeemAsk("R-1", account, "mug")

    first, again = shop.counter.redeem(ask, by=BY), shop.counter.redeem(ask, by=BY)

    assert (first.repeated, again.repeated) == (False, True)
    assert shop.balances(account)["points"] == 120
