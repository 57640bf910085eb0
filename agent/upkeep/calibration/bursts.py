"""What a reader sends in one go, and how fast; what it may mean under each setting that is possible."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from agent.devices.categories import Category

T = TypeVar("T")

QUIET_S: Final = 1.0  # so much silence ends a burst: longer than any reader pauses within a read
PIECES_MAX: Final = 4096
IDLE_S: Final = 0.3  # the drivers' own idle_s
_IDLE_MIN_S: Final = 0.15  # below it a busy machine would cut reads in two
_GAPS: Final = 4  # idle_s is so many times the longest gap that was seen
_STEP_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Burst(Generic[T]):
    """What came without a pause: bytes or keys, and the longest time between two that came apart."""

    pieces: tuple[T, ...] = field(repr=False)
    longest_gap_s: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A burst as text, if the reader is set to `settings` (keys of its section of till.toml)."""

    text: str = field(repr=False)
    settings: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reader does. `facts` and `advice` are for people, `settings` for till.toml (None: as the driver has it).

    None of it holds anything of a card. `in_packets`: a scanner that wraps labels in SSI packets.
    """

    category: Category
    facts: Mapping[str, str]
    settings: Mapping[str, object]
    advice: tuple[str, ...]
    in_packets: bool = False


def record(receive: Callable[[float], Sequence[T]], *, wait_s: float) -> Burst[T] | None:
    """Return the next burst, waiting up to `wait_s` for its beginning; None if none began.

    `receive` waits up to the seconds given and returns what came.
    """
    first = receive(wait_s)
    if not first:
        return None
    pieces = list(first)
    longest_gap_s = 0.0
    latest = time.monotonic()
    while len(pieces) < PIECES_MAX and (more := receive(QUIET_S)):
        now = time.monotonic()
        longest_gap_s = max(longest_gap_s, now - latest)
        latest = now
        pieces += more
    return Burst(tuple(pieces), longest_gap_s)


def idle_for(longest_gap_s: float, *, has_end: bool) -> float | None:
    """Return the idle_s that suits a reader; None: the driver's own.

    Where an end is marked it only has to be longer than any gap; else every read takes as much longer.
    """
    wanted_s = math.ceil(max(_GAPS * longest_gap_s, _IDLE_MIN_S) / _STEP_S) * _STEP_S
    if has_end and wanted_s <= IDLE_S:
        return None
    return round(wanted_s, 2)
