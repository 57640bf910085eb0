"""The world of a simulation: one true time that is moved by hand, and chance that comes from a seed.

Both stand in for the machine's while a simulation runs, so that the same seed is the same history.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

START_MS = 1_772_438_400_000  # 2026-03-02 08:00 UTC
DAY_S = 86_400


class Times:
    """The true time (Unix ns)."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self.now_ns = start_ms * 1_000_000

    def time_ns(self) -> int:
        """Stand in for `time.time_ns`."""
        return self.now_ns

    def later(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1_000_000_000)


@contextmanager
def governed(times: Times, chance: random.Random) -> Iterator[None]:
    """Let headquarters' clock be the true time, and every random id of the block come from `chance`.

    Keys that OpenSSL makes are random still: nothing is ordered by them.
    """
    booted_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def since_boot(_clock: int) -> int:  # by which headquarters' clock is doubted: as when it was founded
        return times.now_ns - booted_ns

    with (
        mock.patch.object(time, "time_ns", times.time_ns),
        mock.patch.object(time, "clock_gettime_ns", since_boot),
        mock.patch.object(os, "urandom", chance.randbytes),
        mock.patch.object(random, "_urandom", chance.randbytes),  # what `secrets` draws from
    ):
        yield
