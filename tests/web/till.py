"""A till that serves its API: a real ledger, a real uvicorn on a free port, and clients with tokens."""

from __future__ import annotations

import itertools
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx
import orjson

from agent.devices.loading import DeviceSetup
from agent.devices.supervision.report import DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.loyalty.programme import Programme
from agent.web.app import create_app
from agent.web.events import EventHub
from agent.web.server import WebServer
from agent.web.settings import WebSettings
from agent.web.status import StatusBoard
from agent.web.tokens import Scope, Tokens
from drivers import DRIVERS
from tests.counter.shops import Shop, open_shop, shop_programme

LISTED = "https://pos.example.com"
SERVED = WebSettings(port=0, origins=(LISTED,))
DEVICES = (DeviceSetup("slips", "simulated", {"category": "POSPrinter"}),)
LINE = {"article": "85123A", "quantity": 2, "amount": 1530}
WAIT_S = 5.0


class WebTill:
    """A served shop with a simulated printer, on which a drawer may hang. `secrets` holds a token per scope."""

    def __init__(self, shop: Shop, folder: Path, settings: WebSettings, *, drawer: str | None = "slips") -> None:
        self.shop = shop
        self.tokens = Tokens(folder / "tokens.json")
        self.secrets = {scope: self.tokens.add(scope, str(scope)) for scope in Scope}
        self.board = StatusBoard()
        self.events = EventHub()
        self.devices = Supervisor(DEVICES, DRIVERS, ranges=lambda: (), on_change=lambda _: None)
        self.app = create_app(
            shop.counter,
            devices=self.devices,
            drawer=drawer,
            tokens=self.tokens,
            board=self.board,
            events=self.events,
            settings=settings,
        )
        self.server = WebServer(self.app, settings)
        self._stack = ExitStack()
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.devices.start()
        self._stack.callback(self.devices.stop)
        self.server.start()
        self._stack.callback(self.server.stop)
        self.pos = self.client(Scope.POS)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def wait_for_devices(self) -> None:
        """Wait until every device is enabled."""
        until(lambda: {report.status for report in self.devices.reports()} == {DeviceStatus.ENABLED})

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def client(self, scope: Scope | None = None, **headers: str) -> httpx.Client:
        """A client with connections of its own, with the token of a scope or without any."""
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.secrets[scope]}"
        client = httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=WAIT_S, verify=_no_tls())
        return self._stack.enter_context(client)

    def page(self) -> httpx.Client:
        """A browser that came in on the screen's token: it has a cookie, and sends what our own page would."""
        page = self.client(None, **{"Origin": self.url, "Sec-Fetch-Site": "same-origin"})
        assert page.get("/enter", params={"code": self.tokens.one_time_code("screen")}).status_code == 200
        return page

    def post(self, path: str, **body: Any) -> Any:
        """Ask as point-of-sale software, and return the answer's JSON."""
        answer = self.pos.post(f"/v1/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, content: str | bytes) -> httpx.Response:
        """Send a body as it is."""
        return self.pos.post(f"/v1/{path}", content=content, headers={"Content-Type": "application/json"})

    def new_card(self) -> str:
        """A card of the programme that nobody has yet."""
        return f"9250{next(self._numbers):08d}"

    def new_op(self) -> str:
        return f"op-{next(self._numbers)}"

    def member(self, *, points: int = 0, name: str = "Ana Testova") -> str:
        """Enrol a member who has earned so many points, and return the account."""
        account = str(self.post("members", op=self.new_op(), name=name, card=self.new_card())["account"])
        if points:
            self.sell(account, amount=points * 100)
        return account

    def sell(self, account: str | None = None, *, amount: int = 1530) -> str:
        """Record a sale and return its op."""
        op = self.new_op()
        self.post("sales", op=op, account=account, lines=[{**LINE, "amount": amount}])
        return op


@cache
def _no_tls() -> ssl.SSLContext:
    """A context without certificates: reading the system's takes longer than most of these tests."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def serve(
    folder: Path,
    *,
    programme: Programme | None = None,
    settings: WebSettings = SERVED,
    drawer: str | None = "slips",
    ballast: int = 0,
) -> Iterator[WebTill]:
    """A till served from `folder`, with the test shop's programme unless another is given."""
    with (
        open_shop(folder, programme=programme or shop_programme(), ballast=ballast) as shop,
        WebTill(shop, folder, settings, drawer=drawer) as till,
    ):
        yield till


def error_of(answer: httpx.Response) -> dict[str, str]:
    """The error of an answer; it has a code, a message and a hint, and none of them is empty."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "text", "hint"}
    assert all(error.values())
    return dict(error)


@contextmanager
def listening(client: httpx.Client) -> Iterator[Iterator[tuple[str, Any]]]:
    """Listen to the events: (kind, data) one by one, from the moment this is entered."""
    with client.stream("GET", "/v1/events") as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    kind = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            kind = value
        elif field == "data":
            yield kind, orjson.loads(value)


def until(seen: Callable[[], bool]) -> None:
    """Wait for something that happens in another thread."""
    deadline = time.monotonic() + WAIT_S
    while not seen():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
