"""A sale and what belongs to it: a card, a reward, parking, undoing. By keys and by touch, in every language."""

from __future__ import annotations

import pytest

from agent.errors import TallyError
from tests.browser.house import House
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def sold(till: Screen, amount: str) -> None:
    """Sell to whoever is at hand."""
    till.hands.amount(amount)
    till.is_judged()
    till.hands.go()
    till.told("recorded")
    till.state("idle")


def test_a_sale_with_a_card_is_an_amount_and_one_key(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    till.look("idle")

    till.swiped(card)
    till.shows("Ana", "#member")
    till.look("member")
    till.hands.amount("23.50")
    till.state("sale")
    till.shows("+23", "#member")
    till.look("sale")
    till.hands.go()

    till.told("recorded")
    till.state("idle")
    till.is_there("[data-panel=last]")
    till.look("sold")
    assert house.balance(account) == 23


def test_a_category_has_a_key_and_a_button_of_its_own(till: Screen, house: House) -> None:
    account, card = house.member("Ion Rusu")
    till.swiped(card)

    till.hands.amount("3.50")
    if till.by == "keys":
        till.page.wait_for_timeout(100)
        till.page.keyboard.press("c")
    else:
        till.hands.press("[data-category=coffee]")
    till.shows("offee", "#lines")  # its id, and once it is judged its label
    till.look("punched")
    till.is_judged()
    till.hands.go()
    till.told("recorded")

    till.state("idle")
    assert house.balance(account, "coffee") == 1


def test_what_was_typed_is_cleared(till: Screen, house: House) -> None:
    _, card = house.member("Ana Testova")
    till.swiped(card)
    till.hands.amount("9")
    till.state("sale")

    till.hands.back()

    till.state("idle")
    till.until("() => document.getElementById('amount').value === ''")


def test_a_parked_sale_comes_back_with_its_member(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    till.swiped(card)
    till.hands.amount("8.00")
    till.state("sale")
    till.is_judged()

    till.hands.open("park")
    till.told("parked")
    till.state("idle")
    till.look("parked")
    sold(till, "1.00")
    till.hands.press("[data-action=resume]")

    till.state("sale")
    till.shows("Ana", "#member")
    till.is_judged()
    till.hands.go()
    till.told("recorded")
    till.state("idle")
    assert house.balance(account) == 8


def test_a_reward_is_taken_and_the_sale_costs_less(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova", points=700)
    till.swiped(card)
    till.hands.amount("20.00")
    till.is_judged()
    till.is_there("#member [data-reward=points-as-money]")

    if till.by == "keys":
        till.page.keyboard.press("r")
    else:
        till.hands.press("#member [data-reward=points-as-money]")
    till.told("redeemed")
    till.is_there("#lines .redeemed")
    till.look("taken")
    till.is_judged()
    till.hands.go()

    till.told("recorded")
    till.state("idle")
    assert house.balance(account) < 700 + 20


def test_a_reward_can_be_a_voucher_which_pays_for_another_sale(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova", points=120)
    slips = len(house.slips)
    till.swiped(card)
    till.hands.amount("20.00")
    till.is_judged()
    till.hands.open("voucher")
    till.flow("voucher")
    till.is_there("#rewards [data-reward=tasting]")
    till.look("voucher")
    till.hands.press("#rewards [data-reward=tasting]")
    till.told("redeemed")
    till.state("sale")
    till.is_judged()
    till.hands.go()
    till.told("recorded")
    till.state("idle")
    assert house.balance(account) == 120 - 50 + 20

    code = house.voucher_of(slips)
    till.hands.amount("9.00")
    till.is_judged()
    till.hands.open("voucher")
    till.hands.fill("voucher-code", code)
    till.hands.go()
    till.told("redeemed")
    till.state("sale")
    till.until("() => /7[.,]00/.test(document.getElementById('sums').textContent)")
    till.is_judged()
    till.hands.go()
    till.told("recorded")


def test_a_voucher_that_is_scanned_is_spent_in_the_sale(till: Screen, house: House) -> None:
    code = house.voucher()
    till.hands.amount("9.00")
    house.scan(code)

    till.told("redeemed")
    till.is_there("#lines .redeemed")
    till.until("() => /7[.,]00/.test(document.getElementById('sums').textContent)")
    till.is_judged()
    till.hands.go()
    till.told("recorded")
    till.state("idle")
    with pytest.raises(TallyError, match="voucher"):
        house.post("redemptions", op=house.new_op(), code=code)


def test_the_flow_of_vouchers_takes_one_that_is_scanned(till: Screen, house: House) -> None:
    till.hands.amount("9.00")
    till.is_judged()
    till.hands.open("voucher")
    till.flow("voucher")
    house.scan(house.voucher())

    till.told("redeemed")
    till.state("sale")
    till.is_judged()
    till.hands.go()
    till.told("recorded")


def test_the_last_sale_is_undone_after_a_look_at_what_that_gives_back(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    till.swiped(card)
    sold(till, "12.00")
    assert house.balance(account) == 12

    till.hands.open("undo")
    till.flow("undo")
    till.is_there("#undo-says .money")
    till.look("undo")
    till.hands.go()

    till.told("undone")
    till.state("idle")
    assert house.balance(account) == 0


def test_goods_come_back_line_by_line_after_a_preview(till: Screen, house: House) -> None:
    account, _ = house.member("Ana Testova")
    op = house.sell(account, 3000)

    till.hands.open("refund")
    till.flow("refund")
    till.hands.fill("refund-op", op)
    till.hands.go()
    till.is_there("#refund-lines input")
    till.is_there("#refund-says .money")
    till.look("refund")
    till.hands.press("#flow [data-form=refund] [data-action=go]")

    till.told("refunded")
    till.state("idle")
    assert house.balance(account) == 0


def test_one_piece_of_two_comes_back(till: Screen, house: House) -> None:
    account, _ = house.member("Ana Testova")
    op = house.sell(account, 3000)
    till.hands.open("refund")
    till.hands.fill("refund-op", op)
    till.hands.go()
    till.is_there("#refund-pieces-0")
    till.hands.fill("refund-pieces-0", "1")
    till.until("() => /15[.,]00/.test(document.getElementById('refund-says').textContent)")
    till.hands.press("#flow [data-form=refund] [data-action=go]")

    till.told("refunded")
    till.state("idle")
    assert house.balance(account) == 15


def test_much_money_back_waits_for_a_supervisor(till: Screen, house: House) -> None:
    account, _ = house.member("Ana Testova")
    op = house.sell(account, 20000)
    till.hands.open("refund")
    till.hands.fill("refund-op", op)
    till.hands.go()
    till.is_there("#refund-says .money")
    till.hands.press("#flow [data-form=refund] [data-action=go]")

    till.approved("approve_refund")

    till.told("refunded")
    till.state("idle")
    assert house.balance(account) == 0
