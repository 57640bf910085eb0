"""The general shop's programme, with every number worked out by hand."""

import pytest

from agent.errors import InsufficientError
from agent.loyalty.cards import Check, Source, check_digit
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.reversal import RecordedSale, Spent, reverse, without_receipt
from agent.loyalty.sale import Redeemed, Sale
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import Nearest, nearest, offers
from agent.loyalty.spending.redeeming import redeem
from tests.loyalty.shops import NOW, UNSURE, by_reason, line, member, moves, shipped

SHOP = shipped("general-shop")
TEA, CAKE_STAND, GIFT_CARD, TIP = line(399), line(1250), line(2500, "gift-card"), line(200, "tip")
BASKET = (TEA, CAKE_STAND, GIFT_CARD, TIP)  # 43.49, of which 16.49 count


def test_its_cards_are_its_own_numbers_and_the_chips_of_one_maker() -> None:
    number = "98260000123" + check_digit("98260000123", Check.LUHN)

    assert SHOP.covers(number, Source.NUMBER)
    assert SHOP.covers("04A2B3C4D5E680", Source.CHIP)
    assert not SHOP.covers("08A2B3C4", Source.CHIP)
    assert not SHOP.covers("4111111111111111", Source.NUMBER)


def test_a_basket_earns_a_point_a_whole_pound_of_what_counts() -> None:
    judgement = evaluate(SHOP, member(), Sale(BASKET), NOW, lot="new")

    assert moves(judgement.postings) == {("points", "new"): 16, ("spend", "2024"): 1649}
    assert [(effect.reason.code, effect.amount) for effect in judgement.effects] == [
        ("points_for_amount", 16),
        ("excluded", 0),
        ("excluded", 0),
        ("counts_for_tier", 1649),
    ]
    excluded = [effect.reason.numbers for effect in judgement.effects if effect.reason.code == "excluded"]
    assert excluded == [{"category": "gift-card", "amount": 2500}, {"category": "tip", "amount": 200}]


def test_gold_earns_24_points_where_others_earn_16() -> None:
    judgement = evaluate(SHOP, member(spend={"2023": 50_000}), Sale(BASKET), NOW, lot="new")

    assert moves(judgement.postings)["points", "new"] == 24
    assert (judgement.tier_before, judgement.tier_after) == ("gold", "gold")


def test_gold_earns_as_others_while_the_clock_is_not_confirmed() -> None:
    judgement = evaluate(SHOP, member(spend={"2023": 50_000}), Sale(BASKET), UNSURE, lot="new")

    assert moves(judgement.postings)["points", "new"] == 16


def test_500_pounds_make_gold_and_a_penny_less_does_not() -> None:
    sale = Sale((CAKE_STAND,))
    short = evaluate(SHOP, member(spend={"2024": 48_749}), sale, NOW, lot="new")
    reached = evaluate(SHOP, member(spend={"2024": 48_750}), sale, NOW, lot="new")

    assert (short.tier_after, reached.tier_after) == (None, "gold")
    assert by_reason(reached)["tier_reached"].reason.numbers == {"tier": "Gold"}
    assert moves(reached.postings)["points", "new"] == 12  # the tier counts from the next sale on


def test_99_pence_earn_nothing_and_one_penny_is_missing() -> None:
    judgement = evaluate(SHOP, member(), Sale((line(99),)), NOW, lot="new")

    assert by_reason(judgement)["minimum"].reason.numbers["missing"] == 1
    assert moves(judgement.postings) == {("spend", "2024"): 99}


def test_tax_counts_here() -> None:
    judgement = evaluate(SHOP, member(), Sale((line(1200, tax=200),)), NOW, lot="new")

    assert moves(judgement.postings)["points", "new"] == 12


def test_120_points_are_worth_1_20_and_121_are_not_there() -> None:
    holder = member(points=120)

    assert offers(Customer.of(SHOP, holder, NOW), due=4349)[0].value_max == 120
    assert redeem(SHOP, holder, NOW, "points-as-money", units=120, value=None).value == 120
    with pytest.raises(InsufficientError, match="cannot redeem 121 of 'points': account 'm' has 120"):
        redeem(SHOP, holder, NOW, "points-as-money", units=121, value=None)


def test_500_points_are_five_pounds_and_380_more_are_missing() -> None:
    assert redeem(SHOP, member(points=500), NOW, "points-as-money", units=None, value=None).value == 500
    assert nearest(Customer.of(SHOP, member(points=120), NOW)) == Nearest(
        "points-as-money", "£5.00 off", "points", "points", 380
    )


def test_what_points_pay_for_earns_none() -> None:
    paid = Redeemed("r", "points-as-money", "points", 500, 500)
    goods = evaluate(SHOP, member(), Sale((TEA, CAKE_STAND), (paid,)), NOW, lot="new")
    mixed = evaluate(SHOP, member(), Sale(BASKET, (paid,)), NOW, lot="new")

    assert moves(goods.postings) == {("points", "new"): 11, ("spend", "2024"): 1149}
    assert moves(mixed.postings) == {("points", "new"): 14, ("spend", "2024"): 1459}  # 16.49 * 38.49 / 43.49


def test_the_cake_stand_comes_back_and_then_the_tea() -> None:
    holder = member(points={"a": 450, "b": 100})
    taken = redeem(SHOP, holder, NOW, "points-as-money", units=500, value=None)
    paid = Redeemed("r", taken.reward, taken.unit, taken.units, taken.value)
    lines = (TEA, CAKE_STAND)
    judgement = evaluate(SHOP, holder, Sale(lines, (paid,)), NOW, lot="new")
    spent = (Spent(taken.unit, taken.units, taken.value, taken.postings),)
    stand = reverse(RecordedSale("s", "m", lines, judgement.effects, spent, {}), {1: 1000})
    tea = reverse(RecordedSale("s", "m", lines, judgement.effects, spent, {1: 1000}), {0: 1000})

    assert stand.money == 871  # 12.50 less 500 * 1250 // 1649 = 3.79 that points paid
    assert moves(stand.postings) == {("points", "new"): -9, ("spend", "2024"): -871, ("points", "a"): 379}
    assert tea.money == 278
    assert moves(tea.postings) == {
        ("points", "new"): -2,
        ("spend", "2024"): -278,
        ("points", "a"): 71,
        ("points", "b"): 50,
    }


def test_without_a_receipt_the_points_go_even_into_debt() -> None:
    found = without_receipt(SHOP, "m", BASKET, NOW, lot="refund")

    assert (found.money, moves(found.postings)) == (4349, {("points", "refund"): -16, ("spend", "2024"): -1649})
