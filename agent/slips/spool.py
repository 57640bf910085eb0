"""The spool: slip jobs from the ledger to the printer, in order, so that each ends in one good slip.

A job goes queued -> sent -> confirmed. It is marked `sent` before its first byte leaves. If not all of it reached the
printer the slip cannot be whole: it is printed `again`, after a cut. If nobody knows (the agent ended, the printer fell
silent), it is `doubtful`, the next one passes, and the cashier is asked once whether the slip came out. It becomes
`unconfirmed` when the printer has no way to say anything; a person may ask for a copy. A job that cannot be rendered
becomes `failed` and lets the next one pass. While the printer is not well nothing is sent and the job stays queued.
FAULTS.md has a row for everything that can happen.

What became of a job is written down in one commit with the next job's `sent`, or as soon as there is nothing to print:
until then the ledger says `sent`, which after a crash means no more than that it is not known.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from agent.devices.categories import PrinterStatus
from agent.devices.document import Cut, Document
from agent.errors import ClaimedError, DeviceError, IllegalError, LedgerError, OfflineError
from agent.slips.facts import Addressee, SlipFacts
from agent.slips.layout import lay_out
from agent.slips.settings import Letterhead

_log = logging.getLogger(__name__)

SpoolWord = Literal["idle", "printing", "waiting", "stopped"]
# Errors of `send` that come before the first byte leaves.
_NOTHING_SENT: Final = (ClaimedError, IllegalError)
_NOBODY: Final = Addressee()


class SlipJob(Protocol):
    """A slip to print, as the ledger holds it."""

    @property
    def id(self) -> int:
        """The job's number; jobs are printed in its order."""

    @property
    def facts(self) -> dict[str, Any]:
        """What `SlipFacts.to_json` made."""

    @property
    def state(self) -> str:
        """`queued`, `again` or `sent` as long as the spool has work with it."""

    @property
    def copy(self) -> int:
        """Which copy of the slip it is; 0 for the slip itself."""


@dataclass(frozen=True, slots=True)
class SlipQuestion:
    """A slip of which nobody knows whether it came out: the receipt (`op`), its kind, and which copy (0: none)."""

    op: str
    kind: str
    copy: int


class SlipQueue(Protocol):
    """The ledger's slip table. Every method may raise LedgerError."""

    def next_slip(self, *, after: int = 0) -> SlipJob | None:
        """Return the oldest job with a number above `after` that is queued, to be printed again, or sent."""

    def mark_slips(self, states: Mapping[int, str], /) -> None:
        """Note durably, in one commit, what became of jobs."""

    def slip_counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each open state."""

    def doubtful_slips(self) -> Sequence[SlipJob]:
        """Return the jobs that the cashier is asked about, oldest first."""


class SlipPrinter(Protocol):
    """What the spool needs of a POSPrinter; see `agent.devices.categories`."""

    def encode(self, document: Document) -> bytes:
        """Turn a slip into the printer's bytes."""

    def send(self, data: bytes) -> bool:
        """Hand all of `data` to the printer; True if it said that it printed it."""

    def status(self) -> PrinterStatus:
        """Ask the printer how it is."""


@dataclass(frozen=True, slots=True)
class SpoolTimes:
    """Pauses, in seconds: between two tries while the printer is not well (doubling), and between two status polls.

    `watch_s`: how long a printer that does not say what it has printed is watched after a slip, which is about as long
    as one takes to print. What keeps answering that long, and is well at the end, has printed it.
    """

    retry_first_s: float = 0.5
    retry_last_s: float = 15.0
    poll_s: float = 0.2
    watch_s: float = 2.0


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What the spool is doing; `detail` is for people, empty when all is well. `asks` is what the cashier is asked."""

    word: SpoolWord
    detail: str
    counts: Mapping[str, int]
    asks: tuple[SlipQuestion, ...]


class Spool:
    """One thread between the ledger's slip table and one printer.

    `addressee` says who an account is; `asked` is called, on that thread, when there is something new to ask.
    """

    def __init__(
        self,
        queue: SlipQueue,
        printer: SlipPrinter,
        *,
        letterhead: Letterhead,
        addressee: Callable[[str], Addressee],
        asked: Callable[[], None] = lambda: None,
        times: SpoolTimes | None = None,
    ) -> None:
        self._queue = queue
        self._printer = printer
        self._letterhead = letterhead
        self._addressee = addressee
        self._asked = asked
        self._times = times or SpoolTimes()
        self._retry_s = self._times.retry_first_s
        self._said: tuple[SpoolWord, str] = ("idle", "")
        self._decided: dict[int, str] = {}  # jobs that are done, by number, until that is written down
        self._answers = False  # a printer that answered once and is silent now is off, not without a way back
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        """Begin to print what is queued."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be a new job, or that the printer may be well again."""
        self._awake.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End after the bytes that are on their way; False if the printer still holds the thread after `timeout_s`."""
        self._stopping.set()
        self._awake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def status(self) -> SpoolStatus:
        """What the spool is doing, and how many jobs are open."""
        word, detail = self._said
        questions = (
            SlipQuestion(str(job.facts["op"]), job.facts["kind"], job.copy) for job in self._queue.doubtful_slips()
        )
        return SpoolStatus(word, detail, self._queue.slip_counts(), tuple(questions))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._awake.wait(self._step())
            self._awake.clear()
        with suppress(LedgerError):
            self._write_down({})
        self._said = ("stopped", "")

    def _step(self) -> float | None:
        """Do one thing; return how long to wait before the next, None for until something new."""
        try:
            job = self._queue.next_slip(after=max(self._decided, default=0))
            if job is None and self._decided:
                self._write_down({})
                return 0
            if job is None:
                self._said = ("idle", "")
                return None
            self._work(job)
        except Exception as error:  # noqa: BLE001 - a driver or a ledger that fails is waited for; the thread lives on
            return self._hold(str(error))
        self._retry_s = self._times.retry_first_s
        return 0

    def _work(self, job: SlipJob) -> None:
        if job.state == "sent":
            self._finish(job, "doubtful", "it was sent and never confirmed")
            return
        self._require_well()
        try:
            data = self._render(job)
        except (DeviceError, LedgerError):  # the driver is not there yet, the name not to be had: not the slip's fault
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one slip must not hold up all the others
            self._finish(job, "failed", str(error))
            return
        self._print(job, data)

    def _require_well(self) -> None:
        status = self._printer.status()
        if status.trouble:
            raise OfflineError(status.trouble)
        if status.silent and self._answers:
            raise OfflineError("the printer has stopped answering")
        self._answers = not status.silent

    def _render(self, job: SlipJob) -> bytes:
        facts = SlipFacts.from_json(job.facts)
        to = _NOBODY if facts.account is None else self._addressee(facts.account)
        data = self._printer.encode(lay_out(facts, self._letterhead, to, copy=job.copy))
        if job.state == "again":  # cut off what there may be of the first try
            data = self._printer.encode(Document(self._letterhead.columns, (Cut(),))) + data
        return data

    def _print(self, job: SlipJob, data: bytes) -> None:
        self._said = ("printing", "")
        self._write_down({job.id: "sent"})
        try:
            is_printed = self._printer.send(data)
        except _NOTHING_SENT:
            self._write_down({job.id: job.state})
            raise
        except OfflineError:  # not all of it reached the printer
            self._write_down({job.id: "again"})
            raise
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, the slip may be on paper
            self._finish(job, "doubtful", str(error))
            return
        if is_printed:
            self._finish(job, "confirmed")
        else:
            self._watch(job)

    def _watch(self, job: SlipJob) -> None:
        """Look until the printer has had time to print, not counting what it spends without paper.

        A printer that answers all the while has kept its buffer and goes on where it stopped; one that falls silent may
        have been switched off, and has lost what was in it.
        """
        well_s = 0.0
        while not self._stopping.is_set():
            try:
                status = self._printer.status()
            except DeviceError as error:
                self._finish(job, "doubtful", str(error))
                return
            if status.silent:
                self._no_word(job)
                return
            if not status.trouble and well_s >= self._times.watch_s:
                self._finish(
                    job, "confirmed" if status.ok else "unconfirmed", "the printer says too little", logging.INFO
                )
                return
            began = time.monotonic()
            if status.trouble:
                self._said = ("waiting", status.trouble)
            self._stopping.wait(self._times.poll_s)
            well_s = 0.0 if status.trouble else well_s + time.monotonic() - began

    def _no_word(self, job: SlipJob) -> None:
        if self._answers:
            self._finish(job, "doubtful", "the printer has stopped answering")
        else:
            self._finish(job, "unconfirmed", "no word from the printer", logging.INFO)

    def _finish(self, job: SlipJob, state: str, reason: str = "", level: int = logging.WARNING) -> None:
        self._decided[job.id] = state
        if state != "confirmed":
            _log.log(level, "slip job=%d state=%s reason=%r", job.id, state, reason)
        if state == "doubtful":
            self._write_down({})
            self._asked()

    def _write_down(self, states: Mapping[int, str]) -> None:
        if self._decided or states:
            self._queue.mark_slips({**self._decided, **states})
            self._decided.clear()

    def _hold(self, reason: str) -> float:
        self._said = ("waiting", reason)
        with suppress(LedgerError):  # what is done must not wait for a printer that may be away for hours
            self._write_down({})
        pause_s, self._retry_s = self._retry_s, min(self._retry_s * 2, self._times.retry_last_s)
        return pause_s
