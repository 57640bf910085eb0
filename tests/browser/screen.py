"""A browser tab with the cashier's screen, or the customer's display: what it shows, and what axe says of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from agent.slips.texts import error_text
from agent.web.screen.strings import STRINGS, said
from tests.browser.chromium import axe_script
from tests.browser.hands import HANDS, Hands
from tests.browser.house import SCREEN, SUPERVISOR, SUPERVISOR_PIN, House

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

SIZE = (1024, 768)
PATIENCE_S = 15.0
LOOK_MS = 20
SETTLED_MS = 300  # after coming in, until the agent has said how the sale at hand stands
_REFUSED = re.compile("Failed to load resource: (the server responded with a status of 4|net::ERR_)")
_LOOKED: set[tuple[str, str, str]] = set()  # axe has looked at this state in this language, for these hands
_axe = cache(axe_script)
_WIDER = """() => [document.documentElement, ...document.querySelectorAll('main, section, button, h2')]
    .filter((one) => one.offsetParent !== null || one === document.documentElement)
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .map((one) => `${one.tagName}#${one.id} ${one.textContent.trim().slice(0, 40)}`)"""
_SMALL = """() => [...document.querySelectorAll('button, select, input:not([type=checkbox]), label.tick, summary')]
    .filter((one) => one.offsetParent !== null && !one.closest('#letters'))
    .filter((one) => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 43.5)
    .map((one) => one.outerHTML.slice(0, 80))"""


@dataclass
class Screen:
    """A tab in a language, worked by keyboard or by touch (`hands`)."""

    house: House
    page: Page
    language: str
    by: str
    hands: Hands
    faults: list[str] = field(default_factory=list)

    def say(self, key: str) -> str:
        """Return a string of the screen, up to the first thing that is filled in."""
        string = STRINGS.get(key)
        text = error_text(key, self.language) if string is None else said(key, self.language)
        return text.partition("{")[0].strip()

    def told(self, key: str) -> None:
        """Wait until the line at the foot says this."""
        self.until(
            "(text) => document.getElementById('notice').textContent.toLowerCase().includes(text.toLowerCase())",
            self.say(key),
        )

    def state(self, wanted: str) -> None:
        """Wait for a state of the till: idle, found, member, sale, sending; nothing lies over it."""
        self.until("(state) => document.body?.dataset.state === state && !document.body.dataset.flow", wanted)

    def flow(self, wanted: str) -> None:
        """Wait until a flow is open."""
        self.until("(flow) => document.body.dataset.flow === flow", wanted)

    def shows(self, text: str, within: str = "body") -> None:
        """Wait until something stands on the screen."""
        self.until("([text, within]) => document.querySelector(within)?.innerText.includes(text)", [text, within])

    def is_there(self, selector: str) -> None:
        """Wait until something is to be seen."""
        self.page.locator(selector).first.wait_for(state="visible", timeout=PATIENCE_S * 1000)

    def is_judged(self) -> None:
        """Wait until the agent has said what the sale brings, or is worth."""
        self.until("() => !document.getElementById('done').disabled")
        self.page.wait_for_timeout(250)  # the amount is taken over 120 ms after the last key

    def swiped(self, card: str) -> None:
        """Draw a card and wait for its member."""
        self.house.swipe(card)
        self.state("member")

    def approved(self, why: str) -> None:
        """Have the supervisor give his word; `why` is the string that says what for."""
        self.is_there("#approval")
        self.shows(said(why, self.language), "#approval")
        self.look("approval")
        self.hands.fill("approval-id", SUPERVISOR)
        self.hands.fill("approval-pin", SUPERVISOR_PIN)
        self.hands.go()

    def put_away(self) -> None:
        """Begin with nothing, whatever a test that failed has left."""
        self.page.wait_for_timeout(SETTLED_MS)
        self.page.keyboard.press("Escape")
        self.state("idle")

    def look(self, name: str) -> None:
        """Check a state: axe finds no fault, nothing runs out of its box, nothing is too small for a finger."""
        seen = (name, self.language, self.by)
        if seen in _LOOKED:
            return
        _LOOKED.add(seen)
        self.page.wait_for_timeout(100)
        self.page.evaluate(_axe())
        found: dict[str, Any] = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        faults = [_fault(violation) for violation in found["violations"]]
        assert faults == [], f"axe, {seen}: {faults}"
        assert self.page.evaluate(_WIDER) == [], f"wider than its box, {seen}"
        if self.by == "touch":
            assert self.page.evaluate(_SMALL) == [], f"too small for a finger, {seen}"

    def until(self, what: str, given: Any = None) -> None:
        """Wait until a function of the page says yes. Playwright's own wait evaluates texts, which the page forbids."""
        until = time.monotonic() + PATIENCE_S
        while not self._says_yes(what, given):
            assert time.monotonic() < until, f"{what} for {given!r} did not come true; {self.as_text()}"
            self.page.wait_for_timeout(LOOK_MS)

    def _says_yes(self, what: str, given: Any) -> bool:
        from playwright.sync_api import Error

        try:
            return bool(self.page.evaluate(what, given))
        except Error as error:  # the page is just being loaded anew
            if "context was destroyed" not in str(error):
                raise
            return False

    def as_text(self) -> str:
        """What is to be seen, for whoever reads why a test failed."""
        now = self.page.evaluate(
            "() => ({ ...document.body.dataset, strings: '', settings: '', text: document.body.innerText })"
        )
        return (
            f"state {now.get('state')}, flow {now.get('flow')}, faults {self.faults}: {' | '.join(now['text'].split())}"
        )


@contextmanager
def screen(
    browser: Browser,
    house: House,
    *,
    language: str = "en",
    by: str = "keys",
    token: str = SCREEN,
    size: tuple[int, int] = SIZE,
    clock: bool = False,
) -> Iterator[Screen]:
    """Open a tab on the till and come in; nothing may be wrong in its console at the end.

    With `clock` the page's time is the test's to move.
    """
    viewport = {"width": size[0], "height": size[1]}
    touch = by == "touch"
    context = browser.new_context(viewport=viewport, has_touch=touch, is_mobile=touch)
    context.add_cookies([{"name": "tally_language", "value": language, "url": house.url}])
    page = context.new_page()
    if clock:
        page.clock.install()
    opened = Screen(house, page, language, by, HANDS[by](page))
    page.on("pageerror", lambda error: opened.faults.append(str(error)))
    page.on("console", lambda message: _note(opened, message))
    try:
        page.goto(house.entering(token))
        opened.until("() => document.documentElement?.dataset.ready || document.body?.classList.contains('display')")
        yield opened
        assert opened.faults == [], opened.faults
    finally:
        context.close()


def _note(opened: Screen, message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"} and not _REFUSED.match(message.text):
        opened.faults.append(message.text)


def _fault(violation: dict[str, Any]) -> str:
    nodes = ", ".join(node["html"][:100] for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {nodes}"
