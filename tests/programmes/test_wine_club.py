"""The wine merchant's programme, with every number worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.standing import notices_of
from agent.loyalty.lots import spendable
from agent.loyalty.sale import Holder, Judgement, Line, Lot, Moment, Sale, Status
from agent.loyalty.spending.customer import Customer
from tests.loyalty.shops import NOW, line, member, shipped

SHOP = shipped("wine-club")
FEE = Line("CELLAR-YEAR", 1000, 3900, "membership")
MEMBER = Holder("m", Status.REGULAR, {"cellar": (Lot("a", 1, "2024-12-31"),), "visits": (Lot("2024-01-02", 1),)})


def _points(judgement: Judgement) -> dict[str, int]:
    return {effect.rule: effect.amount for effect in judgement.effects if effect.unit == "points" and effect.amount}


def test_the_fee_earns_nothing_and_counts_from_the_next_sale() -> None:
    judgement = evaluate(SHOP, MEMBER, Sale((FEE, line(5000, "wine"))), NOW, lot="new")

    assert _points(judgement) == {"point-a-pound": 45, "cellar": 45}  # a member already: 50.00 less a tenth
    joining = evaluate(
        SHOP, replace(MEMBER, lots={"visits": MEMBER.lots["visits"]}), Sale((FEE, line(5000))), NOW, lot="b"
    )
    assert _points(joining) == {"point-a-pound": 50}
    assert [e.expires for e in joining.effects if e.unit == "cellar"] == ["2025-05-01"]


def test_only_who_pays_has_the_perks() -> None:
    assert Customer.of(SHOP, MEMBER, NOW).perks == ("tastings", "the pre-sale list")
    assert Customer.of(SHOP, member(), NOW).perks == ()
    assert Customer.of(SHOP, MEMBER, Moment("2025-01-01", confirmed=True)).perks == ()


def test_the_first_order_is_welcomed() -> None:
    assert _points(evaluate(SHOP, member(), Sale((line(2500, "wine"),)), NOW, lot="new")) == {
        "point-a-pound": 25,
        "first-order": 200,
    }
    assert "first-order" not in _points(evaluate(SHOP, member(), Sale((line(2499, "wine"),)), NOW, lot="new"))
    assert "first-order" not in _points(evaluate(SHOP, MEMBER, Sale((line(2500, "wine"),)), NOW, lot="new"))


def test_points_wait_a_fortnight_and_last_to_the_end_of_a_year() -> None:
    judgement = evaluate(SHOP, MEMBER, Sale((line(5000, "wine"),)), NOW, lot="new")
    lots = {(effect.lot, effect.expires) for effect in judgement.effects if effect.unit == "points"}

    assert lots == {("new+2024-05-15", "2026-12-31")}
    holder = Holder("m", Status.REGULAR, {"points": (Lot("new+2024-05-15", 100, "2026-12-31"),)})
    assert spendable(holder, Moment("2024-05-14", confirmed=True)).balance("points") == 0
    assert spendable(holder, Moment("2024-05-15", confirmed=True)).balance("points") == 100
    assert spendable(holder, Moment("2027-01-01", confirmed=True)).balance("points") == 0


def test_a_new_price_is_told_with_the_end_of_the_term() -> None:
    ends = Holder("m", Status.REGULAR, {"cellar": (Lot("a", 1, "2027-04-15"),)})
    told = [(n.code, n.numbers.get("total")) for n in notices_of(SHOP, ends, Moment("2027-03-20", confirmed=True))]

    assert told == [("membership_ends", None), ("membership_price", 4500)]


def test_members_pay_a_tenth_less_and_their_own_price_for_the_house_claret() -> None:
    claret = Line("HOUSE-CLARET", 2000, 2200, "wine")
    sale = Sale((line(5000, "wine"), claret, line(3000, "spirits")))

    assert evaluate(SHOP, member(visits={"2024-01-02": 1}), sale, NOW, lot="new").discounts == ()
    discounts = evaluate(SHOP, MEMBER, sale, NOW, lot="new").discounts
    assert {found.rule: found.lines for found in discounts} == {
        "cellar-tenth": ((0, 500),),
        "house-claret": ((1, 500),),  # two at 8.50 in place of 11.00: better than a tenth
    }
