from pathlib import Path

import pytest

from agent.ledger import audit
from agent.ledger.clock import TillClock
from agent.ledger.kept.forgetting.slips import empty_slips
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from tests.ledger.tills import draft

DAY_MS = 24 * 3_600_000
NOON_MS = 1_800_014_400_000  # 2027-01-15, 12:00 in London


class Days:
    """The days of a till: a wall clock that can be set."""

    def __init__(self) -> None:
        self.wall_ms = NOON_MS

    def open(self, path: Path, *, alone: bool) -> Ledger:
        clock = TillClock("Europe/London", alone=alone, wall_ns=lambda: self.wall_ms * 1_000_000)
        return Ledger.open(path, till="till-1", clock=clock)


@pytest.fixture
def days() -> Days:
    return Days()


def _sold(ledger: Ledger, op: str, day: str) -> None:
    ledger.append(draft(op, day=day, slip=("sale", {"op": op, "kind": "sale"})))


def _kept(ledger: Ledger) -> list[str]:
    """The ops of the slips that still say something."""
    with ledger.reading() as conn:
        rows = conn.execute("SELECT op FROM slip JOIN entry USING (n) WHERE facts != x'7b7d' ORDER BY slip.id")
        return [op for (op,) in rows]


def test_slips_are_emptied_some_days_after_they_were_printed_and_the_chain_verifies(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    for op, day in (("old", "2027-01-04"), ("then", "2027-01-05"), ("new", "2027-01-15")):
        _sold(ledger, op, day)
    SlipQueue(ledger).mark_slips(dict.fromkeys((1, 2, 3), "confirmed"))

    assert empty_slips(ledger, keep_days=10) == 1
    assert (_kept(ledger), empty_slips(ledger, keep_days=10)) == (["then", "new"], 0)
    days.wall_ms += DAY_MS
    assert empty_slips(ledger, keep_days=10) == 1
    assert _kept(ledger) == ["new"]
    assert audit.verify(ledger)
    ledger.close()


def test_a_slip_that_may_not_have_come_out_stays(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    states = ("confirmed", "doubtful", "failed", "confirmed", "queued", "confirmed")
    for number in range(len(states)):
        _sold(ledger, f"op-{number}", "2026-01-01")
    SlipQueue(ledger).mark_slips(dict(enumerate(states, 1)))

    assert empty_slips(ledger, keep_days=10) == 4
    assert _kept(ledger) == ["op-1", "op-2", "op-4", "op-5"]  # the last one waits behind the one to be printed
    SlipQueue(ledger).mark_slips({5: "confirmed"})
    empty_slips(ledger, keep_days=10)
    assert _kept(ledger) == ["op-1", "op-2"]
    ledger.close()


def test_what_a_printer_that_says_nothing_was_sent_is_emptied_too(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    _sold(ledger, "op", "2026-01-01")
    SlipQueue(ledger).mark_slips({1: "unconfirmed"})

    assert (empty_slips(ledger, keep_days=10), _kept(ledger)) == (1, [])
    ledger.close()


def test_nothing_is_emptied_by_a_clock_that_headquarters_has_not_confirmed(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=False)
    _sold(ledger, "op", "2026-01-01")
    SlipQueue(ledger).mark_slips({1: "confirmed"})

    assert (empty_slips(ledger, keep_days=10), _kept(ledger)) == (0, ["op"])
    ledger.clock.heard_from_hq(days.wall_ms)
    assert (empty_slips(ledger, keep_days=10), _kept(ledger)) == (1, [])
    ledger.close()


def test_a_day_that_is_still_to_come_holds_nothing_up(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    for op, day in (("wrong", "2099-01-01"), ("old", "2026-01-01")):
        _sold(ledger, op, day)
    SlipQueue(ledger).mark_slips({1: "confirmed", 2: "confirmed"})

    assert (empty_slips(ledger, keep_days=10), _kept(ledger)) == (2, [])
    ledger.close()


def test_a_job_that_was_emptied_says_so(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    _sold(ledger, "op", "2026-01-01")
    before = SlipQueue(ledger).slip_of("op")
    SlipQueue(ledger).mark_slips({1: "confirmed"})
    empty_slips(ledger, keep_days=10)
    after = SlipQueue(ledger).slip_of("op")
    ledger.close()

    assert before is not None
    assert after is not None
    assert (before.is_emptied, after.is_emptied) == (False, True)


@pytest.mark.parametrize("state", ["queued", "again", "sent"])
def test_what_is_still_to_be_printed_holds_up_what_comes_after_it(tmp_path: Path, days: Days, state: str) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    for op in ("first", "second", "third"):
        _sold(ledger, op, "2026-01-01")
    SlipQueue(ledger).mark_slips({1: "confirmed", 2: state, 3: "confirmed"})

    assert empty_slips(ledger, keep_days=10) == 1
    assert _kept(ledger) == ["second", "third"]
    ledger.close()


def test_a_slip_of_today_stays_though_none_are_kept(tmp_path: Path, days: Days) -> None:
    ledger = days.open(tmp_path / "ledger.db", alone=True)
    _sold(ledger, "today", "2027-01-15")
    SlipQueue(ledger).mark_slips({1: "confirmed"})

    assert (empty_slips(ledger, keep_days=0), _kept(ledger)) == (0, ["today"])
    days.wall_ms += DAY_MS
    assert (empty_slips(ledger, keep_days=0), _kept(ledger)) == (1, [])
    ledger.close()
