"""The training ledger, beside the till's own and never synced; its slips, which say so; and the end it has."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from agent.counter import Counter, Ended, TrainingAsk
from agent.errors import LedgerError
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.kept.slip_queue import SlipJob, SlipQueue
from agent.ledger.ledger import Ledger
from agent.web.events import EventHub

FOLDER = "training"
LOOK_S: Final = 5.0  # soon enough that nobody sells into the training ledger after a night's sleep
_BY: Final = "agent"  # who ended it, in the entry

log = logging.getLogger(__name__)


class TrainingSlips(SlipQueue):
    """The slips of the training ledger, each of which says that it is one."""

    def next_slip(self, *, after: int = 0) -> SlipJob | None:
        """Return the oldest open job, marked."""
        job = super().next_slip(after=after)
        return None if job is None else replace(job, facts={**job.facts, "training": True})


class TrainingRoom:
    """Opens the training ledger when somebody trains for the first time; it stays open until the agent ends.

    `opened` is called with it once, so that its slips are printed.
    """

    def __init__(self, own: Ledger, folder: Path, *, zone: str, opened: Callable[[Ledger], None]) -> None:
        self._own = own
        self._path = folder / FOLDER / own.path.name
        self._zone = zone
        self._opened = opened
        self._ledger: Ledger | None = None

    def ledger(self) -> Ledger:
        """Return the training ledger, with the programme that is in force at the till."""
        if self._ledger is None:
            self._ledger = Ledger.open(self._path, till=self._own.till, clock=TillClock(self._zone, alone=True))
            self._opened(self._ledger)
        version = self._own.recall(programmes.CURRENT)
        if version is not None:
            programmes.adopt(self._ledger, programmes.stored(self._own, version.decode()))
        return self._ledger

    def close(self) -> None:
        """Close it, if it was opened."""
        if self._ledger is not None:
            self._ledger.close()


class TrainingEnd:
    """Ends training with the business day, and when nothing was done at the till for `idle_min` minutes.

    What is done is seen by the `display` event, which comes with every change of the sale at hand. Idle time is counted
    on the boot clock, which nobody sets and which goes on while the machine sleeps.
    """

    def __init__(self, own: Ledger, counter: Counter, events: EventHub, *, idle_min: int) -> None:
        self._own = own
        self._counter = counter
        self._events = events
        self._idle_ms = idle_min * 60_000
        self._day = own.clock.today()
        self._used_ms = own.clock.read().mono_ms
        events.attach("training", self._begun)
        events.attach("display", self._used)

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop."""
        while not stopping.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """End training if it is due; a ledger that takes nothing now is asked again at the next look."""
        why = self._due() if self._counter.is_training else None
        if why is None:
            return
        ask = TrainingAsk(f"training-{self._own.clock.new_id()}", on=False, ended=why)
        try:
            self._counter.train(ask, by=_BY)
        except LedgerError as error:
            log.warning("training cannot be ended: %s", error)
            return
        log.info("training ended=%s", why)
        self._events.publish("training", {"on": False, "ended": str(why)})

    def _due(self) -> Ended | None:
        if self._own.clock.today() != self._day:
            return Ended.DAY
        return Ended.IDLE if self._own.clock.read().mono_ms - self._used_ms >= self._idle_ms else None

    def _begun(self, _switch: Mapping[str, Any]) -> None:
        self._day, self._used_ms = self._own.clock.today(), self._own.clock.read().mono_ms

    def _used(self, _seen: Mapping[str, Any]) -> None:
        self._used_ms = self._own.clock.read().mono_ms
