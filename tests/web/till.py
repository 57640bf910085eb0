"""A till that serves its API: a real ledger, a real uvicorn on a free port, and clients with tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from agent.loyalty.programme import Programme
from agent.web import EventHub, Scope, StatusBoard, Tokens, WebSettings
from agent.web.app import create_app
from agent.web.server import WebServer
from tests.counter.shops import CARD, Shop, open_shop, shop_programme

LISTED = "https://pos.example.com"
LINE = {"article": "85123A", "quantity": 2, "amount": 1530}


class WebTill:
    """A served shop. `secrets` holds a token per scope, named like the scope."""

    def __init__(self, shop: Shop, folder: Path, settings: WebSettings) -> None:
        self.shop = shop
        self.tokens = Tokens(folder / "tokens.json")
        self.secrets = {scope: self.tokens.add(scope, str(scope)) for scope in Scope}
        self.board = StatusBoard()
        self.events = EventHub()
        self.app = create_app(
            shop.counter, tokens=self.tokens, board=self.board, events=self.events, settings=settings
        )
        self.server = WebServer(self.app, settings)
        self._stack = ExitStack()

    def __enter__(self) -> WebTill:
        self.server.start()
        self._stack.callback(self.server.stop)
        self.pos = self.client(Scope.POS)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def client(self, scope: Scope | None = None, **headers: str) -> httpx.Client:
        """A client of its own connection, with the token of a scope or without any."""
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.secrets[scope]}"
        client = httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=5)
        return self._stack.enter_context(client)

    def post(self, path: str, **body: Any) -> Any:
        """Ask as point-of-sale software, and return the answer's JSON."""
        answer = self.pos.post(f"/v1/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def member(self, card: str = CARD) -> str:
        """Enrol a member and return the account."""
        return str(self.post("members", op=f"enrol-{card}", name="Ana Testova", card=card)["account"])


@contextmanager
def serve(
    folder: Path, *, programme: Programme | None = None, settings: WebSettings | None = None
) -> Iterator[WebTill]:
    """A till served from `folder`, with the test shop's programme unless another is given."""
    with open_shop(folder, programme=programme or shop_programme()) as shop:
        with WebTill(shop, folder, settings or WebSettings(port=0, origins=(LISTED,))) as till:
            yield till


def error_of(answer: httpx.Response) -> dict[str, str]:
    """The error of an answer; it has a code, a message and a hint, all said."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "hint"}
    assert all(error.values())
    return dict(error)
