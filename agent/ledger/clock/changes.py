"""A change of the till's clock: what counts as one, and how many are worth an entry."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.journal.entry import ClockReading

CHANGE_MIN_MS = 2_000  # a leap second is none, nor is what a time server corrects by running slower or faster
AWAY_MAX_MS = 366 * 24 * 3_600_000  # nobody leaves a till switched off for so long
EARLIEST_MS = 1_767_225_600_000  # 2026-01-01: no till ran this software before; a dead battery says 1970 or 2000
LATEST_MS = 4_102_444_800_000  # 2100-01-01
NOTES_AN_HOUR = 10  # a clock that stands still is changed at every look

_HOUR_MS = 3_600_000


class Noticed(StrEnum):
    """How a change was noticed."""

    RUNNING = "running"  # the wall clock parted from the boot clock under the agent's eyes
    RESTART = "restart"  # it did so while the agent was not running
    BOOT = "boot"  # the PC was started anew, and the wall clock goes before the last entry or is beyond belief
    ZONE = "zone"  # the shop's zone in till.toml is another


@dataclass(frozen=True, slots=True)
class Change:
    """A changed clock: it would have said `from_ms` (Unix ms, on another boot the last entry's), it says `to_ms`.

    `anchor_ms` is how far the wall clock is ahead of the boot clock after it.
    """

    noticed: Noticed
    from_ms: int
    to_ms: int
    zone_from: str
    zone_to: str
    anchor_ms: int

    def to_body(self) -> dict[str, Any]:
        """Return the body of its entry, kind `clock_changed`."""
        return {
            "from_ms": self.from_ms,
            "jump_ms": self.to_ms - self.from_ms,
            "noticed": str(self.noticed),
            "to_ms": self.to_ms,
            "zone_from": self.zone_from,
            "zone_to": self.zone_to,
        }


def is_plausible(wall_ms: int) -> bool:
    """Say whether a till that runs this software can have seen this time."""
    return EARLIEST_MS <= wall_ms < LATEST_MS


def change_since(last: Mapping[str, Any], now: ClockReading) -> Change | None:
    """Return what became of the clock between the last entry's reading and now; None if there is nothing to say.

    On one boot the boot clock went on meanwhile and every jump shows. On another nobody knows how long the PC was off:
    a clock that goes back shows, and one that nobody can believe.
    """
    zone_from = str(last.get("zone") or now.zone)
    if last["boot"] == now.boot:
        noticed, from_ms = Noticed.RESTART, last["wall_ms"] + now.mono_ms - last["mono_ms"]
        moved = abs(now.wall_ms - from_ms) > CHANGE_MIN_MS
    else:
        noticed, from_ms = Noticed.BOOT, last["wall_ms"]
        moved = now.wall_ms < from_ms - CHANGE_MIN_MS or now.wall_ms > from_ms + AWAY_MAX_MS
    if not moved and zone_from == now.zone:
        return None
    return Change(
        noticed=noticed if moved else Noticed.ZONE,
        from_ms=from_ms,
        to_ms=now.wall_ms,
        zone_from=zone_from,
        zone_to=now.zone,
        anchor_ms=now.wall_ms - now.mono_ms,
    )


class Notes:
    """How many changes were recorded of late, by the boot clock (ms)."""

    def __init__(self) -> None:
        self._at: deque[int] = deque(maxlen=NOTES_AN_HOUR)

    def add(self, mono_ms: int) -> None:
        """One was recorded."""
        self._at.append(mono_ms)

    def are_enough(self, mono_ms: int) -> bool:
        """Say whether the next one has to wait."""
        return len(self._at) == NOTES_AN_HOUR and mono_ms - self._at[0] < _HOUR_MS
