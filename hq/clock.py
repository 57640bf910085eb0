"""Headquarters' clock, and whether it is doubted: then it confirms no till's, and nothing is ended by it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, select

from agent.journal.entry import decode, encode
from hq.tables import meta

JUMP_MS = 3_600_000
NO_TIME = 0  # what a till is told instead of a time that is doubted
KEY = "clock"  # in `meta`

_LAST_ZONE = timedelta(hours=12)  # UTC-12
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now_ms() -> int:
    """Return Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def day_at(at_ms: int) -> date:
    """Return the business day that has begun everywhere on earth: those before it are over."""
    return (datetime.fromtimestamp(at_ms / 1000, UTC) - _LAST_ZONE).date()


def beacon_ms(conn: Connection) -> int:
    """Return the time tills are told, `NO_TIME` while it is doubted: by the last look at the clock, or as it stands."""
    noted, now = Noted.read(conn), Noted.now()
    is_doubted = noted is not None and (noted.doubt or noted.jump_to(now)) is not None
    return NO_TIME if is_doubted else now.wall_ms


@dataclass(frozen=True, slots=True)
class Noted:
    """What the clocks said when it was noted last: Unix time, and since the boot `boot` of a machine.

    `doubt` says why the clock is doubted. `by` is who confirmed it last, `accepted_ms` how far the middle of the tills
    was behind it then.
    """

    wall_ms: int
    mono_ms: int
    boot: str
    doubt: str | None = None
    accepted_ms: int = 0
    by: str | None = None

    @classmethod
    def now(cls) -> Self:
        """Read the clocks."""
        mono_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        return cls(now_ms(), mono_ms, _BOOT_ID.read_text().strip())

    @classmethod
    def read(cls, conn: Connection) -> Self | None:
        """Return what was noted last, None if nothing was."""
        text: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == KEY))
        return None if text is None else cls(**decode(text.encode()))

    def jump_to(self, now: Self) -> str | None:
        """Say how the clock was set since, None if it was not, by an hour or less, or if nobody can tell."""
        moved_ms = now.wall_ms - self.wall_ms
        if self.boot == now.boot:
            jump_ms = moved_ms - (now.mono_ms - self.mono_ms)
            return None if abs(jump_ms) <= JUMP_MS else f"it was set by {jump_ms // 1000} s"
        return None if moved_ms >= -JUMP_MS else f"it is {-moved_ms // 1000} s before the time it last had"

    def to_text(self) -> str:
        """Return it as it stands in `meta`."""
        return encode(asdict(self)).decode()
