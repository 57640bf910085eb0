"""Magnetic stripe readers in HID mode (not keyboard mode): one report per swipe.

Tested with: reports made from the makers' layouts, also through uhid on Linux 6.1.
Supported: MagTek 0801:0002 (337 bytes), ID TECH MiniMag II 0acd (500 bytes and more).
Missing: readers that encrypt (MagneSafe, SecureMag), settings sent to the reader.
Sources: MagTek 99875191, USB HID swipe reader; ID TECH MiniMag II USB manual. In till.toml name the device by the
link in /dev/tallystick that config/udev makes: hidraw0 becomes hidraw1 when it is plugged in again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.lifecycle import Lifecycle
from agent.devices.swipes import DoubleSwipes
from agent.errors import ConfigError, FailureError
from drivers._hidraw import HidRaw

FAILED = 0x01  # in the decode status of a track
LENGTHS = 3  # offset; the three decode statuses come before
UNREADABLE = ("%E?", ";E?", "+E?")
MAGTEK_TRACKS, MAGTEK_ROOM = 7, 110  # offset; bytes per track
IDTECH_TRACKS = 9  # offset; the tracks follow each other without gaps
INTERACTIVE_S = 10.0


class Report(StrEnum):
    """Whose report it is; both makers agree on status, lengths and encoding in bytes 0 to 6."""

    MAGTEK = "magtek"
    IDTECH = "idtech"


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "hid_msr"."""

    path: str
    report: Report = Report.MAGTEK
    debounce_s: float = 2.0  # the same swipe again within this time is the same card drawn back

    def __post_init__(self) -> None:
        if not 0 <= self.debounce_s <= 5:
            raise ConfigError(f"'debounce_s' is {self.debounce_s:g} but must be 0 to 5 seconds")


class HidMsr(Lifecycle):
    """One reader."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.MSR)
        self._settings = settings
        self._hid = HidRaw(settings.path)
        self._doubles = DoubleSwipes(settings.debounce_s)

    def on_open(self) -> None:
        """Open the device."""
        self._hid.open()

    def on_enable(self) -> None:
        """Drop swipes that nobody read."""
        self._hid.drop_stale()

    def on_close(self) -> None:
        """Let go of the device."""
        self._hid.close()

    def read(self, timeout_s: float) -> Input | None:
        """Return one swipe; FailureError for a stripe with nothing on it and for a report that contradicts itself."""
        self.require_enabled("read")
        report = self._hid.read(timeout_s)
        if not report:
            return None
        came_ns = time.monotonic_ns()
        swipe = swipe_in(report, self._settings.report).encode("latin-1")
        return None if self._doubles.is_double(swipe) else Input(swipe, last_byte_ns=came_ns)

    def check_health(self, level: HealthLevel) -> Health:
        """The reader is not asked; INTERACTIVE waits ten seconds for a swipe."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a card was read" if seen else "no card came within 10 s")
        return Health(ok=self._hid.is_open, text=f"{self._settings.path} is open")


def swipe_in(report: bytes, layout: Report) -> str:
    """Return the tracks of a report, sentinels included; one that failed as `%E?`, `;E?` or `+E?`.

    FailureError if the stripe is blank, or the report is shorter than it says.
    """
    lengths = report[LENGTHS : LENGTHS + 3]
    if layout is Report.MAGTEK:
        starts = [MAGTEK_TRACKS + track * MAGTEK_ROOM for track in range(3)]
        rooms = [MAGTEK_ROOM] * 3
    else:
        starts = [IDTECH_TRACKS + before for before in accumulate(lengths, initial=0)][:3]
        rooms = list(lengths)
    if len(lengths) < 3 or any(not _fits(report, *place) for place in zip(starts, lengths, rooms, strict=True)):
        raise FailureError(f"a report of {len(report)} bytes is too short for its tracks: swipe again")
    swipe = "".join(
        UNREADABLE[track] if report[track] & FAILED else _track(report[starts[track] :][: lengths[track]], track)
        for track in range(3)
    )
    if not swipe:
        raise FailureError("the stripe is blank: type the card's number")
    return swipe


def _fits(report: bytes, start: int, length: int, room: int) -> bool:
    return length <= room and (not length or start + length <= len(report))


def _track(raw: bytes, track: int) -> str:
    """Return a track; the third begins with `+`, so that it is not taken for the second where that one is missing."""
    text = raw.decode("latin-1")
    return f"+{text[1:]}" if track == 2 and text.startswith(";") else text
