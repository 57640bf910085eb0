from pathlib import Path

import pytest

from agent.counter import RefundLine, VoidAsk
from agent.errors import ApprovalNeededError, NotAllowedError, OpConflictError, UnknownError
from tests.counter.shops import BY, Shop, line, open_shop
from tests.loyalty.shops import MONEY, POINTS, programme


def test_the_last_sale_is_undone_as_a_whole_and_once(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account, units=100)
    before = shop.balances(account)
    shop.sell("S-1", line(9000), line(1500, "coffee"), account=account, redemptions=("R-1",))

    undone = shop.counter.void(VoidAsk("V-1"), by=BY)
    again = shop.counter.void(VoidAsk("V-1"), by=BY)

    assert undone.money == 10_500 - 500
    assert shop.balances(account) == {**before, "points": 100}  # what paid for it came back
    assert again.repeated
    assert again.entry == undone.entry
    recorded = shop.ledger.find("V-1")
    assert recorded is not None
    assert recorded.entry.body["void"] is True


def test_a_retry_does_not_undo_the_sale_before(shop: Shop) -> None:
    account = shop.member().account
    for op in ("S-1", "S-2"):
        shop.sell(op, line(1000), account=account)

    for _ in range(3):
        shop.counter.void(VoidAsk("V-1"), by=BY)

    assert shop.balances(account)["points"] == 10


def test_a_sale_of_another_till_software_is_not_the_last_one(shop: Shop) -> None:
    shop.sell("S-1", line(1000))

    with pytest.raises(UnknownError):
        shop.counter.void(VoidAsk("V-1"), by="another")
    assert shop.counter.void(VoidAsk("V-1", sale="S-1"), by="another").money == 1000


def test_a_sale_of_which_goods_came_back_is_not_undone(shop: Shop) -> None:
    shop.sell("S-1", line(1000, pieces=2))
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    with pytest.raises(NotAllowedError, match="came back already"):
        shop.counter.void(VoidAsk("V-1", sale="S-1"), by=BY)


def test_a_void_and_a_refund_share_no_op(shop: Shop) -> None:
    shop.sell("S-1", line(1000))
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    with pytest.raises(OpConflictError):
        shop.counter.void(VoidAsk("B-1", sale="S-1"), by=BY)


def test_later_than_the_programme_says_a_supervisor_must_say_yes(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, "[supervision]\nvoid_minutes = 0\n")) as shop:
        shop.sell("S-1", line(1000))
        assert shop.counter.void(VoidAsk("V-1"), by=BY).money == 1000

    with open_shop(
        tmp_path / "b", programme=programme(POINTS, MONEY, '[supervision]\nrefund_above = "5.00"\n')
    ) as shop:
        shop.sell("S-1", line(600))
        with pytest.raises(ApprovalNeededError) as refused:
            shop.refund("B-1", RefundLine("S-1", 0, 1000))
        assert refused.value.action == "refund"

        shop.counter.signing.vouch("B-1", "vera")

        assert shop.refund("B-1", RefundLine("S-1", 0, 1000)) == 600
        recorded = shop.ledger.find("B-1")
        assert recorded is not None
        assert recorded.entry.body["approved_by"] == "vera"
