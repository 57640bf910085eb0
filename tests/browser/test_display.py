"""The customer's display follows the sale, and shows nothing to find him by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from agent.web.screen.strings import said
from tests.browser.conftest import LANGUAGES
from tests.browser.house import DISPLAY, House
from tests.browser.screen import Screen, screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def display(chromium: Browser, house: House, language: str) -> Iterator[Screen]:
    with screen(chromium, house, language=language, token=DISPLAY, size=(1920, 1080)) as opened:
        yield opened


def test_the_display_greets_shows_the_sale_and_thanks(
    display: Screen, chromium: Browser, house: House, language: str
) -> None:
    phone = f"0770090050{LANGUAGES.index(language)}"
    _, card = house.member("Ana Testova", points=120, phone=phone)
    display.shows(said("display_welcome", language))
    display.look("display idle")
    with screen(chromium, house, language=language) as till:
        till.swiped(card)
        display.state("member")
        display.shows("Ana")
        display.shows("120")
        display.look("display member")
        till.hands.amount("10.00")
        display.state("sale")
        display.shows("+10")
        display.look("display sale")
        till.is_judged()
        till.hands.go()
        till.told("recorded")
        display.state("thanks")
        display.shows("130")
        display.look("display thanks")
    text = display.page.content()

    assert "Testova" not in text
    assert phone[-6:] not in text
    assert card not in text


def test_the_display_can_touch_nothing(display: Screen) -> None:
    sale = "{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }"
    status = display.page.evaluate(f"() => fetch('/v1/sales', {sale}).then((answer) => answer.status)")

    assert status == 403
