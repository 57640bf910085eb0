"""A TCP proxy on loopback between a till and headquarters, which does to the next exchanges what bad networks do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 29\r\n\r\n<html>Accept our terms</html>"
GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nBad Gateway"
_CHUNK = 65_536
_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to one exchange; several things may be.

    `request_cut` and `answer_cut`: so many bytes arrive, and then the line is dead. `request_flip` and `answer_flip`:
    a bit of the byte there is changed (-1 is the last). `delay_s` before the answer. `twice`: the request arrives
    twice. `half_open`: headquarters acts, nothing comes back and nobody hangs up. `instead`: somebody else answers so,
    and headquarters hears nothing; `after`: so, when headquarters has acted. `single_bytes`: every byte travels alone.
    """

    request_cut: int | None = None
    answer_cut: int | None = None
    request_flip: int | None = None
    answer_flip: int | None = None
    delay_s: float = 0.0
    twice: bool = False
    half_open: bool = False
    instead: bytes | None = None
    after: bytes | None = None
    single_bytes: bool = False


class Proxy:
    """The proxy; `faults` are done to the next exchanges, one each. `last` is the last whole request and answer."""

    def __init__(self, upstream: int) -> None:
        self._upstream = ("127.0.0.1", upstream)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.faults: list[Fault] = []
        self.exchanges = 0
        self.last = (b"", b"")

    def start(self) -> None:
        self._begin(self._accept)

    def stop(self) -> None:
        self._stopping.set()
        for sock in (self._listening, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _begin(self, work: object, *args: socket.socket) -> None:
        thread = threading.Thread(target=work, args=args)  # type: ignore[arg-type]  # a bound method of ours
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                till, _ = self._listening.accept()
            except OSError:
                return
            self._open.add(till)
            self._begin(self._relay, till)

    def _relay(self, till: socket.socket) -> None:
        """Carry exchanges of one connection until a fault ends it, or the till hangs up."""
        with till, suppress(OSError):
            till.settimeout(_WAIT_S)
            till.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := _read_message(till)) and self._exchange(till, request):
                pass
        self._open.discard(till)

    def _exchange(self, till: socket.socket, request: bytes) -> bool:
        """Carry one exchange and say whether the connection goes on."""
        self.exchanges += 1
        fault = self.faults.pop(0) if self.faults else Fault()
        if fault.instead is not None:
            till.sendall(fault.instead)
            return True
        answer = self._ask(_flipped(request, fault.request_flip), fault)
        if fault.twice:
            answer = self._ask(request, fault)
        if fault.half_open:
            self._stopping.wait(_WAIT_S)
        if answer is None or fault.half_open:
            return False
        self.last = (request, answer)
        time.sleep(fault.delay_s)
        answer = _flipped(answer if fault.after is None else fault.after, fault.answer_flip)
        _send(till, answer[: fault.answer_cut], fault)
        return fault.answer_cut is None

    def _ask(self, request: bytes, fault: Fault) -> bytes | None:
        """Bring a request to headquarters and return the answer; None if the line was cut before it was whole."""
        with socket.create_connection(self._upstream, timeout=_WAIT_S) as hq:
            hq.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _send(hq, request[: fault.request_cut], fault)
            return _read_message(hq) if fault.request_cut is None else None


def _send(sock: socket.socket, data: bytes, fault: Fault) -> None:
    if not fault.single_bytes:
        sock.sendall(data)
        return
    for at in range(len(data)):
        sock.sendall(data[at : at + 1])


def _flipped(data: bytes, at: int | None) -> bytes:
    if at is None:
        return data
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


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
        chunk = sock.recv(_CHUNK)
        if not chunk:
            return b""
        body += chunk
    return head + b"\r\n\r\n" + body


@contextmanager
def proxy(address: str) -> Iterator[Proxy]:
    """Stand between a till and the headquarters at `address` for the block."""
    made = Proxy(int(address.rpartition(":")[2]))
    made.start()
    try:
        yield made
    finally:
        made.stop()
