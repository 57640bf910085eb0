"""The spool on a real ledger and the simulated printer: what a crash between sending and confirming leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.devices.categories import Category
from agent.ledger.clock import TillClock
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft
from agent.slips.facts import Addressee
from agent.slips.reader import read_text
from agent.slips.spool import Spool, SpoolTimes
from drivers.simulated import Settings, Simulated
from tests.slips.samples import LETTERHEAD, SALE
from tests.slips.test_spool import until

QUICK = SpoolTimes(retry_first_s=0.01, retry_last_s=0.02, poll_s=0.005, watch_s=0.01)


@contextmanager
def _ledger(folder: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(folder / "ledger.db", till="till-3", clock=TillClock("Europe/London", alone=True))
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def _printer() -> Iterator[Simulated]:
    printer = Simulated(Settings(Category.POS_PRINTER))
    printer.open()
    printer.claim()
    printer.enable()
    try:
        yield printer
    finally:
        printer.close()


def _append_sale(ledger: Ledger, op: str) -> str:
    draft = Draft(
        id=ledger.clock.new_id(),
        op=op,
        ask=bytes(32),
        kind="note",  # a kind without a body of its own: what matters here is its slip
        day="2011-12-09",
        by="screen",
        body={},
        slip=("sale", {**SALE.to_json(), "op": op, "head": ""}),
    )
    return ledger.append(draft).hash.hex()


def _print_all(ledger: Ledger, printer: Simulated) -> None:
    queue = SlipQueue(ledger)
    spool = Spool(queue, printer, letterhead=LETTERHEAD, addressee=lambda _: Addressee(), times=QUICK)
    spool.start()
    try:
        until(lambda: queue.next_slip() is None)
    finally:
        assert spool.stop()


def test_the_slip_of_an_entry_carries_the_head_of_its_chain(tmp_path: Path) -> None:
    with _ledger(tmp_path) as ledger, _printer() as printer:
        head = _append_sale(ledger, "R1")
        _print_all(ledger, printer)

        (slip,) = printer.slips
        assert f"{'9 Dec 2011 12:50':<34}Proof {head[:16]}" in read_text(slip)


def test_after_a_crash_between_sending_and_confirming_nothing_is_printed_twice(tmp_path: Path) -> None:
    with _ledger(tmp_path) as ledger:
        _append_sale(ledger, "R1")
        _append_sale(ledger, "R2")
        job = SlipQueue(ledger).next_slip()
        assert job is not None
        SlipQueue(ledger).mark_slips({job.id: "sent"})  # and here the power fails

    with _ledger(tmp_path) as ledger, _printer() as printer:
        _print_all(ledger, printer)

        queue = SlipQueue(ledger)
        states = [slip.state for slip in (queue.slip_of("R1"), queue.slip_of("R2")) if slip is not None]
        assert states == ["doubtful", "confirmed"]
        assert len(printer.slips) == 1
        assert f"{'Receipt R2':<42}till-3 entry 3" in read_text(printer.slips[0])
