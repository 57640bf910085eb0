"""The till's clock under watch: changes are recorded, and what headquarters says of the time is kept."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict

import orjson

from agent.errors import LedgerError
from agent.ledger.clock import HqTime
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft

_HQ_TIME = "hq_time"  # the ledger's key for what headquarters' clock last said
_LOOK_S = 5.0

log = logging.getLogger(__name__)


class ClockWatch:
    """Looks at the clock every few seconds; `recorded` is called after an entry was made of it."""

    def __init__(self, ledger: Ledger, *, recorded: Callable[[], None]) -> None:
        self._ledger = ledger
        self._recorded = recorded
        heard = ledger.recall(_HQ_TIME)
        if heard is not None:
            ledger.clock.recall(HqTime(**orjson.loads(heard)))

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop."""
        while not stopping.wait(_LOOK_S):
            self.look()

    def look(self) -> None:
        """Record that the clock was changed, if it was; a ledger that takes nothing now is asked at the next look."""
        with contextlib.suppress(LedgerError):
            noted = self._ledger.note_clock()
            if noted is not None:
                log.warning("the clock was changed: %s", dict(noted.entry.body))
                self._recorded()

    def heard(self, hq_ms: int) -> None:
        """Keep headquarters' time; what it means for the clock is recorded when it is news.

        That is at the first contact after the PC was started, and when headquarters comes to think otherwise.
        """
        clock = self._ledger.clock
        before = clock.read()
        state = {_HQ_TIME: orjson.dumps(asdict(clock.heard_from_hq(hq_ms)))}
        after = clock.read()
        if before.hq_age_ms is not None and before.confirmed == after.confirmed:
            self._ledger.remember(state)
            return
        entry_id = clock.new_id()
        draft = Draft(
            id=entry_id,
            op=f"clock:{entry_id}",
            ask=b"",
            kind="clock_compared",
            day=clock.today().isoformat(),
            by="agent",
            body={"ahead_ms": after.wall_ms - hq_ms, "confirmed": after.confirmed, "hq_ms": hq_ms},
            state=state,
        )
        self._ledger.append(draft)
        self._recorded()
