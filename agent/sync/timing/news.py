"""How old headquarters' news are: told by headquarters' own time, counted on by the monotone clock where that goes on.

A till whose wall clock is wrong still counts right until the PC is started anew.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from agent.journal.entry import ClockReading, encode
from agent.journal.wire.form import read
from agent.ledger.ledger import Ledger

_NEWS = "sync.news"  # the key in the ledger's `state`
_KEEP_MS = 60_000  # news without a change are written down no more often


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: headquarters' time when it said so, how old that was, and this till's clocks then (all ms)."""

    told_ms: int
    age_ms: int
    wall_ms: int
    mono_ms: int
    boot: str

    def age_at(self, now: ClockReading) -> int:
        """Return how old the news are by now; by the wall clock after a restart of the PC."""
        since = now.mono_ms - self.mono_ms if now.boot == self.boot else now.wall_ms - self.wall_ms
        return self.age_ms + max(0, since)


class News:
    """The latest news of a till. Every method may be called from any thread."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        kept = ledger.recall(_NEWS)
        self._heard = None if kept is None else read(kept, lambda value: Heard(**value))
        self._kept = self._heard

    @property
    def told_ms(self) -> int | None:
        """Headquarters' time at the latest news (Unix ms), None before any."""
        return None if self._heard is None else self._heard.told_ms

    @property
    def age_ms(self) -> int | None:
        """How old the latest news are, None before any."""
        heard = self._heard
        return None if heard is None else heard.age_at(self._ledger.clock.read())

    def note(self, told_ms: int, *, age_ms: int = 0, changed: bool = True) -> None:
        """Headquarters said at `told_ms` of its time how things are, `age_ms` ago; `changed`: what it said was new."""
        now = self._ledger.clock.read()
        heard = Heard(told_ms, age_ms, now.wall_ms, now.mono_ms, now.boot)
        with self._lock:
            self._heard, kept = heard, self._kept
            if changed or kept is None or kept.boot != now.boot or now.mono_ms - kept.mono_ms >= _KEEP_MS:
                self._ledger.remember({_NEWS: encode({name: getattr(heard, name) for name in Heard.__slots__})})
                self._kept = heard
