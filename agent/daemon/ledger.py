"""The ledger under watch: whether it can take sales, said at once, and what was kept aside entered when it can."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from agent.counter import Counter
from agent.errors import LedgerError
from agent.ledger.disk.aside import ASIDE_FILE, lines_of
from agent.ledger.ledger import Ledger
from agent.web.events import EventHub

_LOOK_S = 1.0
_EVERY_S = 60.0  # what was refused once is tried again so often

logger = logging.getLogger(__name__)


class LedgerWatch:
    """Looks at the ledger every second; `look` may be called from one thread, `to_map` from any."""

    def __init__(self, ledger: Ledger, counter: Counter, events: EventHub) -> None:
        self._ledger = ledger
        self._counter = counter
        self._events = events
        self._trouble: LedgerError | None = None
        self._pause_looks = 0

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop."""
        while not stopping.wait(_LOOK_S):
            try:
                self.look()
            except OSError as error:  # not even the names on the disk can be read: look again
                logger.warning("the ledger cannot be looked at: %s", error)

    def look(self) -> None:
        """See how the ledger is, tell the screens when that changed, and enter what waits for it."""
        before, self._trouble = self._trouble, self._ledger.trouble
        if _code(before) != _code(self._trouble):
            logger.warning("ledger=%s %s", self.to_map()["word"], self._trouble or "")
            self._events.publish("ledger", self.to_map())
            self._pause_looks = 0
        if self._trouble is None:
            self._enter()

    def _enter(self) -> None:
        self._pause_looks -= 1
        if self._pause_looks > 0 or not self._aside.exists():
            return
        try:
            self._counter.enter_aside()
        except (LedgerError, OSError) as error:
            logger.warning("what is kept aside waits on: %s", error)
        if self._aside.exists():
            self._pause_looks = int(_EVERY_S / _LOOK_S)
        self._events.publish("ledger", self.to_map())

    def to_map(self) -> dict[str, Any]:
        """Return how the ledger is and what waits to be entered, as the status shows it."""
        trouble = self._trouble
        why = trouble and {"code": trouble.code, "message": str(trouble), "hint": trouble.hint}
        aside = [{"op": line.op, "refused": line.refused} for line in lines_of(self._aside)]
        return {"word": "well" if trouble is None else "selling without loyalty", "why": why, "aside": aside}

    @property
    def _aside(self) -> Path:
        return self._ledger.path.with_name(ASIDE_FILE)


def _code(trouble: LedgerError | None) -> str | None:
    return None if trouble is None else trouble.code
