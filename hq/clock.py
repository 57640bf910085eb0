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
    """Return the time tills are told, `NO_TIME` while it is doubted."""
    noted = Noted.read(conn)
    return now_ms() if noted is None or noted.doubt is None else NO_TIME


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

    def to_text(self) -> str:
        """Return it as it stands in `meta`."""
        return encode(asdict(self)).decode()
