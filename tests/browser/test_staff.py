"""Who works here, training, a complaint, the shop's rules. By keys and by touch, in every language."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.browser.house import CASHIER, CASHIER_PIN, SCREEN, SUPERVISOR, SUPERVISOR_PIN, House
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def sign_in(till: Screen, staff: str, pin: str) -> None:
    till.hands.open("staff")
    till.flow("staff")
    till.is_there("#staff-id")
    till.look("staff")
    till.hands.fill("staff-id", staff)
    till.hands.fill("staff-pin", pin)
    till.hands.go()
    till.told("signed_in_as")
    till.shows(staff, "#staff")


def test_a_cashier_signs_in_and_out(till: Screen) -> None:
    sign_in(till, CASHIER, CASHIER_PIN)

    till.hands.open("staff")
    till.flow("staff")
    till.is_there("[data-action=sign-out]")
    till.look("signed in")
    till.hands.press("[data-action=sign-out]")
    till.shows(SCREEN, "#staff")
    till.hands.back()


def test_training_is_marked_and_counts_nothing(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    sign_in(till, SUPERVISOR, SUPERVISOR_PIN)
    till.hands.open("staff")
    till.is_there("[data-action=train]")
    till.hands.press("[data-action=train]")
    till.told("training_begun")
    till.is_there("#training")
    try:
        till.swiped(card)
        till.look("training")
        till.hands.amount("10.00")
        till.is_judged()
        till.hands.go()
        till.told("recorded")
    finally:
        till.hands.open("staff")
        till.is_there("[data-action=train]")
        till.hands.press("[data-action=train]")
        till.told("training_ended")

    till.state("idle")
    assert house.balance(account) == 0


def test_training_waits_for_a_supervisor(till: Screen) -> None:
    till.hands.open("staff")
    till.is_there("[data-action=train]")
    till.hands.press("[data-action=train]")
    till.approved("approve_training")
    till.told("training_begun")

    till.hands.open("staff")
    till.is_there("[data-action=train]")
    till.hands.press("[data-action=train]")
    till.approved("approve_training")
    till.told("training_ended")


def test_a_sale_is_found_explained_and_moved_to_its_member(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    other, _ = house.member("Ion Popa")
    op = house.sell(other, 4200)
    till.swiped(card)
    till.hands.open("sales")
    till.flow("sales")
    till.look("sales")
    till.hands.fill("sales-receipt", op)
    till.hands.go()
    till.is_there(f"#sales-list [data-op={op}]")
    till.look("sales found")
    till.hands.press(f"#sales-list [data-op={op}]")
    till.is_there("#sales-one")
    till.hands.press("#sales-one [data-action=why]")
    till.is_there("#sales-why li")
    till.look("sale")
    till.hands.press("#sales-one [data-action=move]")
    till.approved("approve_move_sale")

    till.told("sale_moved")
    till.state("member")
    assert house.balance(account) == 42
    till.hands.back()


def test_a_sale_of_who_forgot_the_card_is_claimed_without_a_supervisor(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    op = house.sell(None, 4200)
    till.swiped(card)
    till.hands.open("sales")
    till.hands.fill("sales-receipt", op)
    till.hands.go()
    till.hands.press(f"#sales-list [data-op={op}]")
    till.hands.press("#sales-one [data-action=move]")

    till.told("sale_moved")
    till.state("member")
    assert house.balance(account) == 42
    till.hands.back()


def test_a_sale_of_another_day_is_looked_for_by_amount_and_day(till: Screen, house: House) -> None:
    op = house.sell(None, 1234)
    till.hands.open("sales")
    till.flow("sales")
    till.hands.fill("sales-amount", "12.34")
    till.hands.date("sales-day", date(2024, 2, 29))
    till.look("sales date")
    till.hands.go()
    till.told("no_sale_found")
    till.hands.date("sales-day", datetime.now(ZoneInfo("Europe/London")).date())
    till.hands.go()

    till.is_there(f"#sales-list [data-op={op}]")
    till.hands.back()


def test_goodwill_needs_a_supervisors_word(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova", points=10)
    till.swiped(card)
    till.hands.open("sales")
    till.is_there("#sales-list button")
    till.hands.choose(1)
    till.is_there("#sales-units")
    till.hands.fill("sales-units", "25")
    till.hands.go()
    till.approved("approve_goodwill")

    till.told("goodwill_given")
    till.state("member")
    assert house.balance(account) == 35
    till.hands.back()


def test_the_shops_rules_are_a_key_away(till: Screen) -> None:
    till.hands.open("policies")
    till.flow("policies")
    till.shows("thirty days", "#policies-pages")
    till.look("policies")
    till.hands.back()


def test_the_shops_rules_are_there_while_somebody_is_served(till: Screen, house: House) -> None:
    _, card = house.member("Ana Testova")
    till.swiped(card)

    till.hands.open("policies")

    till.flow("policies")
    till.shows("thirty days", "#policies-pages")
    till.hands.back()
    till.state("member")
    till.hands.back()
