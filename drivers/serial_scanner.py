"""Barcode scanners on a serial line: RS-232, or USB in the scanner's "serial" (CDC-ACM) mode.

Tested with: a pseudo-terminal.
Supported: labels that end with CR, LF, CR LF or TAB, stand between STX and ETX, or just stop (idle time).
Missing: vendors' commands to the scanner, prefixes and suffixes other than these. Zebra's SSI packets: ssi_scanner.py.
Framing as scanners are delivered (manuals of Metrologic, Zebra, Honeywell, Datalogic). In till.toml name the port by
/dev/serial/by-id/..., because ttyACM0 becomes ttyACM1 when it is plugged in again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from agent.devices.categories import DATA_MAX, Category, Health, HealthLevel, Input
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError, FailureError
from drivers._serial import Parity, SerialPort

STX = 0x02
ENDS = b"\r\n\x03"  # CR, LF, ETX
TRIM = b"\t\r\n"
INTERACTIVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "serial_scanner"."""

    path: str
    baud: int = 9600
    parity: Parity = Parity.NONE
    idle_s: float = 0.3  # a label without an end is over after this much silence
    settle_s: float = 0.3  # what arrives this soon after opening is from before

    def __post_init__(self) -> None:
        if self.baud < 1:
            raise ConfigError(f"'baud' is {self.baud} but must be at least 1")
        if not 0 < self.idle_s <= 5 or not 0 <= self.settle_s <= 5:
            raise ConfigError(f"'idle_s' is {self.idle_s:g}, 'settle_s' {self.settle_s:g}: both must be 0 to 5 seconds")


class SerialScanner(Lifecycle):
    """One scanner."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SCANNER)
        self._settings = settings
        self._port = SerialPort(settings.path, baud=settings.baud, parity=settings.parity)
        self._framer = Framer()
        self._last_byte_at = 0.0

    def on_open(self) -> None:
        """Open the port, exclusively: a serial line cannot be opened first and claimed later."""
        self._port.open()

    def on_enable(self) -> None:
        """Drop labels that were scanned while nobody read."""
        self._port.drop_stale(self._settings.settle_s)
        self._framer = Framer()

    def on_close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one label without its framing; FailureError for one that is too long to be a label."""
        self.require_enabled("read")
        deadline = time.monotonic() + timeout_s
        while (label := self._framer.next()) is None:
            wait_s = deadline - time.monotonic()
            if wait_s <= 0:
                return None
            if self._framer.is_midway:
                wait_s = min(wait_s, self._last_byte_at + self._settings.idle_s - time.monotonic())
            self._receive(max(wait_s, 0))
        return Input(label)

    def _receive(self, wait_s: float) -> None:
        if received := self._port.read(wait_s):
            self._framer.feed(received)
            self._last_byte_at = time.monotonic()
        elif self._framer.is_midway and time.monotonic() - self._last_byte_at >= self._settings.idle_s:
            self._framer.end()

    def check_health(self, level: HealthLevel) -> Health:
        """A scanner cannot be asked; INTERACTIVE waits ten seconds for a label."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a label was read" if seen else "no label came within 10 s")
        return Health(ok=self._port.is_open, text=f"{self._settings.path} is open")


class Framer:
    """Cuts the bytes of a scanner into labels; holds at most one label's worth."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._label = bytearray()
        self._is_discarding = False

    @property
    def is_midway(self) -> bool:
        """True if a label has begun and not ended."""
        return bool(self._label) or self._is_discarding

    def feed(self, received: bytes) -> None:
        """Take in what arrived."""
        self._received += received

    def end(self) -> None:
        """The line fell silent: what there is, is the label."""
        self._received += b"\r"

    def next(self) -> bytes | None:
        """Return the next whole label, or None.

        FailureError as soon as one grows over DATA_MAX bytes; the rest of it is thrown away.
        """
        while self._received:
            value = self._received.pop(0)
            if value in ENDS:
                label = bytes(self._label).strip(TRIM)
                self._restart()
                if label:
                    return label
            elif value == STX:
                self._restart()
            elif not self._is_discarding:
                self._add(value)
        return None

    def _add(self, value: int) -> None:
        if len(self._label) == DATA_MAX:
            self._label.clear()
            self._is_discarding = True
            raise FailureError(f"a label of over {DATA_MAX} bytes: scan it again")
        self._label.append(value)

    def _restart(self) -> None:
        self._label.clear()
        self._is_discarding = False
