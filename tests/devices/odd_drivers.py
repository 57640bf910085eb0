"""Drivers that do what drivers must not, for tests of loading and supervision."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from agent.devices.categories import Category, Health, HealthLevel, Input, PrinterStatus
from agent.devices.document import Document
from agent.devices.lifecycle import Lifecycle
from agent.errors import FailureError

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

    def send(self, _data: bytes) -> None:
        self.let_go.wait(10)

    def status(self) -> PrinterStatus:
        return PrinterStatus()

    def check_health(self, _level: HealthLevel) -> Health:
        return Health(ok=True, text="odd")


class BadConstructor(Quiet):
    """Cannot even be made."""

    def __init__(self, _settings: Settings) -> None:
        raise RuntimeError("no")
