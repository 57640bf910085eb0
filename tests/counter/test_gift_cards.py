import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import RedeemAsk, RefundAsk, RefundLine, SaleAsk
from agent.errors import InvalidError, NotAllowedError, OpConflictError, UnknownError
from tests.counter.shops import BY, CARD, NEXT_CARD, Shop, line, open_shop
from tests.loyalty.shops import POINTS, programme
from tests.loyalty.spending.test_credit import GIFT

CREDIT = """
[[units]]
id = "store"
label = "store credit"
money = true
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with points, gift cards and store credit."""
    with open_shop(tmp_path, programme=programme(POINTS, GIFT, CREDIT)) as shop:
        yield shop


def credit(shop: Shop, account: str) -> dict[str, int]:
    return dict(shop.counter.member(account).credit)


def slip_lines(shop: Shop, op: str) -> list[tuple[str, str | int | None]]:
    recorded = shop.ledger.find(op)
    assert recorded is not None
    with shop.ledger.reading() as conn:
        (facts,) = conn.execute("SELECT json(facts) FROM slip WHERE n = ?", (recorded.n,)).fetchone()
    return [(found["code"], found["numbers"].get("amount")) for found in json.loads(facts)["lines"]]


def test_a_gift_card_that_nobody_registered_is_loaded_and_pays_for_what_a_member_buys(shop: Shop) -> None:
    member, bearer = shop.member(NEXT_CARD).account, shop.identify(CARD).account
    shop.sell("S-1", line(5000, "gift-card"), account=bearer)
    assert credit(shop, bearer)["gift"] == 5000

    paid = shop.counter.redeem(RedeemAsk("R-1", bearer, "gift", units=1200), by=BY)

    assert paid.value == 1200
    assert shop.sell("S-2", line(2000), account=member, redemptions=("R-1",)) == 800
    assert credit(shop, bearer)["gift"] == 3800
    assert shop.balances(member)["points"] == 8  # for what was paid with money
    assert "gift" not in shop.balances(bearer)


def test_goods_that_a_gift_card_paid_for_go_back_onto_it(shop: Shop) -> None:
    bearer = shop.identify().account
    shop.sell("S-1", line(5000, "gift-card"), account=bearer)
    shop.redeem("R-1", bearer, "gift", units=2000)
    shop.sell("S-2", line(2000), redemptions=("R-1",))

    assert shop.refund("B-1", RefundLine("S-2", 0, 1000)) == 0
    assert credit(shop, bearer)["gift"] == 5000


def test_a_gift_card_that_comes_back_is_emptied(shop: Shop) -> None:
    bearer = shop.identify().account
    shop.sell("S-1", line(5000, "gift-card"), account=bearer)

    assert shop.refund("B-1", RefundLine("S-1", 0, 1000)) == 5000
    assert credit(shop, bearer)["gift"] == 0


def test_a_gift_card_is_not_sold_without_a_card(shop: Shop) -> None:
    ask = SaleAsk("S-1", (line(5000, "gift-card"),))
    before = shop.entries

    with pytest.raises(NotAllowedError, match="no card was shown"):
        shop.counter.preview(ask)
    with pytest.raises(NotAllowedError, match="no card was shown"):
        shop.counter.sell(ask, by=BY)
    assert shop.entries == before


def test_a_refund_may_be_given_as_store_credit(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(2000), account=account)
    ask = RefundAsk("B-1", (RefundLine("S-1", 0, 1000),), account=account, to_credit="store")

    answer = shop.counter.refund(ask, by=BY)
    again = shop.counter.refund(ask, by=BY)

    assert (answer.money, answer.credited) == (again.money, again.credited) == (0, 2000)
    assert credit(shop, account) == {"gift": 0, "store": 2000}
    assert shop.balances(account)["points"] == 0
    assert ("credited_money", 2000) in slip_lines(shop, "B-1")
    assert ("money_left", 2000) in slip_lines(shop, "B-1")
    assert shop.redeem("R-1", account, "store", units=2000) == 2000


def test_a_refund_asked_for_once_in_money_is_not_repeated_as_credit(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(2000), account=account)
    lines = (RefundLine("S-1", 0, 1000),)
    shop.counter.refund(RefundAsk("B-1", lines, account=account), by=BY)

    with pytest.raises(OpConflictError):
        shop.counter.refund(RefundAsk("B-1", lines, account=account, to_credit="store"), by=BY)


def test_credit_needs_an_account_and_a_unit_of_money(shop: Shop) -> None:
    loose = (line(300),)

    with pytest.raises(InvalidError, match="no card was shown"):
        shop.counter.refund(RefundAsk("B-1", (), loose, to_credit="store"), by=BY)
    account = shop.member().account
    with pytest.raises(UnknownError, match=r"no unit of money 'points' .*there are: gift, store"):
        shop.counter.refund(RefundAsk("B-1", (), loose, account=account, to_credit="points"), by=BY)


def test_the_slips_tell_money_apart_from_points(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(5000, "gift-card"), line(300), account=account)
    shop.redeem("R-1", account, "gift", units=100)

    assert slip_lines(shop, "S-1") == [
        ("loaded", 5000),
        ("points_for_amount", None),
        ("excluded", 5000),
        ("money_left", 5000),
    ]
    assert slip_lines(shop, "R-1") == [("redeemed_money", 100), ("money_left", 4900)]
