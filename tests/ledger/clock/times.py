"""Clocks that stand where a test puts them."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.ledger.clock import TillClock

NEW_YEAR_MS = 1_798_761_600_000  # 2027-01-01 00:00 UTC
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
YEAR_MS = 365 * DAY_MS


class Times:
    """A wall clock and a boot clock in milliseconds; `pass_ms` moves both, setting `wall_ms` one."""

    def __init__(self, wall_ms: int = NEW_YEAR_MS, mono_ms: int = 1000) -> None:
        self.wall_ms = wall_ms
        self.mono_ms = mono_ms

    def pass_ms(self, ms: int) -> None:
        self.wall_ms += ms
        self.mono_ms += ms

    def clock(self, *, alone: bool = False, zone: str = "UTC", boot: str | None = None) -> TillClock:
        return TillClock(
            zone, alone=alone, wall_ns=lambda: self.wall_ms * 10**6, mono_ns=lambda: self.mono_ms * 10**6, boot=boot
        )


def at(text: str) -> int:
    """A moment in UTC as Unix ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
