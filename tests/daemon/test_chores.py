"""What a till does by itself when nobody buys, with clocks that stand where the test puts them."""

from contextlib import closing
from pathlib import Path

import pytest

from agent.daemon.chores import Chores
from agent.journal.wire.place import Position
from agent.ledger.kept.held import note_held
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of
from tests.ledger.clock.times import DAY_MS, Times
from tests.ledger.kept.forgetting.test_erasing import erased, send
from tests.ledger.tills import TILL, enrol, sale

ADA = {"name": "Ada"}


def _on(times: Times, ms: int) -> None:
    """The PC is on for so long."""
    times.wall_ms += ms
    times.mono_ms += ms


def _looks(chores: Chores, times: Times, *, days: int) -> None:
    for _ in range(2 * days):
        _on(times, DAY_MS // 2)
        chores._next_s = 0.0  # an hour has passed
        chores.look()


@pytest.mark.parametrize("days", [None, 60])
def test_a_till_that_hears_nothing_for_60_days_forgets_names_if_somebody_can_tell_it_again(
    tmp_path: Path, days: int | None
) -> None:
    times = Times()
    with closing(Ledger.open(tmp_path / "ledger.db", till=TILL, clock=times.clock())) as ledger:
        enrol(ledger, "a", ADA)
        at = ledger.identity
        note_held(ledger, [Position(at.epoch, at.seq, at.head)])
        ledger.clock.heard_from_hq(times.wall_ms)
        chores = Chores(ledger, slips_days=30, profiles_days=days)
        chores.look()
        _looks(chores, times, days=59)
        before = profile_of(ledger, "a")
        _looks(chores, times, days=2)
        after = profile_of(ledger, "a")

    assert (before, after) == (ADA, ADA if days is None else None)


def test_a_till_that_hears_of_headquarters_forgets_nobody(tmp_path: Path) -> None:
    times = Times()
    with closing(Ledger.open(tmp_path / "ledger.db", till=TILL, clock=times.clock())) as ledger:
        enrol(ledger, "a", ADA)
        at = ledger.identity
        note_held(ledger, [Position(at.epoch, at.seq, at.head)])
        chores = Chores(ledger, slips_days=30, profiles_days=60)
        chores.look()
        for _ in range(3):
            _looks(chores, times, days=50)
            ledger.clock.heard_from_hq(times.wall_ms)
        after = profile_of(ledger, "a")

    assert after == ADA


def test_slips_are_emptied_when_nobody_buys(tmp_path: Path) -> None:
    times = Times()
    with closing(Ledger.open(tmp_path / "ledger.db", till=TILL, clock=times.clock(alone=True))) as ledger:
        ledger.append(sale("op-1"))  # of 2024
        SlipQueue(ledger).mark_slips({1: "confirmed"})
        chores = Chores(ledger, slips_days=30, profiles_days=None)
        chores.look()
        busy = SlipQueue(ledger).slip(1)
        chores.look()
        idle = SlipQueue(ledger).slip(1)

    assert busy is not None
    assert idle is not None
    assert (busy.is_emptied, idle.is_emptied) == (False, True)


def test_an_erasure_is_finished_whoever_buys_and_the_status_says_what_it_waits_for(tmp_path: Path) -> None:
    times = Times()
    with closing(Ledger.open(tmp_path / "ledger.db", till=TILL, clock=times.clock(alone=True))) as ledger:
        enrol(ledger, "a", ADA)
        send(ledger)
        ledger.append(erased("erase", "a"))
        chores = Chores(ledger, slips_days=30, profiles_days=None)
        chores.look()
        waiting = chores.to_map()
        send(ledger)
        ledger.append(sale("op-1"))
        chores.look()
        done = chores.to_map()

    assert waiting == {"erasing": 1, "waits_for": ["request"]}
    assert done == {"erasing": 0, "waits_for": []}


def test_a_ledger_that_is_closed_is_asked_again_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(Ledger.open(tmp_path / "ledger.db", till=TILL, clock=Times().clock())) as ledger:
        chores = Chores(ledger, slips_days=30, profiles_days=60)
    chores.look()

    assert "chores are put off" in caplog.text
