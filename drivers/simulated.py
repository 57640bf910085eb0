"""A device that is not there: every category, for demonstrations and tests.

Tested with: itself.
Supported: reads written line by line to a FIFO (`feed`) or given to `tell`; slips kept or put in a folder (`output`).
Missing: nothing that a test asked for.

A line is one read: text for MSR and Scanner, hexadecimal digits for SmartCardRW. A line that begins with ! is for the
simulation itself: `!hang SECONDS`, `!raise TEXT`, `!unplug SECONDS`, and for a printer `!paper ok|near_end|out`,
`!cover ok|bad`, `!cutter ok|bad`, `!online ok|bad`; for a drawer, on a printer or not, `!drawer open|closed|unknown`.
"""

from __future__ import annotations

import os
import select
import stat
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from agent.devices.categories import (
    DATA_MAX,
    INPUT_CATEGORIES,
    Category,
    DrawerState,
    Health,
    HealthLevel,
    Input,
    Paper,
    PrinterStatus,
    Sign,
)
from agent.devices.document import Cut, Document, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, load_model
from agent.devices.faults import device_error
from agent.devices.lifecycle import Lifecycle
from agent.errors import FailureError, IllegalError, NoHardwareError, OfflineError

SLIPS_KEPT = 100
TEST_SLIP = Document(42, (Text("Tallystick: this printer works."), Cut()))
INTERACTIVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "simulated"."""

    category: Category
    feed: Path | None = None  # a FIFO; made if it is not there
    output: Path | None = None  # a folder for slips; made if it is not there


class Simulated(Lifecycle):
    """One device of any category. What it was made to do stands in `slips`, `shown` and `drawer_openings`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.category)
        self._settings = settings
        self._lines = _Lines(settings.feed)
        self._waiting: deque[bytes] = deque()
        self._unplugged_until = 0.0
        self._printer = PrinterStatus(Sign.OK, Sign.OK, Paper.OK, Sign.OK)
        self._model = load_model(DEFAULT_PROFILE, code_pages={}, font=None)
        self.slips: deque[bytes] = deque(maxlen=SLIPS_KEPT)
        self.shown: tuple[str, ...] = ()
        self.drawer_openings = 0
        self._drawer = DrawerState.CLOSED
        self._slips_written = 0

    @property
    def is_plugged_in(self) -> bool:
        """False for as long as `!unplug` said."""
        return time.monotonic() >= self._unplugged_until

    def tell(self, line: str) -> None:
        """Do in this process what writing `line` to the feed does from another."""
        self._lines.write(line.encode() + b"\n")

    def on_open(self) -> None:
        """NoHardwareError while it is unplugged; IllegalError if `feed` is something else than a FIFO."""
        if not self.is_plugged_in:
            raise NoHardwareError("the simulated device is unplugged")
        self._lines.open()

    def on_enable(self) -> None:
        """Drop what piled up."""
        self._lines.drain()
        self._waiting.clear()

    def on_close(self) -> None:
        """Let go of the feed."""
        self._lines.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return the next line; FailureError for one that is no read of this category."""
        self.require_enabled("read")
        deadline = time.monotonic() + timeout_s
        self._obey(0)
        while not self._waiting:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._obey(left)
        return Input(self._data(self._waiting.popleft()), last_byte_ns=time.monotonic_ns())

    def encode(self, document: Document) -> bytes:
        """ESC/POS, as for a common printer without a font for what it cannot print itself."""
        return encode(document, self._model)

    def send(self, data: bytes) -> bool:
        """Keep the slip, and say that it is printed; OfflineError, and nothing kept, while it is not well."""
        self.require_enabled("print")
        self._obey(0)
        if not self._printer.ok:
            raise OfflineError(f"the simulated printer took nothing: {self._printer.trouble}")
        self.slips.append(data)
        if self._settings.output is not None:
            self._slips_written = _write_slip(self._settings.output, data, self._slips_written)
        return True

    def status(self) -> PrinterStatus:
        """Return what the simulation was told to be."""
        self.require_enabled("ask the printer")
        self._obey(0)
        return self._printer

    def open_drawer(self) -> None:
        """Count one more opening; the drawer stays open until `!drawer closed`."""
        self.require_enabled("open the drawer")
        self._obey(0)
        self.drawer_openings += 1
        self._drawer = DrawerState.OPEN

    def drawer_state(self) -> DrawerState:
        """Return what the drawer was last told or made to be."""
        self.require_enabled("ask for the drawer")
        self._obey(0)
        return self._drawer

    def show(self, lines: Sequence[str]) -> None:
        """Remember what is shown."""
        self.require_enabled("show")
        self._obey(0)
        self.shown = tuple(lines)

    def check_health(self, level: HealthLevel) -> Health:
        """Well, unless a printer was told otherwise; INTERACTIVE waits ten seconds for a read."""
        self.require_enabled("check health")
        self._obey(0)
        if self.category in INPUT_CATEGORIES and level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="it was read" if seen else "nothing came within 10 s")
        if self.category is Category.POS_PRINTER and level is not HealthLevel.INTERNAL:
            if level is HealthLevel.INTERACTIVE:
                self.send(self.encode(TEST_SLIP))
            return Health(ok=self._printer.ok, text=self._printer.trouble or "ready")
        return Health(ok=True, text="simulated")

    def _obey(self, timeout_s: float) -> None:
        for line in self._lines.read(timeout_s):
            if line.startswith(b"!"):
                self._command(line[1:].decode("utf-8", "replace"))
            elif self.category in INPUT_CATEGORIES:
                self._waiting.append(line)

    def _command(self, command: str) -> None:
        word, _, value = command.partition(" ")
        try:
            match word:
                case "hang":
                    time.sleep(float(value))
                case "raise":
                    _raise(value)
                case "unplug":
                    self._unplug(float(value))
                case "paper":
                    self._printer = replace(self._printer, paper=Paper(value))
                case "cover":
                    self._printer = replace(self._printer, cover=Sign(value))
                case "cutter":
                    self._printer = replace(self._printer, cutter=Sign(value))
                case "online":
                    self._printer = replace(self._printer, online=Sign(value))
                case "drawer":
                    self._drawer = DrawerState(value)
                case _:
                    raise FailureError(f"the simulated device does not know the command {word!r}")
        except ValueError as error:
            raise FailureError(f"the simulated device cannot {word} {value!r}") from error

    def _unplug(self, seconds: float) -> NoReturn:
        self._unplugged_until = time.monotonic() + seconds
        raise OfflineError("the simulated device was unplugged")

    def _data(self, line: bytes) -> bytes:
        if self.category is not Category.SMART_CARD_RW:
            return line
        try:
            return bytes.fromhex(line.decode("ascii"))
        except ValueError as error:
            raise FailureError("the simulated chip's id is not hexadecimal") from error


class _Lines:
    """The lines written to a FIFO, or without one to a pipe of our own."""

    def __init__(self, fifo: Path | None) -> None:
        self._fifo = fifo
        self._reading = self._writing = -1
        self._rest = b""

    def open(self) -> None:
        """Open for reading and writing at once, so that no writer's leaving ends the feed."""
        if self._fifo is None:
            self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            return
        try:
            if not self._fifo.exists():
                os.mkfifo(self._fifo, 0o600)
            if not stat.S_ISFIFO(self._fifo.stat().st_mode):
                raise IllegalError(f"feed {str(self._fifo)!r} is not a FIFO", hint="name another path")
            self._reading = self._writing = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise device_error(error, f"feed {self._fifo}") from error

    def close(self) -> None:
        """Let go; the FIFO stays, for writers that come back."""
        for fd in {self._reading, self._writing} - {-1}:
            os.close(fd)
        self._reading = self._writing = -1

    def write(self, data: bytes) -> None:
        """Write as another process would."""
        os.write(self._writing, data)

    def read(self, timeout_s: float) -> list[bytes]:
        """Return the whole lines that have arrived, waiting up to `timeout_s` for some; a line over DATA_MAX is cut."""
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        if not poll.poll(max(timeout_s, 0) * 1000):
            return []
        *lines, rest = (self._rest + os.read(self._reading, DATA_MAX)).split(b"\n")
        self._rest = rest[:DATA_MAX]
        return [line.rstrip(b"\r")[:DATA_MAX] for line in lines if line.strip()]

    def drain(self) -> None:
        """Throw away what has arrived."""
        while self.read(0):
            pass
        self._rest = b""


def _raise(text: str) -> NoReturn:
    raise RuntimeError(text)


def _write_slip(folder: Path, data: bytes, last: int) -> int:
    """Write `data` to the next slip-NNNNNN.bin of `folder` and return its number; `last` is 0 before the first.

    The folder is searched once: looking through it for every slip made a full one cost 50 ms a slip.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not last:
            taken = (int(path.stem.removeprefix("slip-")) for path in folder.glob("slip-[0-9]*.bin"))
            last = max(taken, default=0)
        (folder / f"slip-{last + 1:06}.bin").write_bytes(data)
    except OSError as error:
        raise device_error(error, f"slip folder {folder}") from error
    return last + 1
