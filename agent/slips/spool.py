"""The spool: slip jobs from the ledger to the printer, in order, each at most once.

A job goes queued -> sent -> confirmed. It is marked `sent` before its first byte leaves, so a crash can lose a slip but
never prints one twice; a job found `sent` at the start of an agent becomes `unconfirmed`, and a person may ask for a
copy. It also becomes `unconfirmed` when the printer has no way to say that it printed. A job that cannot be rendered
becomes `failed` and lets the next one pass. While the printer is not well nothing is sent and the job stays queued.

What became of a job is written down in one commit with the next job's `sent`, or as soon as there is nothing to print:
until then the ledger says `sent`, which after a crash means no more than that it is not known.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from agent.devices.categories import PrinterStatus
from agent.devices.document import Document
from agent.errors import ClaimedError, DeviceError, IllegalError, LedgerError, OfflineError
from agent.slips.facts import SlipFacts
from agent.slips.layout import lay_out
from agent.slips.settings import Letterhead

_log = logging.getLogger(__name__)

SpoolWord = Literal["idle", "printing", "waiting", "stopped"]
# Errors of `send` that come before the first byte leaves; after any other, some of the slip may be on paper.
_NOTHING_SENT: Final = (ClaimedError, IllegalError)


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
        """`queued` or `sent` as long as the spool has work with it."""


class SlipQueue(Protocol):
    """The ledger's slip table. Every method may raise LedgerError."""

    def next_slip(self, *, after: int = 0) -> SlipJob | None:
        """Return the oldest job with a number above `after` that is queued or sent."""

    def mark_slips(self, states: Mapping[int, str], /) -> None:
        """Note durably, in one commit, what became of jobs."""

    def slip_counts(self) -> Mapping[str, int]:
        """Return how many jobs are in each open state."""


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
    """Pauses, in seconds: between two tries while the printer is not well (doubling), and between two status polls."""

    retry_first_s: float = 0.5
    retry_last_s: float = 15.0
    poll_s: float = 0.2


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What the spool is doing; `detail` is for people, empty when all is well."""

    word: SpoolWord
    detail: str
    counts: Mapping[str, int]


class Spool:
    """One thread between the ledger's slip table and one printer. `names` gives the first name of an account."""

    def __init__(
        self,
        queue: SlipQueue,
        printer: SlipPrinter,
        *,
        letterhead: Letterhead,
        names: Callable[[str], str | None],
        times: SpoolTimes | None = None,
    ) -> None:
        self._queue = queue
        self._printer = printer
        self._letterhead = letterhead
        self._names = names
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
        return SpoolStatus(word, detail, self._queue.slip_counts())

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
            self._finish(job, "unconfirmed", "it was sent and never confirmed")
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
        name = None if facts.account is None else self._names(facts.account)
        return self._printer.encode(lay_out(facts, self._letterhead, name=name))

    def _print(self, job: SlipJob, data: bytes) -> None:
        self._said = ("printing", "")
        self._write_down({job.id: "sent"})
        try:
            is_printed = self._printer.send(data)
        except _NOTHING_SENT:
            self._write_down({job.id: "queued"})
            raise
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, some of the slip may be on paper
            self._finish(job, "unconfirmed", str(error))
            return
        if is_printed:
            self._finish(job, "confirmed")
        else:
            self._confirm(job)

    def _confirm(self, job: SlipJob) -> None:
        """Ask until the printer is well: what it could not print it prints once it has paper again."""
        while not self._stopping.is_set():
            try:
                status = self._printer.status()
            except DeviceError as error:
                self._finish(job, "unconfirmed", str(error))
                return
            if not status.trouble:
                self._finish(job, "confirmed" if status.ok else "unconfirmed", "no word from the printer", logging.INFO)
                return
            self._said = ("waiting", status.trouble)
            self._stopping.wait(self._times.poll_s)

    def _finish(self, job: SlipJob, state: str, reason: str = "", level: int = logging.WARNING) -> None:
        self._decided[job.id] = state
        if state != "confirmed":
            _log.log(level, "slip job=%d state=%s reason=%r", job.id, state, reason)

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
