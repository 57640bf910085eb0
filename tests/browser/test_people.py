"""Members: joining, found without a card, their cards and data, leaving. By keys and by touch, in every language."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from agent.web.screen.strings import said
from tests.browser.house import House
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

NAMES = {
    "en": "June Smith",
    "fr": "Zo\u00e9 Roux",
    "ro": "\u0218tefan \u021aiu",
    "ru": "\u0410\u043d\u043d\u0430 \u041a\u043e\u0442\u043e\u0432\u0430",
}
BORN = date(1990, 12, 5)
CONSENTS = 4  # two purposes by two channels each
_phones = itertools.count(100)


def new_phone() -> str:
    """One of Ofcom's numbers for drama."""
    return f"07700900{next(_phones):03d}"


def take_reward(till: Screen) -> None:
    till.is_there("#member [data-reward=points-as-money]")
    if till.by == "keys":
        till.page.keyboard.press("r")
    else:
        till.hands.press("#member [data-reward=points-as-money]")


def card_step(till: Screen, step: str) -> None:
    """Open a step of the flow of cards and data."""
    till.hands.open("card")
    till.flow("card")
    till.is_there("#card-menu button")
    till.look("card menu")
    till.hands.press(f"#card-menu [data-action={step}]")
    till.is_there("#flow form:not([hidden]) button[type=submit]")
    till.look(f"card {step}")


def test_a_customer_joins_with_a_card_and_a_name(till: Screen, house: House) -> None:
    card, phone = house.new_card(), new_phone()
    till.hands.open("enrol")
    till.flow("enrol")
    till.look("enrol")
    house.swipe(card)
    till.shows(said("enrol_with_card", till.language), "#enrol-card")
    till.hands.fill("enrol-name", NAMES[till.language])
    till.hands.fill("enrol-phone", phone)
    till.hands.go()

    till.told("welcome")
    till.state("member")
    till.shows(NAMES[till.language].split()[0], "#member")
    (member,) = house.post("identify", phone=phone)["members"]
    assert member["status"] == "regular"
    till.hands.back()


def test_who_joins_says_his_birthday_and_what_we_may_write(till: Screen, house: House) -> None:
    phone = new_phone()
    till.hands.open("enrol")
    till.flow("enrol")
    till.hands.fill("enrol-phone", phone)
    for at in range(CONSENTS):
        till.hands.press(f"#enrol-consents input >> nth={at}")
    till.hands.press("#enrol-more summary")
    till.hands.date("enrol-birthday", BORN)
    till.look("enrol more")
    assert till.page.input_value("#enrol-birthday") == BORN.isoformat()
    till.hands.go()

    till.told("welcome_nobody")
    till.state("member")
    details = house.details(phone)
    assert details["has_birthday"]
    assert [one["given"] for one in details["consents"]] == [True] * CONSENTS
    till.hands.back()


def test_who_has_no_card_yet_sells_first_and_joins_with_the_new_one(till: Screen, house: House) -> None:
    till.swiped(house.new_card())
    till.is_there("#member .provisional, #member.provisional, .card.provisional")
    till.look("provisional")
    till.hands.open("enrol")
    till.flow("enrol")
    till.hands.fill("enrol-name", NAMES[till.language])
    till.hands.go()

    till.told("welcome")
    till.state("member")
    till.hands.back()


def test_a_member_is_found_by_phone(till: Screen, house: House) -> None:
    phone = new_phone()
    house.member(NAMES[till.language], phone=phone)
    till.hands.open("find")
    till.flow("find")
    till.look("find")
    till.hands.fill("find-text", phone)
    till.hands.go()

    till.state("member")
    till.hands.back()


def test_of_several_with_one_name_the_cashier_takes_one(till: Screen, house: House) -> None:
    for _ in range(2):
        house.member(NAMES[till.language], phone=new_phone())
    till.hands.open("find")
    till.flow("find")
    till.hands.fill("find-text", NAMES[till.language].split()[0])
    till.hands.go()
    till.is_there("#found button")
    till.look("found")
    till.hands.choose(2)

    till.state("member")
    till.hands.back()


def test_whose_payment_card_it_is_a_terminals_token_says(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova", points=600)
    house.post(f"members/{account}/pin", op=house.new_op(), pin="2580", card=house.card_id(card))
    token = f"V001A38K20152XGQ7{till.language.upper()}{till.by.upper()}"
    house.post(f"members/{account}/payment_tokens", op=house.new_op(), payment_token=token)
    house.post("identify", payment_token=token)

    till.state("member")
    till.shows("Ana", "#member")
    till.hands.amount("20.00")
    till.is_judged()
    take_reward(till)
    till.flow("proof")
    till.hands.fill("proof-pin", "2580")
    till.hands.go()
    till.told("redeemed")
    till.state("sale")
    till.is_judged()
    till.hands.go()

    till.told("recorded")
    assert house.balance(account) < 600


def test_nobody_found_is_said_in_a_line(till: Screen) -> None:
    till.hands.open("find")
    till.flow("find")
    till.hands.fill("find-text", "07700900999")
    till.hands.go()

    till.told("nobody_found")
    till.hands.back()


def test_who_was_found_spends_with_his_pin(till: Screen, house: House) -> None:
    phone = new_phone()
    account, card = house.member("Ana Testova", points=600, phone=phone)
    house.post(f"members/{account}/pin", op=house.new_op(), pin="2580", card=house.card_id(card))
    till.hands.open("find")
    till.hands.fill("find-text", phone)
    till.hands.go()
    till.state("member")
    till.hands.amount("20.00")
    till.is_judged()
    take_reward(till)
    till.flow("proof")
    till.look("proof")
    till.hands.fill("proof-pin", "2580")
    till.hands.go()

    till.told("redeemed")
    till.state("sale")
    till.is_judged()
    till.hands.go()
    till.told("recorded")
    assert house.balance(account) < 600


def test_a_lost_card_is_replaced_when_a_supervisor_agrees(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova", points=10)
    new = house.new_card()
    till.swiped(card)
    card_step(till, "replace")
    house.swipe(new)
    till.approved("approve_replace_card")

    till.told("card_replaced")
    till.state("member")
    till.hands.back()
    till.state("idle")
    till.swiped(new)
    assert till.page.get_attribute("[data-panel=member]", "data-account") == account
    till.hands.back()


def test_a_lost_card_is_blocked(till: Screen, house: House) -> None:
    _, card = house.member("Ana Testova")
    till.swiped(card)
    card_step(till, "block")
    till.hands.press("#flow [data-form=cards] button[type=submit]")

    till.told("card_blocked")
    till.state("member")
    till.hands.back()
    till.state("idle")
    house.swipe(card)
    till.told("notice_blocked_card")


def test_another_card_of_the_family_is_linked(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    second = house.new_card()
    till.swiped(card)
    card_step(till, "link")
    house.swipe(second)

    till.told("card_linked")
    till.state("member")
    (member,) = house.post("identify", card=second)["members"]
    assert member["account"] == account
    till.hands.back()


def test_a_name_is_corrected(till: Screen, house: House) -> None:
    _, card = house.member("Ana Testova")
    till.swiped(card)
    card_step(till, "correct")
    till.hands.fill("card-name", NAMES[till.language])
    till.hands.go()

    till.told("data_corrected")
    till.state("member")
    till.shows(NAMES[till.language].split()[0], "#member")
    till.hands.back()


def test_a_birthday_is_corrected(till: Screen, house: House) -> None:
    phone = new_phone()
    _, card = house.member("Ana Testova", phone=phone)
    till.swiped(card)
    card_step(till, "correct")
    till.hands.date("card-birthday", BORN)
    assert till.page.input_value("#card-birthday") == BORN.isoformat()
    till.hands.go()

    till.told("data_corrected")
    till.state("member")
    assert house.details(phone)["has_birthday"]
    till.hands.back()


def test_what_we_may_write_is_said_anew(till: Screen, house: House) -> None:
    _, card = house.member("Ana Testova")
    till.swiped(card)
    card_step(till, "consents")
    if till.by == "keys":
        till.hands.press("#card-questions input >> nth=0")
    else:
        till.hands.press("#card-questions label >> nth=0")
    till.hands.go()

    till.told("consents_kept")
    till.state("member")
    till.hands.back()


def test_a_member_gets_a_new_pin(till: Screen, house: House) -> None:
    _, card = house.member("Ana Testova")
    till.swiped(card)
    card_step(till, "pin")
    till.hands.fill("card-pin", "2580")
    till.hands.go()

    till.told("pin_set")
    till.state("member")
    till.hands.back()


def test_a_member_leaves_and_nothing_of_him_is_shown(till: Screen, house: House) -> None:
    phone = new_phone()
    _, card = house.member("Ana Testova", phone=phone)
    till.swiped(card)
    card_step(till, "leave")
    till.hands.press("#flow [data-form=leave] button[type=submit]")
    till.approved("approve_leave")

    till.told("has_left")
    till.state("idle")
    assert house.post("identify", phone=phone)["members"] == []
