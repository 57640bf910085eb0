from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agent.devices.categories import Paper, PrinterStatus, Sign
from agent.devices.document import Document
from agent.errors import (
    DeviceError,
    DeviceTimeoutError,
    IllegalError,
    LedgerError,
    NoServiceError,
    OfflineError,
    OutcomeUnknownError,
)
from agent.slips.facts import Addressee, SlipLine
from agent.slips.reader import read_text
from agent.slips.spool import Spool, SpoolTimes
from tests.slips.samples import LETTERHEAD, SALE, PlainEncoder

WELL = PrinterStatus(Sign.OK, Sign.OK, Paper.OK, Sign.OK)
NO_PAPER = replace(WELL, paper=Paper.OUT)
SILENT = PrinterStatus()
QUICK = SpoolTimes(retry_first_s=0.01, retry_last_s=0.02, poll_s=0.005, watch_s=0.01)


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    facts: dict[str, Any]
    state: str
    copy: int = 0


@dataclass(slots=True)
class Queue:
    """A slip table in memory, with everything that ever happened to a job."""

    jobs: dict[int, Job] = field(default_factory=dict)
    history: list[tuple[int, str]] = field(default_factory=list)
    commits: int = 0

    def add(self, facts: dict[str, Any], *, state: str = "queued") -> int:
        number = len(self.jobs) + 1
        self.jobs[number] = Job(number, facts, state)
        return number

    def next_slip(self, *, after: int = 0) -> Job | None:
        return next(
            (job for job in self.jobs.values() if job.state in {"queued", "again", "sent"} and job.id > after), None
        )

    def mark_slips(self, states: Mapping[int, str], /) -> None:
        self.commits += 1
        for slip_id, state in states.items():
            self.jobs[slip_id] = replace(self.jobs[slip_id], state=state)
            self.history.append((slip_id, state))

    def slip_counts(self) -> dict[str, int]:
        states = [job.state for job in self.jobs.values()]
        return {state: states.count(state) for state in ("queued", "sent")}

    def doubtful_slips(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.state == "doubtful"]


@dataclass(slots=True)
class Printer:
    """A printer with a paper tray: what it says of itself can be changed, what it got can be read."""

    says: PrinterStatus | DeviceError = WELL
    on_send: Callable[[], None] = lambda: None
    confirms: bool = False  # it says when a slip is printed
    got: list[bytes] = field(default_factory=list)
    asked: int = 0

    def encode(self, document: Document) -> bytes:
        return PlainEncoder().encode(document)

    def send(self, data: bytes) -> bool:
        self.on_send()
        self.got.append(data)
        return self.confirms

    def status(self) -> PrinterStatus:
        self.asked += 1
        if isinstance(self.says, DeviceError):
            raise self.says
        return self.says


@contextmanager
def running(
    queue: Queue, printer: Printer, addressee: Callable[[str], Addressee] = lambda _: Addressee()
) -> Iterator[Spool]:
    spool = Spool(queue, printer, letterhead=LETTERHEAD, addressee=addressee, times=QUICK)
    spool.start()
    try:
        yield spool
    finally:
        assert spool.stop()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited five seconds in vain"
        time.sleep(0.002)


def test_a_queued_slip_is_marked_sent_before_it_is_sent_and_confirmed_after() -> None:
    queue, printer = Queue(), Printer()
    printer.on_send = lambda: queue.history.append((0, "bytes"))
    job = queue.add(SALE.to_json())

    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")

    assert queue.history == [(job, "sent"), (0, "bytes"), (job, "confirmed")]
    assert "Thank you" in read_text(printer.got[0])


def test_slips_are_printed_in_the_order_of_their_jobs() -> None:
    queue, printer = Queue(), Printer()
    for number in range(5):
        queue.add(replace(SALE, op=f"R{number}").to_json())

    with running(queue, printer):
        until(lambda: len(printer.got) == 5)

    receipts = [line.split()[1] for data in printer.got for line in read_text(data) if line.startswith("Receipt")]
    assert receipts == ["R0", "R1", "R2", "R3", "R4"]


def test_a_printer_that_confirms_is_not_asked_again() -> None:
    queue, printer = Queue(), Printer(confirms=True)
    job = queue.add(SALE.to_json())

    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")

    assert printer.asked == 1  # before the slip, not after it


def test_what_became_of_one_slip_is_written_down_with_the_next() -> None:
    queue, printer = Queue(), Printer()
    for number in range(5):
        queue.add(replace(SALE, op=f"R{number}").to_json())

    with running(queue, printer):
        until(lambda: {job.state for job in queue.jobs.values()} == {"confirmed"})

    assert queue.commits == 6  # sent, confirmed with sent four times, confirmed


def test_a_slip_that_is_done_is_written_down_while_the_printer_is_away() -> None:
    queue, printer = Queue(), Printer(confirms=True)
    first, second = (queue.add(replace(SALE, op=op).to_json()) for op in ("R1", "R2"))

    def run_out() -> None:
        printer.says = NO_PAPER

    printer.on_send = run_out
    with running(queue, printer) as spool:
        until(lambda: spool.status().word == "waiting")
        until(lambda: queue.jobs[first].state == "confirmed")
        assert queue.jobs[second].state == "queued"


def test_a_slip_that_is_done_is_written_down_before_the_spool_ends() -> None:
    queue, printer = Queue(), Printer(confirms=True)
    job = queue.add(SALE.to_json())
    spool = Spool(queue, printer, letterhead=LETTERHEAD, addressee=lambda _: Addressee(), times=QUICK)
    printer.on_send = spool._stopping.set  # stopped while the slip is on its way

    spool.start()
    until(lambda: len(printer.got) == 1)
    assert spool.stop()

    assert queue.history == [(job, "sent"), (job, "confirmed")]


def test_the_members_name_is_looked_up_when_the_slip_is_rendered() -> None:
    queue, printer = Queue(), Printer()
    queue.add(SALE.to_json())

    with running(queue, printer, {"a1": Addressee("Anna")}.__getitem__):
        until(lambda: len(printer.got) == 1)

    assert "Thank you, Anna" in read_text(printer.got[0])


def test_an_anonymous_sale_asks_for_no_name() -> None:
    queue, printer, asked = Queue(), Printer(), list[str]()

    def note(account: str) -> Addressee:
        asked.append(account)
        return Addressee()

    queue.add(replace(SALE, account=None).to_json())

    with running(queue, printer, note):
        until(lambda: len(printer.got) == 1)

    assert asked == []


def test_waking_the_spool_prints_what_came_meanwhile() -> None:
    queue, printer = Queue(), Printer()

    with running(queue, printer) as spool:
        until(lambda: spool.status().word == "idle")
        queue.add(SALE.to_json())
        spool.wake()
        until(lambda: len(printer.got) == 1)


@pytest.mark.parametrize(("says", "detail"), [(NO_PAPER, "out of paper"), (OfflineError("no answer"), "no answer")])
def test_a_printer_that_is_not_well_gets_nothing_until_it_is(says: PrinterStatus | DeviceError, detail: str) -> None:
    queue, printer = Queue(), Printer(says=says)
    job = queue.add(SALE.to_json())

    with running(queue, printer) as spool:
        until(lambda: printer.asked > 2)
        assert (spool.status().word, spool.status().detail) == ("waiting", detail)
        assert queue.history == []
        printer.says = WELL
        until(lambda: queue.jobs[job].state == "confirmed")

    assert len(printer.got) == 1


def test_paper_that_ends_in_mid_slip_keeps_the_job_sent_until_the_printer_is_well() -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())

    def run_out() -> None:
        printer.says = NO_PAPER

    printer.on_send = run_out
    with running(queue, printer) as spool:
        until(lambda: spool.status().word == "waiting")
        assert (queue.jobs[job].state, spool.status().counts) == ("sent", {"queued": 0, "sent": 1})
        printer.says = WELL
        until(lambda: queue.jobs[job].state == "confirmed")

    assert len(printer.got) == 1


def test_a_printer_without_a_way_back_leaves_the_slip_unconfirmed() -> None:
    queue, printer = Queue(), Printer(says=SILENT)
    job = queue.add(SALE.to_json())

    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "unconfirmed")

    assert len(printer.got) == 1


def test_a_printer_that_stops_answering_gets_nothing_until_it_answers_again() -> None:
    queue, printer = Queue(), Printer()
    first = queue.add(SALE.to_json())

    with running(queue, printer) as spool:
        until(lambda: queue.jobs[first].state == "confirmed")
        printer.says = SILENT
        second = queue.add(SALE.to_json())
        spool.wake()
        until(lambda: spool.status().word == "waiting")
        assert queue.jobs[second].state == "queued"
        printer.says = WELL
        until(lambda: queue.jobs[second].state == "confirmed")

    assert len(printer.got) == 2


def test_a_driver_that_is_not_loaded_yet_fails_no_slip() -> None:
    class Late(Printer):
        missing = 2

        def encode(self, document: Document) -> bytes:
            if self.missing:
                self.missing -= 1
                raise NoServiceError("the driver is not loaded")
            return Printer.encode(self, document)

    queue, printer = Queue(), Late()
    job = queue.add(SALE.to_json())

    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")

    assert queue.history == [(job, "sent"), (job, "confirmed")]


def test_a_name_that_cannot_be_had_for_a_while_fails_no_slip() -> None:
    queue, printer, refusals = Queue(), Printer(), iter([LedgerError("keys.db is locked")])
    job = queue.add(SALE.to_json())

    def name(_: str) -> Addressee:
        for refusal in refusals:
            raise refusal
        return Addressee("Anna")

    with running(queue, printer, name):
        until(lambda: queue.jobs[job].state == "confirmed")

    assert "Thank you, Anna" in read_text(printer.got[0])


def test_a_slip_that_an_earlier_agent_sent_is_not_printed_again(caplog: pytest.LogCaptureFixture) -> None:
    queue, printer = Queue(), Printer()
    old = queue.add(SALE.to_json(), state="sent")
    new = queue.add(replace(SALE, op="R2").to_json())

    with caplog.at_level(logging.WARNING), running(queue, printer):
        until(lambda: queue.jobs[new].state == "confirmed")

    assert queue.jobs[old].state == "doubtful"
    assert len(printer.got) == 1
    assert f"slip job={old} state=doubtful" in caplog.text


@pytest.mark.parametrize("error", [DeviceTimeoutError("still printing"), RuntimeError("bug")])
def test_a_slip_that_may_be_on_paper_is_not_sent_again(error: Exception) -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())
    sent: list[int] = []

    def fail() -> None:
        sent.append(1)
        raise error

    printer.on_send = fail
    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "doubtful")

    assert sent == [1]


def test_a_slip_of_which_nothing_left_goes_back_into_the_queue() -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())
    refusals = iter([IllegalError("not enabled")])

    def refuse_once() -> None:
        for refusal in refusals:
            raise refusal

    printer.on_send = refuse_once
    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")

    assert queue.history == [(job, "sent"), (job, "queued"), (job, "sent"), (job, "confirmed")]


@pytest.mark.parametrize(
    "facts",
    [{"kind": "sale"}, replace(SALE, lines=(SlipLine("lottery", {}),)).to_json(), SALE.to_json() | {"lines": 7}],
)
def test_a_slip_that_cannot_be_made_lets_the_next_one_pass(facts: dict[str, Any]) -> None:
    queue, printer = Queue(), Printer()
    bad, good = queue.add(facts), queue.add(SALE.to_json())

    with running(queue, printer):
        until(lambda: queue.jobs[good].state == "confirmed")

    assert queue.jobs[bad].state == "failed"
    assert len(printer.got) == 1


def test_a_ledger_that_refuses_for_a_while_does_not_end_the_spool() -> None:
    class Reluctant(Queue):
        refusals = 2

        def next_slip(self, *, after: int = 0) -> Job | None:
            if self.refusals:
                self.refusals -= 1
                raise OutcomeUnknownError("disk is full")
            return Queue.next_slip(self, after=after)

    queue, printer = Reluctant(), Printer()
    job = queue.add(SALE.to_json())

    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")


def test_stopping_does_not_wait_for_a_printer_that_is_out_of_paper() -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())

    def run_out() -> None:
        printer.says = NO_PAPER

    printer.on_send = run_out
    with running(queue, printer) as spool:
        until(lambda: spool.status().word == "waiting")
        assert spool.stop(1.0)

    assert queue.jobs[job].state == "sent"
    assert spool.status().word == "stopped"


def test_stopping_is_bounded_even_when_the_driver_hangs() -> None:
    queue, printer, let_go = Queue(), Printer(), threading.Event()
    queue.add(SALE.to_json())

    def hang() -> None:
        let_go.wait(5)

    printer.on_send = hang
    spool = Spool(queue, printer, letterhead=LETTERHEAD, addressee=lambda _: Addressee(), times=QUICK)
    spool.start()
    until(lambda: queue.history != [])

    assert not spool.stop(0.05)

    let_go.set()
    assert spool.stop()


def test_a_slip_that_did_not_reach_the_printer_whole_is_printed_again_after_a_cut() -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())
    refusals = iter([OfflineError("cable out")])

    def refuse_once() -> None:
        for refusal in refusals:
            raise refusal

    printer.on_send = refuse_once
    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")

    assert queue.history == [(job, "sent"), (job, "again"), (job, "sent"), (job, "confirmed")]
    (slip,) = printer.got
    lines = read_text(slip)
    assert lines[0] == lines[-1] == "[cut]"
    assert lines.count("[cut]") == 2


def test_a_printer_that_falls_silent_after_a_slip_leaves_it_doubtful_and_the_cashier_is_asked_once() -> None:
    queue, printer, asked = Queue(), Printer(), list[int]()
    first = queue.add(SALE.to_json())

    def switch_off() -> None:
        printer.says = SILENT

    printer.on_send = switch_off
    spool = Spool(
        queue,
        printer,
        letterhead=LETTERHEAD,
        addressee=lambda _: Addressee(),
        asked=lambda: asked.append(1),
        times=QUICK,
    )
    spool.start()
    try:
        until(lambda: queue.jobs[first].state == "doubtful")
        until(lambda: bool(asked))
        assert [(question.op, question.kind, question.copy) for question in spool.status().asks] == [
            ("581475", "sale", 0)
        ]
    finally:
        assert spool.stop()

    assert asked == [1]
    assert len(printer.got) == 1


def test_a_printer_is_watched_as_long_as_a_slip_takes_to_print() -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())
    times = SpoolTimes(retry_first_s=0.01, retry_last_s=0.02, poll_s=0.005, watch_s=0.1)
    spool = Spool(queue, printer, letterhead=LETTERHEAD, addressee=lambda _: Addressee(), times=times)
    spool.start()
    try:
        until(lambda: len(printer.got) == 1)
        printer.says = OfflineError("power cut a moment later")
        until(lambda: queue.jobs[job].state == "doubtful")
    finally:
        assert spool.stop()


def test_a_copy_says_which_one_it_is_first_and_last() -> None:
    queue, printer = Queue(), Printer()
    job = queue.add(SALE.to_json())
    queue.jobs[job] = replace(queue.jobs[job], copy=2)

    with running(queue, printer):
        until(lambda: queue.jobs[job].state == "confirmed")

    lines = read_text(printer.got[0])
    assert lines[0] == lines[-2] == "COPY 2"
