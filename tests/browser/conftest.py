from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import browser, why_no_browser
from tests.browser.house import House
from tests.browser.screen import Screen, screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LANGUAGES = ("en", "fr", "ro", "ru")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    missing = why_no_browser()
    assert missing is None, missing
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A till that the tests of a module share; each makes its own members and ends its own sales."""
    with House(tmp_path_factory.mktemp("house")) as till:
        yield till


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=("keys", "touch"))
def by(request: pytest.FixtureRequest) -> str:
    """Worked by what: the keyboard alone, or touch alone."""
    return str(request.param)


@pytest.fixture
def till(chromium: Browser, house: House, language: str, by: str) -> Iterator[Screen]:
    """A cashier's screen on which nothing is begun."""
    with screen(chromium, house, language=language, by=by) as opened:
        opened.put_away()
        yield opened
        opened.state("idle")
