"""The till's clocks: what they say and how far to believe them. Nothing here orders entries or makes balances."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.journal.entry import ClockReading

DRIFT_MAX_MS = 5 * 60 * 1000  # a wall clock this far from headquarters' time is not confirmed

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class HqTime:
    """What headquarters said its time was (Unix ms) when the monotone clock of boot `boot` stood at `mono_ms`."""

    hq_ms: int
    mono_ms: int
    boot: str


class TillClock:
    """Wall clock, monotone clock, boot id and headquarters' time.

    A till that has no headquarters (`alone`) has nobody to confirm its clock and believes it.
    """

    def __init__(
        self,
        zone: str,
        *,
        alone: bool,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._alone = alone
        self._wall_ns = wall_ns
        self._mono_ns = mono_ns
        self._boot = _BOOT_ID.read_text().strip()
        self._hq: HqTime | None = None

    def heard_from_hq(self, hq_ms: int) -> HqTime:
        """Note headquarters' time (Unix ms) as of now and return what to remember across a restart."""
        self._hq = HqTime(hq_ms, self._mono_ns() // 1_000_000, self._boot)
        return self._hq

    def recall(self, hq: HqTime) -> None:
        """Take up again what was heard before a restart of the agent; worth nothing after a restart of the PC."""
        if hq.boot == self._boot:
            self._hq = hq

    def read(self) -> ClockReading:
        """Read all the clocks at once."""
        wall_ms, mono_ms = self._wall_ns() // 1_000_000, self._mono_ns() // 1_000_000
        hq_ms = self._hq.hq_ms if self._hq else None
        age_ms = mono_ms - self._hq.mono_ms if self._hq else None
        confirmed = self._alone
        if hq_ms is not None and age_ms is not None:
            confirmed = abs(wall_ms - (hq_ms + age_ms)) <= DRIFT_MAX_MS
        offset = self.local(wall_ms).utcoffset()
        offset_min = int(offset.total_seconds() // 60) if offset else 0
        return ClockReading(wall_ms, mono_ms, self._boot, offset_min, hq_ms, age_ms, confirmed)

    def local(self, wall_ms: int) -> datetime:
        """Return a Unix time in ms as the shop's local time."""
        return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(self._zone)

    def today(self) -> date:
        """Return the shop's business day by the wall clock."""
        return self.local(self._wall_ns() // 1_000_000).date()

    def new_id(self) -> str:
        """Return a UUIDv7 (RFC 9562, 5.7). Its time is for people; nothing is ordered by it."""
        ms = (self._wall_ns() // 1_000_000) & (2**48 - 1)
        value = ms << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
