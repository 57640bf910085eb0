"""Barcode scanners in USB HID POS mode: one report per label, or several of a long one.

Tested with: reports recorded from a Honeywell 1602g, and others made after the layout.
Supported: the report of the HID Point of Sale usage tables (usage page 0x8C), numbered or not.
Missing: commands to the scanner, and the feature report that some Honeywell models want before they send.
Sources: Access-IS ATR110 and LSR118 programming guides. In till.toml name the device by a link that udev makes
(KERNEL=="hidraw*", ATTRS{idVendor}=="0c2e"): hidraw0 becomes hidraw1 when it is plugged in again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from agent.devices.categories import DATA_MAX, Category, Health, HealthLevel, Input
from agent.devices.lifecycle import Lifecycle
from agent.errors import FailureError
from drivers._hidraw import HidRaw

# Offsets from the length byte. Before it stands the report's number, if the device numbers its reports.
IDENTIFIER, DATA, VENDOR_SYMBOLOGY, FLAGS = 1, 4, 60, 62
DATA_ROOM = VENDOR_SYMBOLOGY - DATA
CONTINUED = 0x01
# Fragments have no numbers: one that comes this long after the one before belongs to another label.
LATE_S = 0.2
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
        self._last_report_at = 0.0

    def on_open(self) -> None:
        """Open the device."""
        self._hid.open()

    def on_enable(self) -> None:
        """Drop labels that nobody read."""
        self._hid.drop_stale()
        self._assembler = Assembler()

    def on_close(self) -> None:
        """Let go of the device."""
        self._hid.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one label, its identifier first; FailureError for a report or label that is not whole."""
        self.require_enabled("read")
        deadline = time.monotonic() + timeout_s
        while True:
            label = self._next_label(max(deadline - time.monotonic(), 0))
            if label:
                return Input(label)
            if time.monotonic() >= deadline:
                return None

    def check_health(self, level: HealthLevel) -> Health:
        """INTERNAL and EXTERNAL look at the file; INTERACTIVE waits ten seconds for a label."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a label was read" if seen else "no label came within 10 s")
        return Health(ok=self._hid.is_open, text=f"{self._settings.path} is open")

    def _next_label(self, wait_s: float) -> bytes | None:
        """Return the label that the next report completes; None if none comes, or another has to follow."""
        late_at = self._last_report_at + LATE_S
        if self._assembler.is_midway:
            wait_s = min(wait_s, max(late_at - time.monotonic(), 0))
        report = self._hid.read(wait_s)
        if report:
            self._last_report_at = time.monotonic()
            return self._assembler.add(fragment_in(report))
        if self._assembler.is_midway and time.monotonic() >= late_at:
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
    """Puts the fragments of a label together; holds at most one label's worth."""

    def __init__(self) -> None:
        self._label = bytearray()
        self._is_discarding = False

    @property
    def is_midway(self) -> bool:
        """True if a label has begun and not ended."""
        return bool(self._label) or self._is_discarding

    def add(self, fragment: Fragment) -> bytes | None:
        """Return the label that `fragment` completes, if it does; FailureError as soon as it is over DATA_MAX bytes.

        A fragment with another identifier begins another label: the end of the one before was lost.
        """
        if not self._label.startswith(fragment.identifier):
            self._label[:] = fragment.identifier
        if not self._is_discarding:
            self._label += fragment.data
        is_too_long = len(self._label) > DATA_MAX
        if fragment.is_continued and not is_too_long:
            return None
        label = bytes(self._label)
        self._label.clear()
        was_discarding, self._is_discarding = self._is_discarding, fragment.is_continued
        if is_too_long:
            raise FailureError(f"a label of over {DATA_MAX} bytes: scan it again")
        return None if was_discarding else label
