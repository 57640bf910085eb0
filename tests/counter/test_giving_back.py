from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.counter import RefundAsk, RefundLine, UndoAsk
from agent.errors import ApprovalNeededError, InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.loyalty.sale import Line, Reason
from tests.counter.shops import BY, NEXT_CARD, Shop, line, open_shop
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, programme


def undo(shop: Shop, op: str, redemption: str) -> None:
    shop.counter.undo(UndoAsk(op, redemption), by=BY)


def test_a_whole_sale_refunded_leaves_nothing_behind(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1530), line(600, "coffee", pieces=2), account=account)

    money = shop.refund("B-1", RefundLine("S-1", 0, 1000), RefundLine("S-1", 1, 2000))

    assert money == 2130
    assert shop.balances(account) == {"points": 0, "coffee": 0}


def test_part_of_a_line_takes_back_its_part(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000, pieces=4), account=account)

    assert shop.refund("B-1", RefundLine("S-1", 0, 1000)) == 250
    assert shop.balances(account)["points"] == 7
    assert shop.refund("B-2", RefundLine("S-1", 0, 3000)) == 750
    assert shop.balances(account)["points"] == 0


def test_one_line_named_twice_in_a_refund_counts_together(shop: Shop) -> None:
    shop.sell("S-1", line(1000, pieces=2))

    assert shop.refund("B-1", RefundLine("S-1", 0, 1000), RefundLine("S-1", 0, 1000)) == 1000
    with pytest.raises(InvalidError):
        shop.refund("B-2", RefundLine("S-1", 0, 1))


def test_more_than_was_bought_does_not_come_back(shop: Shop) -> None:
    shop.sell("S-1", line(1000, pieces=2))
    shop.refund("B-1", RefundLine("S-1", 0, 1500))
    before = shop.entries

    with pytest.raises(InvalidError) as refused:
        shop.refund("B-2", RefundLine("S-1", 0, 501))

    assert "501" in str(refused.value)
    assert "500" in str(refused.value)
    assert shop.entries == before


def test_a_line_that_the_sale_does_not_have_is_refused(shop: Shop) -> None:
    shop.sell("S-1", line(1000))

    with pytest.raises(InvalidError):
        shop.refund("B-1", RefundLine("S-1", 1, 1000))


@pytest.mark.parametrize("op", ["S-2", "R-1"])
def test_only_sales_of_this_till_are_refunded(shop: Shop, op: str) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account)

    with pytest.raises(UnknownError) as refused:
        shop.refund("B-1", RefundLine(op, 0, 1000))

    assert "without receipt" in refused.value.hint


def test_L5_points_that_were_spent_meanwhile_become_a_debt(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(10000), account=account)
    shop.redeem("R-1", account, units=100)

    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    assert shop.balances(account)["points"] == -100


def test_points_paid_with_go_back_to_the_lot_they_came_from(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account)
    shop.sell("S-1", line(1000), account=account, redemptions=("R-1",))

    money = shop.refund("B-1", RefundLine("S-1", 0, 1000))

    assert money == 500
    assert shop.balances(account)["points"] == 100


def test_lines_of_several_sales_come_back_in_one_refund(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000), account=account)
    shop.sell("S-2", line(500), account=account)

    assert shop.refund("B-1", RefundLine("S-1", 0, 1000), RefundLine("S-2", 0, 1000)) == 1500
    assert shop.balances(account)["points"] == 0


def test_the_buyer_of_the_sale_loses_the_points_whoever_brings_the_goods(shop: Shop) -> None:
    buyer = shop.member().account
    bringer = shop.member(NEXT_CARD, "Ion Altul", points=50).account
    shop.sell("S-1", line(1000), account=buyer)

    shop.counter.refund(RefundAsk("B-1", (RefundLine("S-1", 0, 1000),), account=bringer), by=BY)

    assert shop.balances(buyer)["points"] == 0
    assert shop.balances(bringer)["points"] == 50


def test_goods_without_receipt_take_what_they_would_earn_now(shop: Shop) -> None:
    account = shop.member(points=5).account
    loose = Line("article", 1000, 1250)

    answer = shop.counter.refund(RefundAsk("B-1", without_receipt=(loose,), account=account), by=BY)

    assert answer.money == 1250
    assert shop.balances(account)["points"] == 5 - 12


def test_goods_without_receipt_and_without_a_member_give_money_back_only(shop: Shop) -> None:
    answer = shop.counter.refund(RefundAsk("B-1", without_receipt=(Line("article", 1000, 1250),)), by=BY)

    assert (answer.money, answer.reasons, answer.member) == (1250, (), None)


def test_a_refund_repeated_is_one_refund(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000, pieces=2), account=account)
    ask = RefundAsk("B-1", (RefundLine("S-1", 0, 1000),))
    first = shop.counter.refund(ask, by=BY)

    again = shop.counter.refund(ask, by=BY)

    assert again.repeated
    assert (again.entry, again.money, again.reasons) == (first.entry, first.money, first.reasons)
    assert again.member == first.member
    assert shop.refund("B-2", RefundLine("S-1", 0, 1000)) == 500


def test_the_op_of_a_refund_with_other_content_is_refused(shop: Shop) -> None:
    shop.sell("S-1", line(1000, pieces=2))
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    with pytest.raises(OpConflictError):
        shop.refund("B-1", RefundLine("S-1", 0, 2000))
    with pytest.raises(OpConflictError):
        shop.refund("S-1", RefundLine("S-1", 0, 1000))


def test_a_redemption_given_back_puts_the_units_back(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.redeem("R-1", account, units=120)

    undo(shop, "U-1", "R-1")

    assert shop.balances(account)["points"] == 150


def test_a_redemption_is_given_back_once(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.redeem("R-1", account)
    undo(shop, "U-1", "R-1")

    with pytest.raises(NotAllowedError):
        undo(shop, "U-2", "R-1")
    assert shop.counter.undo(UndoAsk("U-1", "R-1"), by=BY).repeated


def test_a_redemption_that_a_sale_used_is_not_given_back(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.redeem("R-1", account)
    shop.sell("S-1", line(500), account=account, redemptions=("R-1",))

    with pytest.raises(NotAllowedError):
        undo(shop, "U-1", "R-1")


def test_a_redemption_given_back_pays_no_sale(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.redeem("R-1", account)
    undo(shop, "U-1", "R-1")

    with pytest.raises(NotAllowedError):
        shop.sell("S-1", line(500), account=account, redemptions=("R-1",))


def test_only_a_redemption_is_given_back(shop: Shop) -> None:
    shop.sell("S-1", line(500))

    for op in ("S-1", "R-1"):
        with pytest.raises(UnknownError):
            undo(shop, "U-1", op)


def test_the_op_that_gave_another_redemption_back_is_refused(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.redeem("R-1", account, units=10)
    shop.redeem("R-2", account, units=10)
    undo(shop, "U-1", "R-1")

    with pytest.raises(OpConflictError):
        undo(shop, "U-1", "R-2")


CHARGING = '[refunds]\nwhen_spent = "charge"\n'
WAIVING = '[refunds]\nwhen_spent = "waive"\n'


def spent_already(shop: Shop) -> str:
    """A member who bought for 100.00 and has spent the 100 points it brought."""
    account = shop.member().account
    shop.sell("S-1", line(10000), account=account)
    shop.redeem("R-1", account, units=100)
    return account


def test_a_preview_says_what_the_refund_then_does_and_writes_nothing(shop: Shop) -> None:
    account = spent_already(shop)
    ask, before = RefundAsk("B-1", (RefundLine("S-1", 0, 1000),)), shop.entries

    preview = shop.counter.preview_refund(ask)
    assert shop.entries == before
    answer = shop.counter.refund(ask, by=BY)

    assert (preview.money, preview.reasons, preview.member) == (answer.money, answer.reasons, answer.member)
    assert [(s.unit, s.units, s.owed) for s in preview.spent] == [("points", 100, 100)]
    assert {(move.unit, move.units) for move in preview.lots} == {("points", -100), ("spend", -10000)}
    assert {move.account for move in preview.lots} == {account}
    assert preview.when_spent == "debt"


def test_a_preview_shows_the_tier_that_is_lost(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(60_000), account=account)

    preview = shop.counter.preview_refund(RefundAsk("B-1", (RefundLine("S-1", 0, 1000),)))

    assert (preview.tier_before, preview.tier_after) == ("Gold", None)


def test_what_was_spent_is_kept_from_the_money_where_the_programme_charges_it(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=programme(POINTS, COFFEE, MONEY, GOLD, CHARGING)) as shop:
        account = spent_already(shop)
        answer = shop.counter.refund(RefundAsk("B-1", (RefundLine("S-1", 0, 1000),)), by=BY)

        assert answer.money == 10000 - 500
        assert shop.balances(account)["points"] == 0
        assert answer.reasons[-1] == Reason("charged", {"units": 100, "unit": "points", "value": 500})


def test_a_supervisor_lets_go_what_was_spent_where_the_programme_says_so(tmp_path: Path, shop: Shop) -> None:
    with open_shop(tmp_path / "waiving", programme=programme(POINTS, COFFEE, MONEY, GOLD, WAIVING)) as waiving:
        account = spent_already(waiving)
        ask = RefundAsk("B-1", (RefundLine("S-1", 0, 1000),), waive=True)
        with pytest.raises(ApprovalNeededError):
            waiving.counter.refund(ask, by=BY)
        waiving.counter.signing.vouch(ask.op, "vera")
        answer = waiving.counter.refund(ask, by=BY)

        assert (answer.money, waiving.balances(account)["points"]) == (10000, 0)
        with pytest.raises(OpConflictError):
            waiving.counter.refund(replace(ask, waive=False), by=BY)

    spent_already(shop)
    shop.counter.signing.vouch(ask.op, "vera")
    with pytest.raises(NotAllowedError, match="not waived"):
        shop.counter.refund(ask, by=BY)


def test_points_that_one_sale_gives_back_pay_for_those_that_another_takes(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account)
    shop.sell("S-1", line(10500), account=account, redemptions=("R-1",))  # 100 points
    shop.redeem("R-2", account)
    shop.sell("S-2", line(1000), account=account, redemptions=("R-2",))  # 5 points

    lines = (RefundLine("S-1", 0, 1000), RefundLine("S-2", 0, 1000))

    assert shop.counter.preview_refund(RefundAsk("B-1", lines)).spent == ()
    shop.refund("B-1", *lines)
    assert shop.balances(account)["points"] == 100


def test_points_given_back_after_their_last_day_live_on(tmp_path: Path) -> None:
    lasting = POINTS.replace('label = "points"', 'label = "points"\nexpires = "30 days"')
    with open_shop(tmp_path, programme=programme(lasting, MONEY, '[refunds]\nreturned_live = "30 days"\n')) as shop:
        account = shop.member(points=100).account
        shop.redeem("R-1", account)
        shop.sell("S-1", line(500), account=account, redemptions=("R-1",))
        late = shop.ledger.clock.today() + timedelta(days=31)
        ask = RefundAsk("B-1", (RefundLine("S-1", 0, 1000),), refunded_at=f"{late}T10:00:00")

        (move,) = shop.counter.preview_refund(ask).lots

        assert (move.units, move.expires) == (100, (late + timedelta(days=30)).isoformat())
        assert move.lot.endswith(f"~{move.expires}")
