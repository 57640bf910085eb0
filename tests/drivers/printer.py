"""Printers for tests: one that speaks ESC/POS, behind a TCP port or at the end of a serial line."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import Self

from tests.drivers.serial_line import SerialLine

_REQUEST = re.compile(
    rb"\x10\x04(?P<question>[\x01-\x04])|(?P<report>\x1da\xff)|\x1d\(H\x06\x0000(?P<process>.{4})", re.DOTALL
)
WELL = 0x12  # DLE EOT: the fixed bits alone say that nothing is wrong
ALL_WELL = b"\x10\x00\x00\x00"  # GS a: the same
STAR_WELL = bytes.fromhex("0f 06 00 00 00 00 00")  # seven bytes, version 3


class PrinterModel:
    """What any printer does with bytes: prints them, and answers requests. `silent` it answers nothing.

    `writes` are the pieces as they came, requests included. `confirms` is cleared while nothing can be printed.
    """

    def __init__(self) -> None:
        self.printed = bytearray()
        self.writes: list[bytes] = []
        self.silent = False
        self.confirms = True
        self.answers = {1: WELL, 2: WELL, 3: WELL, 4: WELL}
        self.automatic = ALL_WELL
        self.prefix = b""  # sent before every answer: automatic status, XON

    def be_out_of_paper(self) -> None:
        """Answer as an Epson printer does whose roll has ended."""
        self.answers |= {1: 0x1A, 2: 0x32, 4: 0x7E}
        self.automatic = b"\x18\x00\x0f\x00"
        self.confirms = False

    def open_cover(self) -> None:
        """Answer as with the cover open."""
        self.answers |= {1: 0x1A, 2: 0x16}
        self.automatic = b"\x38\x00\x00\x00"
        self.confirms = False

    def take(self, data: bytes) -> bytes:
        """Return the answers to `data`."""
        self.writes.append(data)
        self.printed += _REQUEST.sub(b"", data)
        return b"" if self.silent else b"".join(self._answer(found) for found in _REQUEST.finditer(data))

    def _answer(self, found: re.Match[bytes]) -> bytes:
        if found["question"]:
            answer = self.answers.get(found["question"][0])
            return b"" if answer is None else self.prefix + bytes([answer])
        if found["report"]:
            return self.automatic
        return b'7"' + found["process"] + b"\0" if self.confirms else b""


class StarModel(PrinterModel):
    """A printer that knows Star's language: it answers ESC ACK SOH, and nothing of Epson's."""

    REQUEST = b"\x1b\x06\x01"

    def __init__(self) -> None:
        super().__init__()
        self.automatic = STAR_WELL

    def be_out_of_paper(self) -> None:
        self.automatic = bytes.fromhex("0f 06 08 00 00 0c 00")

    def open_cover(self) -> None:
        self.automatic = bytes.fromhex("0f 06 28 00 00 00 00")

    def take(self, data: bytes) -> bytes:
        self.writes.append(data)
        self.printed += data.replace(self.REQUEST, b"")
        return b"" if self.silent else (self.prefix + self.automatic) * data.count(self.REQUEST)


class TcpPrinter:
    """A network printer: one connection at a time. `unplug` stops listening, `plug_in` listens again."""

    def __init__(self, model: PrinterModel) -> None:
        self.model = model
        self.port = 0
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.plug_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug_in(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(self._listener,), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Stop listening. Nothing happens if it does not."""
        if self._listener is not None and self._thread is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join(5)
            self._listener.close()
            self._listener = None

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # unplugged
            with connection, suppress(ConnectionResetError):  # who gives up does not say goodbye
                while data := connection.recv(65536):
                    connection.sendall(self.model.take(data))


class SerialPrinter:
    """A printer at the end of a line. `unplug` takes the line away, `plug_in` begins to answer on it."""

    def __init__(self, model: PrinterModel, line: SerialLine) -> None:
        self.model = model
        self._line = line
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def plug_in(self) -> None:
        """Make the line if it was taken away, and answer."""
        if not self._line.is_there:
            self._line.plug_in()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the line away. Nothing happens if it is not there."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join(5)
            self._thread = None
        self._line.unplug()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            if data := self._line.receive(0.02):
                self._line.send(self.model.take(data))
