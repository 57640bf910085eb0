"""Printers for tests: one that speaks DLE EOT, behind a TCP port or at the end of a serial line."""

from __future__ import annotations

import re
import socket
import threading
from typing import Self

from tests.drivers.serial_line import SerialLine

_QUESTION = re.compile(rb"\x10\x04([\x01-\x04])")
WELL = 0x12  # DLE EOT: the fixed bits alone say that nothing is wrong


class PrinterModel:
    """What any printer does with bytes: prints them, and answers DLE EOT out of turn. `silent` it answers nothing."""

    def __init__(self) -> None:
        self.printed = bytearray()
        self.silent = False
        self.answers = {1: WELL, 2: WELL, 3: WELL, 4: WELL}
        self.prefix = b""  # sent before every answer: automatic status, XON

    def be_out_of_paper(self) -> None:
        """Answer as an Epson printer does whose roll has ended."""
        self.answers |= {1: 0x1A, 2: 0x32, 4: 0x7E}

    def open_cover(self) -> None:
        """Answer as with the cover open."""
        self.answers |= {1: 0x1A, 2: 0x16}

    def take(self, data: bytes) -> bytes:
        """Return the answer to `data`."""
        self.printed += _QUESTION.sub(b"", data)
        asked = [match[1][0] for match in _QUESTION.finditer(data)]
        return b"" if self.silent else b"".join(self.prefix + bytes([self.answers[n]]) for n in asked)


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
            with connection:
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
