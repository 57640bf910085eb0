"""The far ends of the cables: what a reader's and a printer's own electronics do. Used by whoever plays the day."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import threading
import time
from pathlib import Path
from typing import Final

from tests.drivers.printer import PrinterModel

ANSWER_S: Final = 10.0
# linux/usb/g_printer.h: _IOWR('g', 0x22, unsigned char); bits as in USB Printer Class 1.1, 4.2.2.
SET_PRINTER_STATUS: Final = 0xC0016722
NOT_ERROR, SELECTED, PAPER_EMPTY = 0x08, 0x10, 0x20

LEFT_SHIFT_BIT: Final = 0x02
_PLAIN: Final = {"\n": 0x28, " ": 0x2C, "-": 0x2D, "=": 0x2E, ";": 0x33, "'": 0x34, ",": 0x36, ".": 0x37, "/": 0x38}
_SHIFTED: Final = dict(zip("!@#$%^&*()", "1234567890", strict=True)) | {"?": "/", ":": ";", "+": "=", "_": "-"}


class Plug:
    """An open far end. The kernel refuses writes for a moment after the plug went in: they are tried again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, *parts: bytes) -> None:
        """Send each of `parts`; TimeoutError if the till does not take them."""
        deadline = time.monotonic() + ANSWER_S
        fd = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            for part in parts:
                self._write(fd, part, deadline)
        finally:
            os.close(fd)

    def _write(self, fd: int, part: bytes, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                part = part[os.write(fd, part) :]
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.ESHUTDOWN, errno.EIO, errno.ENXIO}:
                    raise
                time.sleep(0.005)
            if not part:
                return
        raise TimeoutError(f"{self._path} was not taken off the wire in {ANSWER_S:g} s")


class Typist:
    """A reader that types, set to the us layout."""

    def __init__(self, path: Path) -> None:
        self._plug = Plug(path)

    def type(self, text: str) -> None:
        """Type `text`: a report for every key that goes down, one for its coming up (HID 1.11, appendix B.1)."""
        self._plug.write(*(report for char in text for report in (_key_down(char), bytes(8))))


def _key_down(char: str) -> bytes:
    plain = _SHIFTED.get(char, char.lower())
    if plain.isdigit():
        usage = 0x1E + (int(plain) - 1) % 10
    elif plain.isalpha():
        usage = 0x04 + ord(plain) - ord("a")
    else:
        usage = _PLAIN[plain]
    return bytes([LEFT_SHIFT_BIT if plain != char else 0, 0, usage, 0, 0, 0, 0, 0])


class Printer:
    """The inside of a printer: takes bytes off the wire and answers. `wire` is every byte that came, as it came."""

    def __init__(self, path: Path) -> None:
        self.model = PrinterModel()
        self.wire = bytearray()
        self._arrivals: list[tuple[int, float]] = []
        self._path = path
        self._fd = -1
        self._takes = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def switch_on(self) -> None:
        """Begin to take bytes; once, after the plug went in. The till has to have greeted it first."""
        deadline = time.monotonic() + ANSWER_S
        while self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
            except OSError:
                assert time.monotonic() < deadline, f"{self._path} did not come up"
                time.sleep(0.005)
        self._takes.set()
        self._thread.start()

    def switch_off(self) -> None:
        """End, before or after the plug is pulled."""
        self._stopping.set()
        self._takes.set()
        self._thread.join(ANSWER_S)
        os.close(self._fd)

    def stall(self) -> None:
        """Take nothing off the wire any more, as a cheap printer without paper does."""
        self._takes.clear()

    def go_on(self) -> None:
        """Take bytes again."""
        self._takes.set()

    def port_status(self, bits: int) -> None:
        """Set what the USB port itself says (GET_PORT_STATUS)."""
        fcntl.ioctl(self._fd, SET_PRINTER_STATUS, bits)

    def came_at(self, data: bytes) -> float:
        """Return when (`time.monotonic`) the last byte of `data` came off the wire; ValueError if it did not."""
        end = self.wire.index(data) + len(data)
        return next(at for length, at in self._arrivals if length >= end)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while not self._stopping.is_set():
            self._takes.wait()
            if poll.poll(50) and (data := _taken(self._fd)):
                self.wire += data
                self._arrivals.append((len(self.wire), time.monotonic()))
                _answer(self._fd, self.model.take(data))


def _taken(fd: int) -> bytes:
    try:
        return os.read(fd, 8192)
    except OSError:  # nothing there, or the plug is out
        time.sleep(0.005)
        return b""


def _answer(fd: int, data: bytes) -> None:
    deadline = time.monotonic() + 1
    while data and time.monotonic() < deadline:
        try:
            data = data[os.write(fd, data) :]
        except OSError:
            time.sleep(0.005)
