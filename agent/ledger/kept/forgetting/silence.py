"""How long headquarters has been silent, as far as a till can tell whose clock nobody confirms.

Time that the PC was on is counted by its boot clock. Time that it was off nobody has counted: the wall clock's word is
taken for it, but never for less than nothing and never for more than a week at a time. So a battery that dies or a
clock that jumps by years destroys nothing, and a till that is carried off forgets whom it knew though it is switched
off at night.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import orjson

from agent.journal.entry import ClockReading
from agent.ledger.ledger import Ledger

OFF_MAX_MS: Final = 7 * 24 * 3_600_000  # a shop's holidays count for no more

_NOTE = "hq.silence"  # a key in `state`


@dataclass(frozen=True, slots=True)
class Silence:
    """For how long nothing had been heard when the clocks said this; `hq_ms` is what was heard last, if ever."""

    ms: int
    hq_ms: int | None
    wall_ms: int
    mono_ms: int
    boot: str


def silence(noted: Silence | None, now: ClockReading) -> Silence:
    """Return how long headquarters has been silent by now, going on from what was `noted` last."""
    if noted is None or noted.hq_ms != now.hq_ms:
        ms = now.hq_age_ms or 0
    elif noted.boot == now.boot:
        ms = noted.ms + max(0, now.mono_ms - noted.mono_ms)
    else:
        off_ms = min(max(0, now.wall_ms - noted.wall_ms), OFF_MAX_MS)
        ms = noted.ms + max(off_ms, now.mono_ms)
    return Silence(ms, now.hq_ms, now.wall_ms, now.mono_ms, now.boot)


def note_silence(ledger: Ledger) -> int:
    """Note how long headquarters has been silent and return it (ms); to be called every hour or so."""
    kept = ledger.recall(_NOTE)
    now = silence(None if kept is None else Silence(**orjson.loads(kept)), ledger.clock.read())
    ledger.remember({_NOTE: orjson.dumps(asdict(now))})
    return now.ms
