"""Debian's Chromium, driven by Playwright: no browser is downloaded, and nothing but loopback is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "evil.example"
CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # as root, as in a container, there is none to be had
    "--disable-gpu",
    "--disable-background-networking",
    f"--host-resolver-rules=MAP {HOSTILE} 127.0.0.1",  # as its own name server would say, once the page is there
)


def why_no_browser() -> str | None:
    """Say what to install if there is no browser to be driven, else None."""
    if not CHROMIUM.exists():
        return "Debian's package chromium is not installed: apt-get install chromium"
    if find_spec("playwright") is None:
        return "Playwright is not installed: scripts/test --browser installs it"
    return None


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a browser of its own; each page wants a context of its own in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


def axe_script() -> str:
    """Return axe-core as the package that brings it has it."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
