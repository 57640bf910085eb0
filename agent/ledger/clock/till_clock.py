"""The till's clocks, read together. Nothing here orders entries or makes balances."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.journal.entry import ClockReading
from agent.ledger.clock.changes import CHANGE_MIN_MS, Change, Notes, Noticed, change_since, is_plausible

DRIFT_MAX_MS = 5 * 60 * 1000  # a wall clock this far from headquarters' time is not confirmed

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_DAY_MS = 24 * 3_600_000
_VERSION_7 = 0x7 << 76 | 0b10 << 62  # of a UUID, and its variant
_FIXED_BITS = 0xF << 76 | 0b11 << 62
# What a calendar can show in any zone: a day inside the years 1 and 9999.
_SHOWN_MIN_MS = int(datetime.min.replace(tzinfo=UTC).timestamp() * 1000) + _DAY_MS
_SHOWN_MAX_MS = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class HqTime:
    """What headquarters said its time was (Unix ms) when the boot clock of boot `boot` stood at `mono_ms`."""

    hq_ms: int
    mono_ms: int
    boot: str


def boot_clock_ns() -> int:
    """Return the time since the PC was started, the time it slept included (clock_gettime(2), CLOCK_BOOTTIME)."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Return the random id that the kernel gave this boot (random(4))."""
    return _BOOT_ID.read_text().strip()


class TillClock:
    """Wall clock, boot clock, boot id and headquarters' time.

    A till that has no headquarters (`alone`) has nobody to confirm its clock and believes it, unless it cannot be.
    """

    def __init__(
        self,
        zone: str,
        *,
        alone: bool,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = boot_clock_ns,
        boot: str | None = None,
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._alone = alone
        self._wall_ns = wall_ns
        self._mono_ns = mono_ns
        self._boot = boot_id() if boot is None else boot
        self._hq: HqTime | None = None
        self._believed_ahead_ms: int | None = None  # of the boot clock, as last seen and not beyond belief
        self._since_last: Change | None = None
        self._anchor_ms = self._ahead_ms()
        self._notes = Notes()

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self) -> ClockReading:
        """Read all the clocks at once."""
        wall_ms, mono_ms, hq = self._wall_ns() // 1_000_000, self._mono_ns() // 1_000_000, self._hq
        age_ms = mono_ms - hq.mono_ms if hq is not None and hq.boot == self._boot else None
        return ClockReading(
            wall_ms=wall_ms,
            mono_ms=mono_ms,
            boot=self._boot,
            zone=self._zone.key,
            offset_min=self._offset_min(wall_ms),
            hq_ms=None if hq is None else hq.hq_ms,
            hq_age_ms=age_ms,
            confirmed=self._is_confirmed(wall_ms, age_ms),
        )

    def is_confirmed(self) -> bool:
        """Say whether the wall clock is believed, as `read` would."""
        hq, mono_ms = self._hq, self._mono_ns() // 1_000_000
        age_ms = mono_ms - hq.mono_ms if hq is not None and hq.boot == self._boot else None
        return self._is_confirmed(self._wall_ns() // 1_000_000, age_ms)

    def _is_confirmed(self, wall_ms: int, age_ms: int | None) -> bool:
        if self._hq is not None and age_ms is not None:
            return abs(wall_ms - (self._hq.hq_ms + age_ms)) <= DRIFT_MAX_MS
        return self._alone and is_plausible(wall_ms) and (self._hq is None or wall_ms >= self._hq.hq_ms)

    def _offset_min(self, wall_ms: int) -> int:
        offset = self.local(wall_ms).utcoffset()
        return int(offset.total_seconds() // 60) if offset else 0

    def local(self, wall_ms: int) -> datetime:
        """Return a Unix time in ms as the shop's local time, the nearest that a calendar can show."""
        shown_ms = min(max(wall_ms, _SHOWN_MIN_MS), _SHOWN_MAX_MS)
        return datetime.fromtimestamp(shown_ms / 1000, self._zone)

    def now(self) -> datetime:
        """Return the shop's local time as well as this till knows it, never before what headquarters last said.

        That is the wall clock while it is confirmed; else headquarters' time going on by the boot clock, if it was
        heard since the PC was started; else the wall clock, or if it is beyond belief the last that was not, going on.
        """
        return self.local(self._now_ms(self.read()))

    def _now_ms(self, reading: ClockReading) -> int:
        if reading.hq_ms is not None and reading.hq_age_ms is not None and not reading.confirmed:
            return reading.hq_ms + reading.hq_age_ms
        believed_ms = reading.wall_ms
        if not is_plausible(believed_ms) and self._believed_ahead_ms is not None:
            believed_ms = reading.mono_ms + self._believed_ahead_ms
        return believed_ms if reading.hq_ms is None else max(believed_ms, reading.hq_ms)

    def today(self) -> date:
        """Return the shop's business day."""
        return self.now().date()

    # -- headquarters ------------------------------------------------------------------------------------------------

    def heard_from_hq(self, hq_ms: int) -> HqTime:
        """Note headquarters' time (Unix ms) as of now and return what to remember across a restart."""
        self._hq = HqTime(hq_ms, self._mono_ns() // 1_000_000, self._boot)
        return self._hq

    def recall(self, hq: HqTime) -> None:
        """Take up again what was heard before a restart; of another boot it is but a time that has passed."""
        self._hq = hq

    # -- changes -----------------------------------------------------------------------------------------------------

    def resume(self, last: Mapping[str, Any]) -> None:
        """Compare with `last`, the reading in the journal's last entry."""
        now = self.read()
        self._believe(last["wall_ms"], now.mono_ms)
        self._believe(now.wall_ms, now.mono_ms)
        self._since_last = change_since(last, now)
        self._anchor_ms = now.wall_ms - now.mono_ms

    def change(self) -> Change | None:
        """Return how the clock was changed since that was last `noted`; nearly always None, at the cost of two reads.

        A clock that goes on changing is told ten times an hour.
        """
        if self._since_last is not None:
            return self._since_last
        if abs(self._ahead_ms() - self._anchor_ms) <= CHANGE_MIN_MS:
            return None
        now = self.read()  # once more: this thread may have been held up between the first two reads
        ahead_ms = now.wall_ms - now.mono_ms
        jump_ms = ahead_ms - self._anchor_ms
        if abs(jump_ms) <= CHANGE_MIN_MS or self._notes.are_enough(now.mono_ms):
            return None
        return Change(Noticed.RUNNING, now.wall_ms - jump_ms, now.wall_ms, now.zone, now.zone, ahead_ms)

    def noted(self, change: Change) -> None:
        """Take the clock as it is after `change`, which is on record now."""
        self._since_last, self._anchor_ms = None, change.anchor_ms
        mono_ms = change.to_ms - change.anchor_ms
        self._notes.add(mono_ms)
        self._believe(change.to_ms, mono_ms)

    def _believe(self, wall_ms: int, mono_ms: int) -> None:
        if is_plausible(wall_ms):
            self._believed_ahead_ms = wall_ms - mono_ms

    def _ahead_ms(self) -> int:
        return self._wall_ns() // 1_000_000 - self._mono_ns() // 1_000_000

    # -- names -------------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """Return a UUIDv7 (RFC 9562, 5.7). Its time is for people; nothing is ordered by it."""
        ms = (self._wall_ns() // 1_000_000) & (2**48 - 1)
        value = ms << 80 | int.from_bytes(secrets.token_bytes(10)) & ~_FIXED_BITS | _VERSION_7
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
