"""What should not happen at a till, and does: each has a sentence on the screen."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from agent.web.screen.strings import said
from tests.browser.house import House
from tests.browser.screen import Screen, screen
from tests.till_files import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.browser

PAYMENT_CARD = "4111111111111111"  # published for tests
LABEL = "5000112637922"  # of some article


@pytest.fixture
def till(chromium: Browser, house: House, language: str) -> Iterator[Screen]:
    """A cashier's screen on which nothing is begun, in every language."""
    with screen(chromium, house, language=language) as opened:
        opened.state("idle")
        yield opened
        opened.hands.back()
        opened.state("idle")


@pytest.fixture
def english(chromium: Browser, house: House) -> Iterator[Screen]:
    """The same in one language."""
    with screen(chromium, house) as opened:
        opened.state("idle")
        yield opened


def begin(till: Screen, house: House, amount: str) -> str:
    """Begin a member's sale; returns the account."""
    account, card = house.member("Ana Testova")
    till.swiped(card)
    till.hands.amount(amount)
    till.state("sale")
    till.is_judged()
    return account


def test_two_cards_at_once_are_asked_about(till: Screen, house: House) -> None:
    (_, first), (other, second) = house.member("Ana Testova"), house.member("Ion Rusu")

    house.swipe(first)
    house.swipe(second)

    till.state("found")
    till.shows(said("two_cards", till.language), "#member")
    till.look("two cards")
    till.hands.choose(2)
    till.state("member")
    assert till.page.get_attribute("[data-panel=member]", "data-account") == other


def test_a_card_in_mid_sale_is_not_taken(till: Screen, house: House) -> None:
    account = begin(till, house, "10.00")
    _, other = house.member("Ion Rusu")

    house.swipe(other)

    till.told("notice_mid_sale")
    till.look("mid sale")
    till.state("sale")
    assert till.page.get_attribute("[data-panel=member]", "data-account") == account


def test_a_label_of_an_article_is_no_card(till: Screen, house: House) -> None:
    house.scan(LABEL)

    till.told("notice_unknown_card")
    till.look("unknown card")


def test_a_reader_that_types_puts_nothing_into_the_amount(till: Screen) -> None:
    till.page.keyboard.type(f"https://example.com/{LABEL}")
    till.page.keyboard.press("Enter")

    till.told("scan_of_something")
    assert till.page.input_value("#amount") == ""


def test_a_bank_card_is_said_to_be_one_and_no_digit_of_it_is_shown(till: Screen, house: House) -> None:
    house.swipe(f"{PAYMENT_CARD}=49121010000000000000")

    till.told("bank_card")
    till.look("bank card")
    assert PAYMENT_CARD not in till.page.content()
    assert PAYMENT_CARD not in house.log


def test_half_a_swipe_is_to_be_swiped_again(till: Screen, house: House) -> None:
    house.swipe_half()

    till.told("notice_swipe_again")


def test_what_is_read_while_the_page_comes_up_is_said_when_it_is_there(till: Screen, house: House) -> None:
    def late(route: Route) -> None:
        house.swipe_half()
        wait_until(lambda: house.noticed_of_late("swipe_again"))
        route.continue_()

    till.page.route("**/v1/events", late)
    till.page.reload()

    till.told("notice_swipe_again")


def test_a_notice_outlives_the_end_of_another_screens_sale(english: Screen, chromium: Browser, house: House) -> None:
    with screen(chromium, house) as other:
        begin(english, house, "10.00")
        other.told("other_screen")
        house.swipe(f"{PAYMENT_CARD}=49121010000000000000")
        other.told("bank_card")

        english.hands.go()

        english.state("idle")
        other.state("idle")
        other.told("bank_card")


def test_a_voucher_without_a_sale_waits_for_its_amount(till: Screen, house: House) -> None:
    house.scan(house.voucher())

    till.told("amount_first")


def test_a_voucher_from_a_reader_that_types_is_spent_in_the_sale(english: Screen, house: House) -> None:
    code = house.voucher()
    english.hands.amount("9.00")
    english.is_judged()
    english.page.keyboard.type(code)
    english.page.keyboard.press("Enter")

    english.told("redeemed")
    english.until("() => /7[.]00/.test(document.getElementById('sums').textContent)")
    english.hands.back()
    english.state("idle")


def test_a_voucher_is_spent_by_the_screen_that_is_at_the_sale(english: Screen, chromium: Browser, house: House) -> None:
    with screen(chromium, house) as other:
        begin(english, house, "9.00")
        other.told("other_screen")

        house.scan(house.voucher())

        english.told("redeemed")
        other.shows("7.00", "#sums")
        other.told("other_screen")
    english.hands.back()
    english.state("idle")


def test_a_blocked_card_is_said_to_be_blocked(till: Screen, house: House) -> None:
    account, card = house.member("Ana Testova")
    house.post(f"members/{account}/cards/block", op=house.new_op(), lost=house.card_id(card))

    house.swipe(card)

    till.told("notice_blocked_card")
    till.look("blocked")


def test_an_amount_that_is_none_is_said_to_be_none(till: Screen) -> None:
    till.hands.amount("1.234")
    till.hands.go()

    till.told("no_amount")


def test_a_customer_who_went_away_is_put_away_after_a_while(chromium: Browser, house: House) -> None:
    _, card = house.member("Ana Testova")
    with screen(chromium, house, clock=True) as till:
        till.swiped(card)

        till.page.clock.run_for("16:00")

        till.state("idle")


def test_a_tab_that_was_left_open_over_night_is_loaded_anew(chromium: Browser, house: House) -> None:
    with screen(chromium, house, clock=True) as till:
        till.page.evaluate("window.loadedBefore = true")

        till.page.clock.fast_forward("24:00:00")

        till.until("() => !window.loadedBefore && document.documentElement.dataset.ready")
        _, card = house.member("Ana Testova")
        till.swiped(card)
        till.hands.back()
        till.state("idle")


def test_a_sale_of_yesterday_is_said_to_be_one(chromium: Browser, house: House) -> None:
    with screen(chromium, house, clock=True) as till:
        begin(till, house, "10.00")

        till.page.clock.fast_forward("24:00:00")

        till.told("of_yesterday")
        till.state("sale")
        till.hands.back()
        till.state("idle")


def test_a_sale_outlives_the_agent_and_counts_once(english: Screen, house: House) -> None:
    account = begin(english, house, "10.00")

    house.stop(signal.SIGKILL)
    english.is_there("body.silent #chips .bad")
    english.look("silent")
    english.hands.go()
    english.told("agent_silent")
    english.state("sending")
    house.start()
    english.until("() => !document.body.classList.contains('silent')")
    english.until("() => document.body.dataset.state !== 'sending'")

    english.state("idle")
    assert house.balance(account) == 10


def test_what_was_begun_is_there_when_the_agent_is_back(english: Screen, house: House) -> None:
    account = begin(english, house, "10.00")

    house.stop(signal.SIGKILL)
    english.is_there("body.silent #chips .bad")
    house.start()
    english.until("() => !document.body.classList.contains('silent')")

    english.state("sale")
    english.shows("Ana", "#member")
    english.is_judged()
    english.hands.go()
    english.told("recorded")
    assert house.balance(account) == 10


def test_two_browsers_on_one_till_sell_a_sale_once(english: Screen, chromium: Browser, house: House) -> None:
    with screen(chromium, house) as other:
        account = begin(english, house, "10.00")

        other.state("sale")
        other.told("other_screen")
        other.shows("Ana", "#member")
        other.look("another screen")
        other.is_judged()
        english.hands.go()
        other.hands.go()

        english.state("idle")
        other.state("idle")
    assert house.balance(account) == 10


def test_a_second_screen_may_go_on_with_the_amount(english: Screen, chromium: Browser, house: House) -> None:
    with screen(chromium, house) as other:
        account = begin(english, house, "10.00")
        other.state("sale")
        other.is_judged()

        other.hands.fill("amount", "7.00")

        english.until("() => /7[.]00/.test(document.getElementById('sums').textContent)")
        english.told("other_screen")
        other.is_judged()
        other.hands.go()
        other.state("idle")
        english.state("idle")
    assert house.balance(account) == 7


def test_nobody_comes_in_twice_by_the_same_address(chromium: Browser, house: House) -> None:
    address = house.entering()
    context = chromium.new_context()
    context.new_page().goto(address)
    stranger = chromium.new_context()
    page = stranger.new_page()
    page.goto(address)

    assert re.search(r"tally token enter", page.inner_text("body"))
    context.close()
    stranger.close()
