"""What can stand between a till and its headquarters: a line that cuts, doubles or garbles, and an impostor."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_CHUNK = 65536


class Fault(Enum):
    """What a bad line does to the next exchange."""

    CUT_REQUEST = "the request is cut in the middle and headquarters never hears it"
    LOSE_ANSWER = "headquarters acts on the request, and its answer is lost"
    CUT_ANSWER = "the answer is cut in the middle"
    GARBLE_ANSWER = "a byte of the answer's body is changed"
    TWICE = "the request arrives twice"


class BadLine:
    """A TCP proxy for one exchange a connection; `faults` are done to the next exchanges, one each."""

    def __init__(self, upstream: int) -> None:
        self._upstream = ("127.0.0.1", upstream)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.port = int(self._listening.getsockname()[1])
        self.faults: list[Fault] = []
        self.exchanges = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                till, _ = self._listening.accept()
            except OSError:
                return
            with till:
                till.settimeout(5)
                self._relay(till)

    def _relay(self, till: socket.socket) -> None:
        """Carry exchanges of one connection until one of them has a fault, or the till hangs up."""
        while request := _read_message(till):
            self.exchanges += 1
            fault = self.faults.pop(0) if self.faults else None
            if fault is Fault.CUT_REQUEST:
                with socket.create_connection(self._upstream) as hq:
                    hq.sendall(request[: len(request) // 2])
                return
            answer = self._ask(request)
            if fault is Fault.TWICE:
                answer = self._ask(request)
            if fault is Fault.LOSE_ANSWER:
                return
            if fault is Fault.CUT_ANSWER:
                till.sendall(answer[: len(answer) - 9])
                return
            if fault is Fault.GARBLE_ANSWER:
                answer = answer[:-3] + bytes([answer[-3] ^ 1]) + answer[-2:]
            till.sendall(answer)

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self._upstream, timeout=5) as hq:
            hq.sendall(request)
            return _read_message(hq)


def _read_message(sock: socket.socket) -> bytes:
    """Read one HTTP message with a Content-Length; b"" when the other side hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(_CHUNK)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0]):
        body += sock.recv(_CHUNK)
    return head + b"\r\n\r\n" + body


@contextmanager
def bad_line(address: str) -> Iterator[tuple[str, BadLine]]:
    """Give the address of a bad line to `address`, and the line itself."""
    line = BadLine(int(address.rpartition(":")[2]))
    line.start()
    try:
        yield f"http://127.0.0.1:{line.port}", line
    finally:
        line.stop()


@contextmanager
def impostor(status: int, body: bytes, headers: dict[str, str] | None = None) -> Iterator[str]:
    """Give the address of somebody who answers everything the same, as a portal or a thief does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
