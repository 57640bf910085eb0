"""What lies below the letters on a small screen is reached by a finger that draws it up, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.house import House
from tests.browser.screen import Screen, screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SMALL = (800, 600)
DRAWN_BY, STEPS = 80, 8  # pixels, and in how many moves: slowly, so that nothing runs on
DRAWS_MAX = 20
_WHERE = """(selector) => {
  const one = document.querySelector(selector);
  const { left, top, width, height } = one.getBoundingClientRect();
  const [x, y] = [left + Math.min(width / 2, 100), top + height / 2];
  const seen = document.elementFromPoint(x, y);
  return { x, y, free: one === seen || one.contains(seen) };
}"""


@pytest.fixture
def till(chromium: Browser, house: House, language: str) -> Iterator[Screen]:
    with screen(chromium, house, language=language, by="touch", size=SMALL) as opened:
        opened.state("idle")
        yield opened


def draw_up(till: Screen) -> None:
    """Put a finger on the form, beside what can be pressed, and draw it up."""
    finger = till.page.context.new_cdp_session(till.page)
    x, y = SMALL[0] / 2, 220.0
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, STEPS + 1):
        moved = {"type": "touchMove", "touchPoints": [{"x": x, "y": y - step * DRAWN_BY / STEPS}]}
        finger.send("Input.dispatchTouchEvent", moved)
        till.page.wait_for_timeout(20)
    for _ in range(2):  # it rests before it lifts: a page that runs on takes the next touch for a halt
        till.page.wait_for_timeout(100)
        finger.send("Input.dispatchTouchEvent", moved)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    finger.detach()
    till.page.wait_for_timeout(100)


def touch(till: Screen, selector: str) -> None:
    """Touch something where it can be seen; Playwright's own tap would bring it into view itself."""
    till.page.wait_for_selector(selector, state="attached")
    for _ in range(DRAWS_MAX):
        found = till.page.evaluate(_WHERE, selector)
        if found["free"]:
            till.page.touchscreen.tap(found["x"], found["y"])
            return
        draw_up(till)
    raise AssertionError(f"no finger comes to {selector}")


def test_every_consent_is_ticked_below_the_letters(till: Screen) -> None:
    till.hands.open("enrol")
    till.flow("enrol")
    till.is_there("#flow #letters")
    count = till.page.locator("#enrol-consents label").count()

    for at in range(count):
        touch(till, f"#enrol-consents label:nth-of-type({at + 1})")

    assert count == 4
    assert till.page.locator("#enrol-consents input:checked").count() == count
    till.look("small enrol")
    till.hands.back()
    till.state("idle")


def test_what_can_wait_is_below_the_letters_too(till: Screen) -> None:
    till.hands.open("enrol")
    till.flow("enrol")

    touch(till, "#enrol-more summary")
    touch(till, "#enrol-birthday")
    touch(till, "[data-date=day-5]")
    touch(till, "[data-date=month-12]")
    touch(till, "[data-date=decade-199]")
    touch(till, "[data-date=year-0]")

    assert till.page.input_value("#enrol-birthday") == "1990-12-05"
    till.look("small birthday")
    till.hands.back()
    till.state("idle")
