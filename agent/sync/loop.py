"""The sync loop: a thread that meets headquarters after every sale or once a night, and backs off when it cannot.

After a failure it waits a random time between nothing and a bound that doubles ("full jitter"), so that tills that lost
headquarters together do not come back together. It holds no lock while it is on the network.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from agent.errors import (
    BusyError,
    EpochLeftError,
    ForkedError,
    JournalError,
    LedgerError,
    RequestTooLargeError,
    SyncError,
    TallyError,
)
from agent.journal.codes import SaleCode
from agent.journal.entry import encode
from agent.journal.wire.apart import Standing
from agent.journal.wire.asking import SALE_BYTES_MAX, SaleAsked, SaleTold, SpendAsked, SpendTold
from agent.journal.wire.form import expand, read
from agent.ledger.kept.held import unsynced
from agent.ledger.ledger import Ledger
from agent.sync.asking import Question
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Ask, Line
from agent.sync.meeting import Meeting, Met
from agent.sync.settings import SyncSettings, When
from agent.sync.stick import importing
from agent.sync.timing.news import News
from agent.sync.timing.window import Window

STOP_S = 3.0
_DAY_MS = 24 * 3_600_000
_LOOK_S = 60.0  # while a moment of the day is waited for, the clock may be set

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
    `age_ms` is how old its news are, and `stale` whether that is to be said. `when` is how the till is set, `next_ms`
    when it meets next by itself (wall clock, Unix ms; None while it meets, or never). `met` is what the last meeting,
    or the one at hand, brought.
    """

    when: When
    word: Word = Word.NEVER
    contact_ms: int | None = None
    age_ms: int | None = None
    stale: bool = False
    waiting: int | None = None
    held: str | None = None
    next_ms: int | None = None
    met: Met = field(default_factory=Met)
    error: str | None = None
    hint: str | None = None

    def to_map(self) -> dict[str, Any]:
        """Return the status as the API and `--json` show it."""
        return {
            "word": str(self.word),
            "when": str(self.when),
            "contact_ms": self.contact_ms,
            "age_ms": self.age_ms,
            "stale": self.stale,
            "waiting": self.waiting,
            "held": self.held,
            "next_ms": self.next_ms,
            "met": self.met.counts(),
            "error": self.error,
            "hint": self.hint,
        }


class SyncLoop:
    """The thread. `start` and `stop` it; `wake` it after an entry; `now` makes it try at once; `sale` and `spend` ask.

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
        self._later_s = 0.0  # that headquarters, or the line, asked to wait
        self._questions: list[Question] = []
        self._stopping = False
        self._begun = self._ended = 0  # meetings
        self._status = SyncStatus(settings.when)
        self._meeting: Meeting | None = None
        self._at_hand = threading.Lock()  # while a meeting, or a stick, is
        self._window = Window.parse(settings.window)
        self._news = News(ledger)

    @property
    def status(self) -> SyncStatus:
        """How the two halves stand, entries of this moment counted."""
        try:
            age_ms, waiting = self._news.age_ms, unsynced(self._ledger)
        except LedgerError:  # closed, or damaged: others say so louder
            return self._status
        stale = age_ms is not None and age_ms > self._settings.stale_ms
        return replace(self._status, age_ms=age_ms, stale=stale, waiting=waiting)

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

    def take_stick(self, file: Path) -> SyncStatus:
        """Take headquarters' answer from a file and return how the halves stand after it.

        Raises SyncError or JournalError when it is none to this till, OSError when the file cannot be read.
        """
        data = importing.read_stick(file)
        enrolled, keys = require_pinned(self._ledger), load_keys(self._ledger.path.parent)
        with self._at_hand:
            taken = importing.take(self._ledger, enrolled, keys.profile, data, news=self._news)
            if self._meeting is not None:
                self._meeting.forget()
        if taken.pages:
            self._fed()
        return self.status

    def sale(self, code: SaleCode) -> SaleTold | None:
        """Ask headquarters for the sale of another till that a slip's code names; None if it does not say in time.

        Its answer counts once the feed was taken too, so that its member is here as headquarters knows him.
        """
        body = self._answer_to(Ask("sale", encode(SaleAsked(code.tag, code.entry).to_map())))
        try:
            return None if body is None else SaleTold.unpack(expand(body, bytes_max=SALE_BYTES_MAX))
        except JournalError as error:
            log.warning("the sale with the tag %s cannot be read: %s", code.tag, error)
            return None

    @property
    def by_stick(self) -> bool:
        """Whether entries leave by stick: then nobody can say what headquarters has seen of them."""
        return self._settings.when is When.STICK

    def spend(self, asked: SpendAsked) -> SpendTold | None:
        """Ask headquarters how much may be spent for a redemption; None if it does not say in time."""
        body = self._answer_to(Ask("spend", encode(asked.to_map())))
        try:
            return None if body is None else read(body, SpendTold.from_map)
        except JournalError as error:
            log.warning("what headquarters promises for %r cannot be read: %s", asked.op, error)
            return None

    def _answer_to(self, ask: Ask) -> bytes | None:
        """Put a question in the line's queue and wait for its answer, ASK_S at most."""
        question = Question(ask)
        with self._changed:
            if self._stopping or not self._thread.is_alive() or self._settings.when is When.STICK:
                return None
            self._questions.append(question)
            self._changed.notify_all()
        return question.wait()

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
            self._wait_to_begin()
            while not self._stopping:
                failures = 0 if self._meet(meeting, line) else failures + 1
                self._pause(failures)

    def _meet(self, meeting: Meeting, line: Line) -> bool:
        """Hold one meeting and say whether it was good."""
        with self._changed:
            self._entry = self._at_once = False
            questions, self._questions = self._questions, []
            self._begun += 1
        try:
            with self._at_hand:
                answers = [question.put(line) for question in questions]
                met = hold(meeting, line, look=self._look)
            self._pass_on(met)
            for question, body in zip(questions, answers, strict=True):
                question.end(body)
        except SyncError as error:
            self._later_s = error.later_s if isinstance(error, BusyError) else 0.0
            self._failed(meeting, error, error.hint)
            return False
        except Exception as error:  # whatever comes over the line, the loop must come back by itself
            self._later_s = 0.0
            log.exception("sync failed")
            self._failed(meeting, error, SyncError.hint)
            return False
        finally:
            for question in questions:
                question.end(None)
        held = meeting.held
        self._show(
            SyncStatus(
                self._settings.when,
                word=Word.GOOD,
                contact_ms=self._ledger.clock.read().wall_ms,
                held=f"{held.seq} {held.head.hex()[:16]}" if held else None,
                met=met,
            )
        )
        return True

    def _pass_on(self, met: Met) -> None:
        if met.hq_ms:  # 0: headquarters doubts its own clock
            self._heard_from_hq(met.hq_ms)
            self._news.note(met.hq_ms, changed=met.fed)
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
        """Wait for an entry or for news, for the till's moment of the night, or after a failure for the back-off."""
        settings = self._settings
        if settings.when is When.SALE or failures:
            pause = settings.poll_s
            if failures:
                bound = min(settings.retry_max_s, settings.retry_s * 2 ** min(failures - 1, 30))
                pause = min(settings.retry_max_s, self._later_s + self._draw(0, bound))
            self._next(self._ledger.clock.read().wall_ms + round(pause * 1000))
            self._rest(pause, entry=settings.when is When.SALE and not failures)
        elif settings.when is When.WINDOW:
            self._until_slot()
        else:
            with self._changed:
                self._changed.wait_for(lambda: self._called)

    def _wait_to_begin(self) -> None:
        """Begin at once if the till meets after sales; one that was off last night soon, but not with all others."""
        if self._settings.when is When.WINDOW:
            age_ms = self._news.age_ms
            if age_ms is None or age_ms > _DAY_MS:
                self._rest(self._draw(0, self._settings.retry_max_s), entry=False)
                return
        if self._settings.when is not When.SALE:
            self._pause(0)

    def _rest(self, pause: float, *, entry: bool) -> None:
        """Wait for somebody who calls, or `pause` seconds; `entry`: an entry to send ends it as well."""
        with self._changed:
            self._changed.wait_for(lambda: self._called or (entry and self._entry), max(0.0, pause))
            if entry and self._entry:
                self._changed.wait_for(lambda: self._called, self._settings.gather_s)

    def _until_slot(self) -> None:
        """Wait for the till's moment of the night; the clock may be set meanwhile, and is looked at again and again."""
        clock = self._ledger.clock
        due: datetime | None = None
        while not self._called:
            now = clock.now()
            if due is not None and now >= due:
                return
            slot = self._window.slot_after(self._ledger.till, now)
            due = slot if due is None else min(due, slot)
            left = (due - now).total_seconds()
            self._next(clock.read().wall_ms + round(left * 1000))
            self._rest(min(left, _LOOK_S), entry=False)

    def _look(self, met: Met) -> None:
        self._status = replace(self._status, met=met, next_ms=None)

    def _next(self, at_ms: int) -> None:
        self._status = replace(self._status, next_ms=at_ms)

    @property
    def _called(self) -> bool:
        """Whether somebody waits for the loop, whatever the back-off."""
        return self._stopping or self._at_once or bool(self._questions)


def hold(meeting: Meeting, line: Line, *, look: Callable[[Met], None] | None = None) -> Met:
    """Hold one meeting over the line and return what it brought; `look` sees it come, before every request.

    If headquarters was put back it is met again in its new epoch; if two machines speak as this till, it is brought
    what this one holds. Raises SyncError or JournalError, and then the meeting must `forget`.
    """
    try:
        return _hold_as_one(meeting, line, look)
    except EpochLeftError:
        return _hold_as_one(meeting, line, look)
    except RequestTooLargeError:
        meeting.send_less()
        raise


def _hold_as_one(meeting: Meeting, line: Line, look: Callable[[Met], None] | None) -> Met:
    try:
        return _hold(meeting, line, look)
    except ForkedError:
        if _bring(meeting, line) is not Standing.TILL:
            raise
    return _hold(meeting, line, look)


def _bring(meeting: Meeting, line: Line) -> Standing:
    steps = meeting.bring()
    try:
        ask = next(steps)
        while True:
            ask = steps.send(line.ask_aside(ask))
    except StopIteration as end:
        standing: Standing = end.value
        return standing


def _hold(meeting: Meeting, line: Line, look: Callable[[Met], None] | None) -> Met:
    met = Met()
    steps = meeting.steps(met)
    try:
        ask = next(steps)
        while True:
            if look is not None:
                look(met)
            ask = steps.send(line.ask(ask))
    except StopIteration:
        return met
