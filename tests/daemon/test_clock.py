"""The clock under watch, with clocks that stand where the test puts them."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.daemon.clock import ClockWatch
from agent.journal.entry import decode_entry
from agent.ledger.ledger import Ledger
from tests.ledger.clock.times import DAY_MS, HOUR_MS, NEW_YEAR_MS, Times
from tests.ledger.tills import TILL, sale
from tests.till_files import wait_until


class Watched:
    """A ledger whose clock is watched; `told` counts how often somebody was told of an entry."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.told = 0
        self.watch = ClockWatch(ledger, recorded=self._tell)

    def _tell(self) -> None:
        self.told += 1

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        with self.ledger.reading() as conn:
            read = [decode_entry(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]
        return [(entry.kind, dict(entry.body)) for entry in read[1:]]


@contextmanager
def watched(folder: Path, times: Times, *, boot: str = "one", alone: bool = False) -> Iterator[Watched]:
    clock = times.clock(alone=alone, boot=boot)
    with closing(Ledger.open(folder / "ledger.db", till=TILL, clock=clock)) as ledger:
        yield Watched(ledger)


def test_l9_a_clock_that_is_set_while_nothing_is_sold_is_recorded_once(tmp_path: Path) -> None:
    times = Times()
    with watched(tmp_path, times) as till:
        till.watch.look()
        times.wall_ms += HOUR_MS
        till.watch.look()
        till.watch.look()
        entries = till.entries()

    assert [(kind, body["jump_ms"]) for kind, body in entries] == [("clock_changed", HOUR_MS)]
    assert till.told == 1


def test_l9_the_first_contact_with_headquarters_is_recorded(tmp_path: Path) -> None:
    times = Times()
    with watched(tmp_path, times) as till:
        before = till.ledger.clock.read().confirmed
        till.watch.heard(NEW_YEAR_MS - 250)
        till.watch.heard(NEW_YEAR_MS - 250)
        entries = till.entries()
        after = till.ledger.clock.read().confirmed

    assert (before, after) == (False, True)
    assert entries == [("clock_compared", {"ahead_ms": 250, "confirmed": True, "hq_ms": NEW_YEAR_MS - 250})]
    assert till.told == 1


def test_l9_headquarters_saying_otherwise_is_recorded(tmp_path: Path) -> None:
    times = Times()
    with watched(tmp_path, times) as till:
        till.watch.heard(NEW_YEAR_MS - DAY_MS)
        till.watch.heard(NEW_YEAR_MS)
        entries = till.entries()

    assert [(body["ahead_ms"], body["confirmed"]) for _, body in entries] == [(DAY_MS, False), (0, True)]


@pytest.mark.parametrize(("boot", "compared"), [("one", 1), ("two", 2)])
def test_l9_what_was_heard_outlives_the_agent_and_a_boot_asks_again(tmp_path: Path, boot: str, compared: int) -> None:
    times = Times()
    with watched(tmp_path, times) as till:
        till.watch.heard(NEW_YEAR_MS)
    times.pass_ms(HOUR_MS)
    with watched(tmp_path, times, boot=boot) as till:
        confirmed = till.ledger.clock.read().confirmed
        till.watch.heard(NEW_YEAR_MS + HOUR_MS)
        entries = till.entries()

    assert confirmed is (boot == "one")
    assert len(entries) == compared


def test_l9_the_floor_outlives_a_boot(tmp_path: Path) -> None:
    times = Times()
    with watched(tmp_path, times) as till:
        till.watch.heard(NEW_YEAR_MS + 40 * DAY_MS)
    times.wall_ms = NEW_YEAR_MS
    with watched(tmp_path, times, boot="two") as till:
        reading, today = till.ledger.clock.read(), till.ledger.clock.today()

    assert (reading.hq_ms, reading.hq_age_ms, reading.confirmed) == (NEW_YEAR_MS + 40 * DAY_MS, None, False)
    assert today.isoformat() == "2027-02-10"


def test_a_ledger_that_is_closed_does_not_stop_the_watch(tmp_path: Path) -> None:
    times = Times()
    with watched(tmp_path, times) as till:
        pass
    times.wall_ms += HOUR_MS
    till.watch.look()

    assert till.told == 0


def test_the_watch_looks_until_it_is_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.daemon.clock._LOOK_S", 0.01)
    times, stopping = Times(), threading.Event()
    with watched(tmp_path, times) as till:
        till.ledger.append(sale("op-1"))
        thread = threading.Thread(target=till.watch.run, args=(stopping,))
        thread.start()
        times.wall_ms += HOUR_MS
        wait_until(lambda: till.told == 1)
        stopping.set()
        thread.join(5)

    assert not thread.is_alive()
