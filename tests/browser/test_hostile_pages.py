"""A hostile web page in the till's own browser, which has the cashier's cookie: it reads and changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import HOSTILE
from tests.browser.house import House
from tests.browser.screen import Screen, screen
from tests.till_files import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

_SALE = '{"op":"hostile-1","lines":[{"article":"mug","quantity":1,"amount":1000}]}'
# Each in the ways a page has: with and without a preflight, as a form, as a stream, as a picture.
_TRIES = """async ([till, sale]) => {
  const json = { 'Content-Type': 'application/json' };
  const tries = [
    () => fetch(till + '/v1/sales', { method: 'POST', credentials: 'include', headers: json, body: sale }),
    () => fetch(till + '/v1/sales', { method: 'POST', credentials: 'include', mode: 'no-cors', body: sale }),
    () => fetch(till + '/v1/status', { credentials: 'include' }).then((answer) => answer.text()),
    () => fetch(till + '/screen/sale', { credentials: 'include' }).then((answer) => answer.text()),
    () => fetch(till + '/', { credentials: 'include' }).then((answer) => answer.text()),
    () => new Promise((resolve, refuse) => {
      const events = new EventSource(till + '/v1/events', { withCredentials: true });
      events.onopen = () => resolve('listens');
      events.onerror = () => refuse(new Error('no stream'));
    }),
  ];
  const read = [];
  for (const one of tries) {
    const answer = await one().catch(() => null);
    if (typeof answer === 'string') read.push(answer.slice(0, 200));
    else if (answer && answer.type !== 'opaque') read.push(String(answer.status));
  }
  return read;
}"""
_FORM = """([till, sale]) => {
  const sent = { action: till + '/v1/sales', method: 'POST', enctype: 'text/plain' };
  const form = Object.assign(document.createElement('form'), sent);
  form.append(Object.assign(document.createElement('input'), { name: sale.slice(0, -1) + ',"x":"', value: '"}' }));
  document.body.append(form);
  form.submit();
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Win a prize</title><body><iframe sandbox='allow-scripts'></iframe>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@contextmanager
def served() -> Iterator[int]:
    """Serve a hostile page; gives the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield int(server.server_port)
        server.shutdown()
        thread.join()


@pytest.fixture
def cashier(chromium: Browser, house: House) -> Iterator[Screen]:
    """A screen that is in; the hostile page is opened beside it."""
    with screen(chromium, house) as opened:
        yield opened


@pytest.fixture
def entries(house: House) -> Iterator[None]:
    """Nothing may be written meanwhile."""
    before = house.running.ask("GET", "/v1/status")["journal"]["seq"]
    yield
    assert house.running.ask("GET", "/v1/status")["journal"]["seq"] == before


def beside(cashier: Screen, address: str) -> Page:
    """Open another page in the cashier's browser."""
    page = cashier.page.context.new_page()
    page.goto(address)
    return page


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("host", ["127.0.0.1", HOSTILE])
def test_another_page_reads_nothing_and_sells_nothing(cashier: Screen, house: House, host: str) -> None:
    with served() as port:
        page = beside(cashier, f"http://{host}:{port}/")

        assert page.evaluate(_TRIES, [house.url, _SALE]) == []
        page.evaluate(_FORM, [house.url, _SALE])
        page.wait_for_url(f"{house.url}/**")
        assert "error" in page.inner_text("body")
        page.close()

    wait_until(lambda: "refused=foreign_origin" in house.log)


@pytest.mark.usefixtures("entries")
def test_a_page_without_an_origin_reads_nothing(cashier: Screen, house: House) -> None:
    with served() as port:
        page = beside(cashier, f"http://127.0.0.1:{port}/")
        inner = page.frames[1]

        assert inner.evaluate("() => self.origin") == "null"
        assert inner.evaluate(_TRIES, [house.url, _SALE]) == []
        page.close()


@pytest.mark.usefixtures("entries")
def test_a_name_that_is_bound_to_this_machine_is_refused(cashier: Screen, house: House) -> None:
    page = beside(cashier, f"http://{HOSTILE}:{house.port}/")

    assert "error" in page.inner_text("body")
    assert page.evaluate("() => fetch('/v1/status').then((answer) => answer.status)") >= 400
    page.close()

    wait_until(lambda: f"host={HOSTILE}:{house.port}" in house.log)


def test_no_page_puts_the_screen_into_a_frame(cashier: Screen, house: House) -> None:
    with served() as port:
        page = beside(cashier, f"http://127.0.0.1:{port}/")
        page.evaluate(
            "(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))",
            house.url,
        )
        page.wait_for_timeout(500)

        assert all("amount" not in frame.content() for frame in page.frames[2:])
        page.close()
