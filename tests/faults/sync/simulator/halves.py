"""The two halves in one process: real ledgers and counters, the real door and books, no thread and no socket."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from agent.counter import Counter
from agent.daemon.clock import ClockWatch
from agent.errors import JournalError, SyncError
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Ask, Line
from agent.sync.meeting import Meeting, Met, Steps
from agent.sync.settings import SyncSettings
from hq import config, keys
from hq.books.worker import advance
from hq.database import Database
from hq.publish.programmes import publish
from hq.receive.door import Door
from hq.receive.signatures import Answer, Request
from tests.faults.sync.simulator.wire import Entrance, Trouble, Wire
from tests.faults.sync.simulator.world import Times

SETTINGS = SyncSettings(hq="http://127.0.0.1")  # no address of anybody: the wire leads to the door


class Headquarters:
    """A headquarters whose books go on only when told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open()

    def open(self) -> None:
        self.settings = config.load(self.folder)
        self.keys = keys.load(self.settings.keys)
        self.database = Database(self.settings.database)
        self._door = Door(self.database, self.keys, threading.Event())
        self.publish()

    def close(self) -> None:
        self.database.close()

    def answer(self, request: Request) -> tuple[Answer, dict[str, str]]:
        return self._door.answer(request)

    def publish(self) -> None:
        """Take the programme files as they are now, as at every start."""
        with self.database.write() as conn:
            publish(conn, self.settings.shops, self.keys.programme)

    def advance(self, runs: int = 1_000_000) -> None:
        """Book at most so many runs."""
        while runs and advance(self.database, self.keys):
            runs -= 1


@dataclass(slots=True)
class Talk:
    """A meeting at hand: what is asked next."""

    steps: Steps
    met: Met
    ask: Ask


class SimTill:
    """A till of the simulation. Its own clock may say anything; `wire` is its line."""

    def __init__(self, folder: Path, till: str, times: Times, entrance: Entrance) -> None:
        self.id = till
        self.folder = folder
        self.wire = Wire(entrance)
        self.error: Exception | None = None
        self._times = times
        self._boots = 0
        self.start_pc()

    # -- the PC and the agent on it ------------------------------------------------------------------------------------

    def start_pc(self, *, shows_ms: int | None = None) -> None:
        """Switch the PC on; its clock shows the right time, or what a dead battery makes of it."""
        self._boots += 1
        self._booted_ns = self._times.now_ns
        self._ahead_ns = 0 if shows_ms is None else shows_ms * 1_000_000 - self._times.now_ns
        self.start()

    def start(self) -> None:
        """Start the agent."""
        self.clock = TillClock(
            "Europe/London",
            alone=False,
            wall_ns=lambda: self._times.now_ns + self._ahead_ns,
            mono_ns=lambda: self._times.now_ns - self._booted_ns,
            boot=f"{self.id}-{self._boots}",
        )
        self.ledger = Ledger.open(self.folder / "ledger.db", till=self.id, clock=self.clock)
        self.watch = ClockWatch(self.ledger, recorded=lambda: None)
        self.counter = Counter(self.ledger, programmes.current(self.ledger), recorded=lambda: None)
        self._line: Line | None = None
        self._meeting: Meeting | None = None
        self.talk: Talk | None = None

    def stop(self) -> None:
        """End the agent; what is not on disk is forgotten."""
        if self._line is not None:
            self._line.__exit__(None, None, None)
        self.ledger.close()

    # -- meeting headquarters ------------------------------------------------------------------------------------------

    def step(self, trouble: Trouble | None = None) -> bool:
        """Put one request of a meeting over the line, which is begun if there is none; say whether it has ended.

        `error` says why it ended if it was not good.
        """
        self.error = None
        talk = self.talk or self._begin()
        if talk is None:
            return True
        self.wire.trouble = trouble
        try:
            assert self._line is not None
            talk.ask = talk.steps.send(self._line.ask(talk.ask))
        except StopIteration:
            self._end(talk.met)
            return True
        except (SyncError, JournalError) as error:
            assert self._meeting is not None
            self._meeting.forget()
            self.talk, self.error = None, error
            return True
        finally:
            self.wire.trouble = None
        return False

    def meet(self) -> bool:
        """Bring the meeting at hand, or a new one, to its end; say whether that was good."""
        while not self.step():
            pass
        return self.error is None

    def _begin(self) -> Talk | None:
        if self._meeting is None or self._line is None:
            enrolled, own = require_pinned(self.ledger), load_keys(self.folder)
            self._meeting = Meeting(self.ledger, enrolled, own.profile, batch_entries=7)
            self._line = Line(self.ledger, enrolled, own, SETTINGS, transport=self.wire)
        met = Met()
        steps = self._meeting.steps(met)
        try:
            self.talk = Talk(steps, met, next(steps))
        except (SyncError, JournalError) as error:  # what it knows already does not fit
            self._meeting.forget()
            self.error = error
        except StopIteration:
            self._end(met)
        return self.talk

    def _end(self, met: Met) -> None:
        """Do what the agent does after a good meeting."""
        self.talk = None
        if met.hq_ms is not None:
            self.watch.heard(met.hq_ms)
        programme = programmes.current(self.ledger)
        if met.fed and programme is not None:
            self.counter.use(programme)
