"""Barcode scanners in USB HID POS mode: one report per label, or several of a long one.

Tested with: reports recorded from a Honeywell 1602g, and others made after the layout.
Supported: the report of the HID Point of Sale usage tables (usage page 0x8C), numbered or not; Honeywell models that
want to be switched on are.
Missing: commands to the scanner.
Sources: Access-IS ATR110 and LSR118 programming guides; NielsLeenheer/WebHidBarcodeScanner 28db832 for Honeywell's
switch. In till.toml name the device by the link in /dev/tallystick that config/udev makes: hidraw0 becomes hidraw1 when
it is plugged in again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from agent.devices.categories import DATA_MAX, Category, Health, HealthLevel, Input
from agent.devices.framing import Parts, within
from agent.devices.lifecycle import Lifecycle
from agent.errors import FailureError
from drivers._hidraw import HidRaw

# Offsets from the length byte. Before it stands the report's number, if the device numbers its reports.
IDENTIFIER, DATA, VENDOR_SYMBOLOGY, FLAGS = 1, 4, 60, 62
DATA_ROOM = VENDOR_SYMBOLOGY - DATA
CONTINUED = 0x01
# Fragments have no numbers: one that comes this long after the one before belongs to another label.
LATE_S = 0.2
SWITCHED: Final = frozenset({0x0C2E, 0x23D0})  # Honeywell, Youjie: makers of models that send after SWITCH_ON only
SWITCH_ON: Final = (254, b"\x01")  # a feature report; a model without it refuses, and needs none
INTERACTIVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "hid_pos"."""

    path: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """One report: the symbology identifier, as `]E0`, and the label or a part of it."""

    identifier: bytes
    data: bytes = field(repr=False)
    is_continued: bool = False


class HidPos(Lifecycle):
    """One scanner."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SCANNER)
        self._settings = settings
        self._hid = HidRaw(settings.path)
        self._assembler = Assembler()
        self._last_report_ns = 0

    def on_open(self) -> None:
        """Open the device."""
        self._hid.open()

    def on_enable(self) -> None:
        """Switch the scanner on, and drop labels that nobody read."""
        if self._hid.vendor in SWITCHED:
            self._hid.set_feature(*SWITCH_ON)
        self._hid.drop_stale()
        self._assembler = Assembler()

    def on_close(self) -> None:
        """Let go of the device."""
        self._hid.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one label, its identifier first; FailureError for a report or label that is not whole."""
        self.require_enabled("read")
        return within(timeout_s, self._next_label)

    def check_health(self, level: HealthLevel) -> Health:
        """INTERNAL and EXTERNAL look at the file; INTERACTIVE waits ten seconds for a label."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a label was read" if seen else "no label came within 10 s")
        return Health(ok=self._hid.is_open, text=f"{self._settings.path} is open")

    def _next_label(self, wait_s: float) -> Input | None:
        """Return the label that the next report completes; None if none comes, or another has to follow."""
        late_ns = self._last_report_ns + int(LATE_S * 1e9)
        if self._assembler.is_midway:
            wait_s = min(wait_s, max(late_ns - time.monotonic_ns(), 0) / 1e9)
        if report := self._hid.read(wait_s):
            self._last_report_ns = time.monotonic_ns()
            label = self._assembler.add(fragment_in(report))
            return Input(label, last_byte_ns=self._last_report_ns) if label else None
        if self._assembler.is_midway and time.monotonic_ns() >= late_ns:
            self._assembler = Assembler()
            raise FailureError("the end of a label did not come: scan it again")
        return None


def fragment_in(report: bytes) -> Fragment:
    """Take a report apart. FailureError if it is none of a scanner, or shorter than it says."""
    start = next((at for at in (1, 0) if report[at + IDENTIFIER : at + DATA].startswith(b"]")), None)
    if start is None:
        raise FailureError("a report without a symbology identifier: it is no label")
    body = report[start:]
    if len(body) <= FLAGS or body[0] > DATA_ROOM:
        raise FailureError(f"a report of {len(report)} bytes does not hold what it says: scan again")
    return Fragment(body[IDENTIFIER:DATA], body[DATA : DATA + body[0]], bool(body[FLAGS] & CONTINUED))


class Assembler:
    """Puts the fragments of a label together, behind its identifier; holds at most one label's worth."""

    def __init__(self) -> None:
        self._parts = Parts("label", limit=DATA_MAX)
        self._identifier = b""

    @property
    def is_midway(self) -> bool:
        """True if a label has begun and not ended."""
        return self._parts.is_midway

    def add(self, fragment: Fragment) -> bytes | None:
        """Return the label that `fragment` completes, if it does; FailureError as soon as it is over DATA_MAX bytes.

        A fragment with another identifier begins another label: the end of the one before was lost.
        """
        if fragment.identifier != self._identifier:
            self._parts.clear()
            self._identifier = fragment.identifier
        begin = b"" if self._parts.is_midway else fragment.identifier
        return self._parts.add(begin + fragment.data, is_continued=fragment.is_continued)
