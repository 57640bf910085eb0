"""What the till does by itself when nobody buys: it forgets what it must, and empties what it need not keep.

Erasures are finished first, whoever buys. All is done in small commits, so that whoever comes in meanwhile waits for
some milliseconds.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from agent.errors import LedgerError
from agent.ledger.kept.forgetting import erasing
from agent.ledger.kept.forgetting.dropping import drop_all
from agent.ledger.kept.forgetting.silence import note_silence
from agent.ledger.kept.forgetting.slips import empty_slips
from agent.ledger.kept.forgetting.wiping import sweep_search
from agent.ledger.ledger import Ledger

LOOK_S: Final = 30.0
_EVERY_S: Final = 3600.0  # what has days to be done in is looked at so often
_WORK_S: Final = 10.0  # of one look
_DAY_MS: Final = 24 * 3_600_000

log = logging.getLogger(__name__)


class Chores:
    """One thread's work. `profiles_days` is None for a till that stands alone: nobody could tell it again."""

    def __init__(self, ledger: Ledger, *, slips_days: int, profiles_days: int | None) -> None:
        self._ledger = ledger
        self._slips_days = slips_days
        self._profiles_days = profiles_days
        self._seq = -1
        self._next_s = 0.0
        self._pending: tuple[str, ...] = ()

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop."""
        while not stopping.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Do what is due; a ledger that takes nothing now is asked again at the next look."""
        try:
            self._pending = erasing.finish(self._ledger, seconds=_WORK_S)
            seq, before = self._ledger.identity.seq, self._seq
            self._seq = seq
            if seq == before and time.monotonic() >= self._next_s:
                self._hourly()
        except LedgerError as error:
            log.warning("chores are put off: %s", error)

    def to_map(self) -> dict[str, Any]:
        """Return what erasures wait for, as the status shows it."""
        return {"erasing": len(erasing.pending(self._ledger)), "waits_for": list(self._pending)}

    def _hourly(self) -> None:
        if self._profiles_days is not None and note_silence(self._ledger) > self._profiles_days * _DAY_MS:
            dropped = drop_all(self._ledger)
            if dropped:
                log.warning("dropped profiles=%d: headquarters is silent for %d days", dropped, self._profiles_days)
        more = empty_slips(self._ledger, keep_days=self._slips_days) > 0
        if sweep_search(self._ledger, seconds=_WORK_S) and not more:
            self._next_s = time.monotonic() + _EVERY_S
