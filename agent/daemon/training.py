"""The training ledger: beside the till's own, never synced; its slips say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.kept.slip_queue import SlipJob, SlipQueue
from agent.ledger.ledger import Ledger

FOLDER = "training"


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
