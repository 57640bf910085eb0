"""The two halves in one process: real ledgers and counters, the real door and books, no thread and no socket."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.counter import Counter
from agent.daemon.clock import ClockWatch
from agent.errors import ForkedError, JournalError, NotAllowedError, SyncError
from agent.journal.wire.apart import Standing
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.sync.apart.forked import Bringing
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Ask, Line
from agent.sync.meeting import Meeting, Met, Steps
from agent.sync.settings import SyncSettings
from agent.upkeep.backup import saving
from agent.upkeep.backup.restoring import Source, restore
from hq import config, keys
from hq.apart import epochs, forks
from hq.books.worker import advance
from hq.clock import day_at, now_ms
from hq.database import Database
from hq.publish.programmes import publish
from hq.receive.door import Door
from hq.receive.signatures import Answer, Request
from hq.work.due import Work
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
        self._file = Path(str(self.settings.database))
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

    def back_up(self, target: Path) -> None:
        """Copy the database."""
        self.close()
        shutil.copy2(self._file, target)
        self.open()

    def put_back(self, copy: Path) -> bool:
        """Put a copy of the database in its place, if there is one, and begin a new epoch."""
        if not copy.exists():
            return False
        self.close()
        shutil.copy2(copy, self._file)
        with closing(Database(self._file)) as database, database.write() as conn:
            epochs.begin_epoch(conn)
        self.open()
        return True

    def decide(self, till: str, choose: Callable[[list[forks.Machine]], forks.Machine]) -> bool:
        """Let a person say which machine is the till; False if that is not open, or cannot be said yet."""
        with self.database.write() as conn:
            found = [one for one in forks.machines(conn, till) if not one.lost]
            if not found:
                return False
            try:
                forks.keep(conn, till, choose(found).head, epoch=self.database.epoch, keys=self.keys)
            except NotAllowedError:  # two that hold the same: one of them must sell something first
                return False
        return True

    def advance(self, runs: int = 1_000_000) -> None:
        """Book at most so many runs."""
        while runs and advance(self.database, self.keys):
            runs -= 1

    def settle(self) -> None:
        """Do what waited for the tills since headquarters was put back, as its daily job does."""
        (job,) = [job for job in Work(self.database, self.settings).jobs() if job.name == "settling"]
        job.act(day_at(now_ms()))


@dataclass(slots=True)
class Talk:
    """A meeting at hand: what is asked next; `aside` while two machines speak as this till."""

    steps: Steps | Bringing
    met: Met
    ask: Ask
    aside: bool = False


class SimTill:
    """A till of the simulation. Its own clock may say anything; `wire` is its line."""

    def __init__(self, folder: Path, till: str, times: Times, entrance: Entrance) -> None:
        self.id = till
        self.name = folder.name  # of this machine: two may speak as one till
        self.folder = folder
        self.lost = False  # headquarters said that another machine is the till
        self.wire = Wire(entrance)
        self.error: Exception | None = None
        self._times = times
        self._entrance = entrance
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
            boot=f"{self.name}-{self._boots}",
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

    # -- copies --------------------------------------------------------------------------------------------------------

    def back_up(self, target: Path) -> None:
        """Make a backup of the ledger while the agent runs."""
        saving.save(self.ledger.path, target, till=self.id, clock=self.clock)

    def restore(self, backup: Path) -> None:
        """Put a backup in the place of the ledger."""
        self.stop()
        restore(Source(backup), self.ledger.path, till=self.id, clock=self.clock, replace=True)
        self.start()

    def clone(self) -> SimTill:
        """Copy this machine's disk and return the machine that begins with the copy."""
        self.stop()
        copy = self.folder.with_name(f"{self.name}-copy")
        shutil.copytree(self.folder, copy)
        self.start()
        return SimTill(copy, self.id, self._times, self._entrance)

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
            told = self._line.ask_aside(talk.ask) if talk.aside else self._line.ask(talk.ask)
            talk.ask = talk.steps.send(told)
        except StopIteration as end:
            self._end(talk, end.value)
            return True
        except (SyncError, JournalError) as error:
            if isinstance(error, ForkedError) and not talk.aside:
                self._begin_aside()
                return False
            self._give_up(error)
            return True
        finally:
            self.wire.trouble = None
        return False

    def send(self) -> None:
        """Bring the meeting at hand, or a new one, up to where it takes the news."""
        while not self.step() and (self.talk is None or self.talk.ask.word != "feed"):
            pass

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
            self._give_up(error)
        except StopIteration:
            self._end(Talk(steps, met, Ask("", b"")))
        return self.talk

    def _begin_aside(self) -> None:
        """Begin to bring what this machine holds, because two speak as this till."""
        assert self._meeting is not None
        bringing = self._meeting.bring()
        self.talk = Talk(bringing, Met(), next(bringing), aside=True)

    def _give_up(self, error: Exception) -> None:
        assert self._meeting is not None
        self._meeting.forget()
        self.talk, self.error = None, error

    def _end(self, talk: Talk, standing: Standing | None = None) -> None:
        """Do what the agent does after a meeting."""
        self.talk = None
        if standing is not None:
            self.lost = standing is Standing.LOST
            if standing is not Standing.TILL:
                self._give_up(ForkedError(f"this machine is {standing}"))
            return
        self.lost = False
        if talk.met.hq_ms:  # 0: headquarters doubts its own clock
            self.watch.heard(talk.met.hq_ms)
        if talk.met.fed and (programme := programmes.current(self.ledger)) is not None:
            self.counter.use(programme)
