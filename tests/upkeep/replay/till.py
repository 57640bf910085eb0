"""A small till for the replay's tests: the local API over real HTTP, a reader on a real pseudo-terminal.

It keeps what it acknowledged when it is killed, and can be told to lose answers and events.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import select
import socket
import termios
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

TOKEN = "pos-token"
LISTEN_POLL_S = 0.02
_ASIDE = {
    "op": "1",
    "aside": True,
    "text": "Sold without loyalty",
    "why": {"code": "no_room", "message": "the disk is full", "hint": "make room"},
}


@dataclass
class Book:
    """What survives a kill: the answer to each op, in order."""

    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def record(self, body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """Record `body` once under its op."""
        op = body["op"]
        if op in self.bodies:
            assert self.bodies[op] == body, f"{op} came with other content"
            return {**self.answers[op], "repeated": True}
        self.bodies[op], self.answers[op] = body, {**answer, "repeated": False}
        return self.answers[op]


def account_of(card: str) -> str:
    """Return the account the till has for a card number."""
    return hashlib.sha256(card.encode()).hexdigest()[:16]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment for head and body
    server: _Server

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name in the standard library
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        till = self.server.till
        if till.lose_request(body):
            self._hang_up()
            return
        if till.keep_aside(body):
            status, answer = 202, _ASIDE
        else:
            status, answer = till.answer(self.path, body, self.headers["Authorization"])
        if till.lose_answer(body):
            self._hang_up()
            return
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == f"Bearer {TOKEN}" else 401)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return
        self.wfile.write(b": hello\n\n")
        events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.server.till.listeners.append(events)
        self.wfile.flush()
        with suppress(OSError):
            while event := events.get():
                self.wfile.write(event)
                self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], till: Till) -> None:
        self.till = till
        self.open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a killed till's connections end anyhow


def _never(_: dict[str, Any]) -> bool:
    return False


class Till:
    """The till; `scanner` is the path that names its serial scanner, if it has one."""

    def __init__(self, scanner: Path | None = None) -> None:
        self.book = Book()
        self.scanner = scanner
        self.lose_request: Callable[[dict[str, Any]], bool] = _never
        self.lose_answer: Callable[[dict[str, Any]], bool] = _never
        self.keep_aside: Callable[[dict[str, Any]], bool] = _never  # its ledger takes nothing then
        self.lose_reading: Callable[[str], bool] = lambda _: False
        self.on_reading: Callable[[str], dict[str, Any] | None] = lambda _: None  # a notice instead of the member
        self.readings: list[str] = []
        self.listeners: list[queue.SimpleQueue[bytes | None]] = []
        self._port = 0
        self._server: _Server | None = None
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """The address; it stays the same over a kill."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start, after `kill` on the same port."""
        self._stopped.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_port
        serve = threading.Thread(target=self._server.serve_forever, args=(LISTEN_POLL_S,))
        self._threads = [serve]
        if self.scanner is not None:
            self._threads.append(threading.Thread(target=self._scan, args=(self.scanner,)))
        for thread in self._threads:
            thread.start()

    def kill(self) -> None:
        """Go away at once: every connection ends in the middle of whatever it carried."""
        if self._server is None:
            return
        self._stopped.set()
        self._server.shutdown()
        for connection in list(self._server.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for events in self.listeners:
            events.put(None)
        self.listeners.clear()
        self._server.server_close()
        for thread in self._threads:
            thread.join()
        self._server = None

    def answer(self, path: str, body: dict[str, Any], authorization: str) -> tuple[int, dict[str, Any]]:
        """Answer one request of the local API: status and body."""
        if authorization != f"Bearer {TOKEN}":
            return 401, {"error": {"code": "not_allowed", "message": "unknown token", "hint": "tally token add"}}
        if path == "/v1/sales":
            return 200, self.book.record(body, {"total": sum(line["amount"] for line in body["lines"])})
        for line in body["lines"]:
            if "sale" in line and line["sale"] not in self.book.bodies:
                message = f"no sale {line['sale']!r}"
                return 404, {"error": {"code": "unknown", "message": message, "hint": "check the number"}}
        return 200, self.book.record(body, {"money": sum(self._money(line) for line in body["lines"])})

    def _money(self, line: dict[str, Any]) -> int:
        if "sale" not in line:
            return int(line["amount"])
        sold = self.book.bodies[line["sale"]]["lines"][line["line"]]
        return int(sold["amount"]) * int(line["quantity"]) // int(sold["quantity"])

    def read_card(self, card: str) -> None:
        """Do what a till does with a card's number: tell everyone who listens."""
        self.readings.append(card)
        if self.lose_reading(card):
            return
        notice = self.on_reading(card)
        member = {"account": account_of(card), "card": f"card-{account_of(card)[:8]}", "read": len(self.readings)}
        self.tell("member" if notice is None else "notice", member if notice is None else notice)

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to everyone who listens."""
        for events in list(self.listeners):
            events.put(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def _scan(self, scanner: Path) -> None:
        port = os.open(scanner, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port, termios.TCSANOW)
        pending = b""
        try:
            while not self._stopped.is_set():
                if not select.select([port], [], [], LISTEN_POLL_S)[0]:
                    continue
                *cards, pending = (pending + os.read(port, 256)).split(b"\r")
                for card in cards:
                    self.read_card(card.decode())
        finally:
            os.close(port)
