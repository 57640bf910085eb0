"""Drivers that do what drivers must not, for tests of loading and supervision."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from agent.devices.categories import Category, DrawerState, Health, HealthLevel, Input, Paper, PrinterStatus, Sign
from agent.devices.document import Document
from agent.devices.lifecycle import Lifecycle
from agent.errors import FailureError, OfflineError

CARD = b"9498010000012345"


@dataclass(frozen=True, slots=True)
class Settings:
    """None."""


class NotADevice:
    """Lacks everything."""

    def __init__(self, _: Settings) -> None:
        pass

    def open(self) -> None: ...


class Quiet(Lifecycle):
    """A scanner that never reads anything, and does not wait either."""

    def __init__(self, _: Settings) -> None:
        super().__init__(Category.SCANNER)
        self.reads = 0

    def read(self, _timeout_s: float) -> Any:
        self.reads += 1
        return None

    def check_health(self, _level: HealthLevel) -> Any:
        return Health(ok=True, text="odd")


class NotAPrinter(Quiet):
    """Says it is a printer."""

    @property
    def category(self) -> Category:
        return Category.POS_PRINTER


class Rubbish(Quiet):
    """Returns something else than an Input."""

    def read(self, _timeout_s: float) -> Any:
        return "9498010000012345"


class Endless(Quiet):
    """Returns more than a read can be."""

    def read(self, _timeout_s: float) -> Any:
        return Input(b"9" * 5000)


class Ill(Quiet):
    """Finds itself ill."""

    def check_health(self, _level: HealthLevel) -> Any:
        return Health(ok=False, text="the read head is broken")


class Raises(Quiet):
    """Raises what no driver should, with a card's number in it."""

    def read(self, _timeout_s: float) -> Any:
        raise KeyError("card 4111111111111111 on track 2")


class Exits(Quiet):
    """Tries to end the program."""

    def read(self, _timeout_s: float) -> Any:
        raise SystemExit(1)


class Failing(Quiet):
    """Fails its first read and reads a card with the second."""

    def read(self, _timeout_s: float) -> Any:
        self.reads += 1
        if self.reads == 1:
            raise FailureError("parity error on track 2 after 4111111111111111")
        return Input(CARD) if self.reads == 2 else None


class Hanging(Quiet):
    """Does not come back from its first read until `let_go` is set."""

    let_go = threading.Event()

    def read(self, _timeout_s: float) -> Any:
        self.reads += 1
        if self.reads == 1:
            self.let_go.wait(10)
            return Input(CARD)
        return None


class HangingPrinter(Lifecycle):
    """A printer that takes a slip and does not come back until `let_go` is set."""

    let_go = threading.Event()

    def __init__(self, _: Settings) -> None:
        super().__init__(Category.POS_PRINTER)

    def encode(self, document: Document) -> bytes:
        return f"{document.columns}".encode()

    def send(self, _data: bytes) -> bool:
        self.let_go.wait(10)
        return False

    def status(self) -> PrinterStatus:
        return PrinterStatus()

    def check_health(self, _level: HealthLevel) -> Health:
        return Health(ok=True, text="odd")


class Interrupts(Quiet):
    """Raises what only a person's Ctrl-C does."""

    def read(self, _timeout_s: float) -> Any:
        raise KeyboardInterrupt


class GivesUp(Quiet):
    """Raises what ends a generator."""

    def read(self, _timeout_s: float) -> Any:
        raise GeneratorExit


class WordlessError(Exception):
    """An error that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class Wordless(Quiet):
    """Raises an error that cannot be shown."""

    def read(self, _timeout_s: float) -> Any:
        raise WordlessError


class Wordy(Quiet):
    """Raises an error of many megabytes, with a card's number in it."""

    def read(self, _timeout_s: float) -> Any:
        raise OfflineError("4111111111111111 " * 1_000_000)


class Flooding(Quiet):
    """Reads one card after the other without end."""

    def read(self, _timeout_s: float) -> Any:
        return Input(CARD)


class FailingOn(Quiet):
    """Fails every read at once."""

    def read(self, _timeout_s: float) -> Any:
        raise FailureError("parity error")


class Late(Quiet):
    """Hands out a card that was read ten seconds ago, then one of now."""

    def read(self, _timeout_s: float) -> Any:
        self.reads += 1
        if self.reads == 1:
            return Input(b"9498010000099999", last_byte_ns=time.monotonic_ns() - 10_000_000_000)
        return Input(CARD, last_byte_ns=time.monotonic_ns()) if self.reads == 2 else None


class Hasty(Quiet):
    """Says that its card's last byte will come in an hour."""

    def read(self, _timeout_s: float) -> Any:
        self.reads += 1
        return Input(CARD, last_byte_ns=time.monotonic_ns() + 3_600_000_000_000) if self.reads == 1 else None


class Timeless(Quiet):
    """Says when in words."""

    def read(self, _timeout_s: float) -> Any:
        return Input(CARD, last_byte_ns="now")  # type: ignore[arg-type]  # that is what it does wrong


class LyingHealth(Quiet):
    """Is well in words."""

    def check_health(self, _level: HealthLevel) -> Any:
        return Health(ok="very", text="odd")  # type: ignore[arg-type]  # that is what it does wrong


class HangingClose(Quiet):
    """Goes offline, and does not come back from closing until `let_go` is set."""

    let_go = threading.Event()

    def read(self, _timeout_s: float) -> Any:
        self.reads += 1
        if self.reads == 1:
            raise OfflineError("unplugged")

    def on_close(self) -> None:
        self.let_go.wait(10)


class DirtyHead(Lifecycle):
    """A stripe reader whose head reads track 2 of every second card only."""

    def __init__(self, _: Settings) -> None:
        super().__init__(Category.MSR)
        self.reads = 0

    def read(self, timeout_s: float) -> Any:
        self.reads += 1
        if self.reads > 12:
            time.sleep(timeout_s)
            return None
        return Input(b"%E?;" + CARD + b"?" if self.reads % 2 else b";" + CARD + b"?")

    def check_health(self, _level: HealthLevel) -> Any:
        return Health(ok=True, text="odd")


class LyingPrinter(HangingPrinter):
    """Says how it is in a word of its own."""

    def status(self) -> Any:
        return PrinterStatus(online="fine")  # type: ignore[arg-type]  # that is what it does wrong


class DrawerPrinter(HangingPrinter):
    """A printer with a drawer; `done` says what was done in which order, `let_go` lets a slip through."""

    let_go = threading.Event()
    slip_begun = threading.Event()

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.done: list[str] = []

    def send(self, data: bytes) -> bool:
        self.slip_begun.set()
        self.let_go.wait(10)
        self.done.append(data.decode())
        return True

    def open_drawer(self) -> None:
        self.done.append("drawer")

    def drawer_state(self) -> DrawerState:
        return DrawerState.OPEN if "drawer" in self.done else DrawerState.CLOSED

    def status(self) -> PrinterStatus:
        return PrinterStatus(Sign.OK, Sign.OK, Paper.OK, Sign.OK)


class BadConstructor(Quiet):
    """Cannot even be made."""

    def __init__(self, _settings: Settings) -> None:
        raise RuntimeError("no")
