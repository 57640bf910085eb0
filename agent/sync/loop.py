"""The sync loop: a thread that meets headquarters after every sale while the line is good, and backs off when not.

After a failure it waits a random time between nothing and a bound that doubles ("full jitter"), so that tills that lost
headquarters together do not come back together. It holds no lock while it is on the network.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from agent.errors import LedgerError, SyncError, TallyError
from agent.ledger.ledger import Ledger
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Line
from agent.sync.meeting import Meeting, Met
from agent.sync.settings import SyncSettings

STOP_S = 3.0

log = logging.getLogger(__name__)


class Word(StrEnum):
    """How the two halves stand, in a word."""

    NEVER = "never"  # they have not met since the agent started
    GOOD = "good"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How the two halves stand.

    `contact_ms` is the till's wall clock at the last good meeting (Unix ms), `waiting` how many entries headquarters
    lacks (None: not heard yet), `held` what it holds of the current epoch as "seq head", `error` what is in the way.
    """

    word: Word = Word.NEVER
    contact_ms: int | None = None
    waiting: int | None = None
    held: str | None = None
    error: str | None = None
    hint: str | None = None

    def to_map(self) -> dict[str, Any]:
        """Return the status as the API and `--json` show it."""
        return {
            "word": str(self.word),
            "contact_ms": self.contact_ms,
            "waiting": self.waiting,
            "held": self.held,
            "error": self.error,
            "hint": self.hint,
        }


class SyncLoop:
    """The thread. `start` and `stop` it; `wake` it after an entry; `now` makes it try at once.

    `heard_from_hq` is told headquarters' time, `fed` that the feed changed something, `on_change` every new status.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: SyncSettings,
        *,
        heard_from_hq: Callable[[int], None],
        fed: Callable[[], None],
        on_change: Callable[[Mapping[str, Any]], None],
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._heard_from_hq = heard_from_hq
        self._fed = fed
        self._on_change = on_change
        self._draw = draw
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._changed = threading.Condition()
        self._entry = False
        self._at_once = False
        self._stopping = False
        self._begun = self._ended = 0  # meetings
        self._status = SyncStatus()
        self._meeting: Meeting | None = None

    @property
    def status(self) -> SyncStatus:
        """How the two halves stand, entries of this moment counted."""
        if self._meeting is None:
            return self._status
        try:
            return replace(self._status, waiting=self._meeting.waiting)
        except LedgerError:  # closed, or damaged: others say so louder
            return self._status

    def start(self) -> None:
        """Begin; the first meeting is at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; a request in flight is waited for STOP_S, and asked again at the next start if that was not enough."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(min(STOP_S, self._settings.timeout_s))

    def wake(self) -> None:
        """There is an entry to send: meet now if the line is good, else when the back-off ends."""
        with self._changed:
            self._entry = True
            self._changed.notify_all()

    def now(self, *, timeout_s: float) -> SyncStatus:
        """Meet at once, whatever the back-off, and return how the halves stand after it or after `timeout_s`."""
        with self._changed:
            self._at_once = True
            target = self._begun + 1  # not the meeting at hand, which may have begun before the last entry
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended >= target or self._stopping, timeout_s)
        return self.status

    def _run(self) -> None:
        try:
            enrolled, keys = require_pinned(self._ledger), load_keys(self._ledger.path.parent)
        except TallyError as error:
            self._stopping = True  # nothing will come until the till is enrolled and the agent begun anew
            self._show(replace(self._status, word=Word.FAILING, error=str(error), hint=error.hint))
            return
        meeting = self._meeting = Meeting(self._ledger, enrolled, keys.profile)
        failures = 0
        with Line(self._ledger, enrolled, keys, self._settings) as line:
            while not self._stopping:
                failures = 0 if self._meet(meeting, line) else failures + 1
                self._pause(failures)

    def _meet(self, meeting: Meeting, line: Line) -> bool:
        """Hold one meeting and say whether it was good."""
        with self._changed:
            self._entry = self._at_once = False
            self._begun += 1
        try:
            self._pass_on(hold(meeting, line))
        except SyncError as error:
            self._failed(meeting, error, error.hint)
            return False
        except Exception as error:  # whatever comes over the line, the loop must come back by itself
            log.exception("sync failed")
            self._failed(meeting, error, SyncError.hint)
            return False
        held = meeting.held
        self._show(
            SyncStatus(
                word=Word.GOOD,
                contact_ms=self._ledger.clock.read().wall_ms,
                held=f"{held.seq} {held.head.hex()[:16]}" if held else None,
            )
        )
        return True

    def _pass_on(self, met: Met) -> None:
        if met.hq_ms is not None:
            self._heard_from_hq(met.hq_ms)
        if met.fed:
            self._fed()

    def _failed(self, meeting: Meeting, error: Exception, hint: str) -> None:
        meeting.forget()
        log.warning("sync failed: %s", error)
        self._show(replace(self._status, word=Word.FAILING, error=str(error), hint=hint))

    def _show(self, status: SyncStatus) -> None:
        self._status = status
        with self._changed:
            self._ended = self._begun
            self._changed.notify_all()
        self._on_change(self.status.to_map())

    def _pause(self, failures: int) -> None:
        """Wait for an entry or for news; after a failure, for the back-off alone."""
        settings = self._settings
        pause = settings.poll_s
        if failures:
            bound = min(settings.retry_max_s, settings.retry_s * 2 ** min(failures - 1, 30))
            pause = self._draw(0, bound)
        ends = time.monotonic() + pause
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping or self._at_once or (self._entry and not failures),
                max(0.0, ends - time.monotonic()),
            )
            if self._entry and not failures:
                self._changed.wait_for(lambda: self._stopping or self._at_once, settings.gather_s)


def hold(meeting: Meeting, line: Line) -> Met:
    """Hold one meeting over the line; raises SyncError or JournalError, and then the meeting must `forget`."""
    met = Met()
    steps = meeting.steps(met)
    try:
        ask = next(steps)
        while True:
            ask = steps.send(line.ask(ask))
    except StopIteration:
        return met
