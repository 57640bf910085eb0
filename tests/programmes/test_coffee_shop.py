"""The coffee shop's programme, with every number worked out by hand."""

import pytest

from agent.errors import InsufficientError, InvalidError
from agent.loyalty.cards import Check, Source, check_digit
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.reversal import RecordedSale, Spent, reverse, without_receipt
from agent.loyalty.sale import Line, Redeemed, Sale, Status
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import Nearest, nearest, offers
from agent.loyalty.spending.redeeming import redeem
from tests.loyalty.shops import NOW, UNSURE, by_reason, line, member, moves, shipped

SHOP = shipped("coffee-shop")
FLAT_WHITE, CAKE = line(360, "coffee"), line(420, "cake")


def test_its_cards_are_twelve_digits_under_9250_with_a_check_digit() -> None:
    number = "92500000123" + check_digit("92500000123", Check.LUHN)

    assert SHOP.covers(number, Source.NUMBER)
    assert not SHOP.covers(number[:-1] + str((int(number[-1]) + 1) % 10), Source.NUMBER)
    assert not SHOP.covers(number, Source.CHIP)


def test_two_coffees_and_a_cake_are_two_punches_and_nothing_else() -> None:
    judgement = evaluate(SHOP, member(), Sale((line(720, "coffee", pieces=2), CAKE)), NOW, lot="new")

    assert moves(judgement.postings) == {("coffee", "punches"): 2}
    assert set(by_reason(judgement)) == {"punches"}


def test_a_cake_alone_is_no_punch() -> None:
    assert evaluate(SHOP, member(), Sale((CAKE,)), NOW, lot="new").effects == ()


def test_punches_do_not_ask_the_clock() -> None:
    sale = Sale((FLAT_WHITE,))

    assert evaluate(SHOP, member(), sale, UNSURE, lot="new") == evaluate(SHOP, member(), sale, NOW, lot="new")


def test_after_eight_coffees_one_more_is_missing() -> None:
    assert nearest(Customer.of(SHOP, member(coffee=8), NOW)) == Nearest(
        "coffee", "Coffee card", "coffee", "Coffee card", 1
    )
    with pytest.raises(InsufficientError, match="cannot redeem 9 of 'coffee': account 'm' has 8"):
        redeem(SHOP, member(coffee=8), NOW, "coffee", units=None, value=360)


def test_after_nine_coffees_the_tenth_is_free_and_no_punch() -> None:
    holder = member(coffee={"punches": 9})
    offer = offers(Customer.of(SHOP, holder, NOW), due=780, lines=(FLAT_WHITE, CAKE))[0]
    taken = redeem(SHOP, holder, NOW, "coffee", units=None, value=offer.value_max)
    paid = Redeemed("r", taken.reward, taken.unit, taken.units, taken.value, free=True)
    judgement = evaluate(SHOP, member(), Sale((FLAT_WHITE, CAKE), (paid,)), NOW, lot="new")

    assert (offer.units_max, offer.value_max, taken.value) == (9, 360, 360)
    assert moves(taken.postings) == {("coffee", "punches"): -9}
    assert judgement.postings == ()


def test_a_coffee_dearer_than_any_on_the_menu_is_free_up_to_4_50() -> None:
    assert offers(Customer.of(SHOP, member(coffee=9), NOW), due=900, lines=(line(900, "coffee"),))[0].value_max == 450
    with pytest.raises(InvalidError, match="from 1 to 450, not 451"):
        redeem(SHOP, member(coffee=9), NOW, "coffee", units=None, value=451)


def test_a_coffee_that_comes_back_takes_its_punch_even_below_zero() -> None:
    bought = (line(720, "coffee", pieces=2), CAKE)
    judgement = evaluate(SHOP, member(), Sale(bought), NOW, lot="new")
    found = reverse(RecordedSale("s", "m", bought, judgement.effects, (), {}), {0: 1000})

    assert (found.money, moves(found.postings)) == (360, {("coffee", "punches"): -1})


def test_a_free_coffee_that_comes_back_fills_the_card_again() -> None:
    taken = redeem(SHOP, member(coffee={"punches": 9}), NOW, "coffee", units=None, value=360)
    spent = Spent(taken.unit, taken.units, taken.value, taken.postings)
    found = reverse(RecordedSale("s", "m", (FLAT_WHITE,), (), (spent,), {}), {0: 1000})

    assert (found.money, moves(found.postings)) == (0, {("coffee", "punches"): 9})


def test_without_a_receipt_a_coffee_takes_its_punch() -> None:
    found = without_receipt(SHOP, "m", (FLAT_WHITE, Line("beans", 250, 500, "coffee")), NOW, lot="refund")

    assert (found.money, moves(found.postings)) == (860, {("coffee", "punches"): -1})


def test_a_new_card_is_punched_before_its_holder_is_known() -> None:
    judgement = evaluate(SHOP, member(Status.PROVISIONAL), Sale((FLAT_WHITE,)), NOW, lot="new")

    assert set(by_reason(judgement)) == {"punches", "provisional"}
    assert offers(Customer.of(SHOP, member(Status.PROVISIONAL, coffee=9), NOW), due=None) == ()
