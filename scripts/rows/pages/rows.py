"""`panel_p95`, `first_paint`: from the bytes of a card to its panel in Chromium; from asking for the page to its paint.

The till has 1,000,000 members (TALLYSTICK_ENTRIES says ten times as many), each card is another one's, and nothing of
the ledger was read before. The baseline is a bare page with the same events, in turn. Both want Debian's Chromium.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.upkeep.replay.feed import card_number
from agent.upkeep.running import Running
from agent.web.tokens import Scope, Tokens
from rows.large.ledger import Size, large_ledger
from rows.large.till import LARGE, agent
from rows.pages.bare import bare_page
from rows.row import Row, paired, percentile
from tests.browser.chromium import browser, why_no_browser
from tests.drivers.serial_line import SerialLine

if TYPE_CHECKING:
    from playwright.sync_api import Page

READS = 200
WARM_UP = 10
LOADS = 11
PAUSE_MS = 60  # between two cards
WAIT_S = 10.0
TOKEN = "bench-screen"  # noqa: S105 - its name
_DEVICE = """
[[device]]
name = "scanner"
driver = "serial_scanner"
path = "{path}"
settle_s = 0
"""
# When the panel is there and the frame with it was handed over, in milliseconds of the wall clock.
_WATCH: Final = """() => {
  window.seenAt = null;
  new MutationObserver(() => {
    if (!document.getElementById('who') || window.seenAt) return;
    requestAnimationFrame(() => setTimeout(() => { window.seenAt ??= performance.timeOrigin + performance.now(); }));
  }).observe(document.getElementById('member'), { childList: true, subtree: true });
}"""
_PAINTED: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def panel_p95(folder: Path) -> list[Row]:
    """Milliseconds from writing a card's bytes to a reader's line until its member is painted, p50 and p95."""
    if _is_without_browser("panel_p95"):
        return []
    members = random.sample(range(Size(LARGE).members), WARM_UP + READS)
    with _pages(folder) as pages:
        till, bare = pages
        found = [(till.after(member), bare.after(member)) for member in members][WARM_UP:]
    ours, theirs = ([pair[which] for pair in found] for which in (0, 1))
    rows = []
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        value, baseline = percentile(ours, share), percentile(theirs, share)
        rows.append(Row("panel_p95", value, f"ms {name}", baseline, value / baseline))
    return rows


def first_paint(folder: Path) -> list[Row]:
    """Milliseconds from asking for the screen to its first paint with anything on it."""
    if _is_without_browser("first_paint"):
        return []
    with _pages(folder) as pages:
        till, bare = pages
        till.painted()  # once before: nobody waits for the first of a day
        return [paired("first_paint", "ms", lambda _: till.painted(), lambda _: bare.painted(), pairs=LOADS)]


class _Watched:
    """A page, and the line of the reader whose cards it shows."""

    def __init__(self, page: Page, line: SerialLine) -> None:
        self._page = page
        self._line = line
        self._url = page.url
        page.evaluate(_WATCH)

    def after(self, member: int) -> float:
        """Show a member's card and return after how many milliseconds his panel was painted."""
        self._page.keyboard.press("Escape")
        self._page.wait_for_timeout(PAUSE_MS)
        behind = self._clock_behind()
        self._page.evaluate("() => { document.getElementById('who')?.remove(); window.seenAt = null; }")
        self._page.wait_for_timeout(PAUSE_MS)
        sent = time.time() * 1000
        self._line.send(card_number(member).encode() + b"\r")
        until = time.monotonic() + WAIT_S
        while (seen := self._page.evaluate("window.seenAt")) is None:
            if time.monotonic() > until:
                raise TimeoutError(f"no panel for member {member}: {self._page.inner_text('body')[:400]}")
            self._page.wait_for_timeout(PAUSE_MS)  # the page is left alone meanwhile
        return float(seen) + behind - sent

    def painted(self) -> float:
        """Load the page and return when it was painted."""
        self._page.goto(self._url)
        until = time.monotonic() + WAIT_S
        while (at := self._page.evaluate(_PAINTED)) is None:
            if time.monotonic() > until:
                raise TimeoutError("the page was never painted")
            self._page.wait_for_timeout(PAUSE_MS)
        return float(at)

    def _clock_behind(self) -> float:
        """How far the page's clock is behind ours, within half of a round trip."""
        best = (float("inf"), 0.0)
        for _ in range(5):
            before = time.time() * 1000
            theirs = float(self._page.evaluate("performance.timeOrigin + performance.now()"))
            after = time.time() * 1000
            best = min(best, (after - before, (before + after) / 2 - theirs))
        return best[1]


@contextmanager
def _pages(folder: Path) -> Iterator[tuple[_Watched, _Watched]]:
    """Open the screen of a large till, and the bare page."""
    ledger = large_ledger(LARGE)
    tokens = Tokens(ledger / "tokens.json")
    with ExitStack() as stack:
        lines = []
        for name in ("till", "bare"):
            (folder / name).mkdir()
            lines.append(stack.enter_context(SerialLine(folder / name)))
        running = stack.enter_context(agent(ledger, folder, devices=_DEVICE.format(path=lines[0].path)))
        tokens.replace(Scope.SCREEN, TOKEN)
        bare = stack.enter_context(bare_page(lines[1].path))
        chromium = stack.enter_context(browser())
        pages = [chromium.new_context().new_page() for _ in lines]
        pages[0].goto(f"{running.url}/enter?code={tokens.one_time_code(TOKEN)}")
        pages[0].wait_for_url(f"{running.url}/")
        pages[0].locator("html[data-ready]").wait_for()
        pages[1].goto(bare)
        _until_enabled(running)
        yield _Watched(pages[0], lines[0]), _Watched(pages[1], lines[1])


def _until_enabled(running: Running) -> None:
    until = time.monotonic() + WAIT_S
    while any(device["status"] != "enabled" for device in running.ask("GET", "/v1/status")["devices"]):
        if time.monotonic() > until:
            raise TimeoutError("the reader did not come up")
        time.sleep(0.05)


def _is_without_browser(row: str) -> bool:
    why = why_no_browser()
    if why is not None:
        print(f"{row}: {why}", file=sys.stderr)
    return why is not None
