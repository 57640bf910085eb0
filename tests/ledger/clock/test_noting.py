"""Changes of the clock, as entries of the journal."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.errors import OutcomeUnknownError
from agent.journal.entry import decode_entry
from agent.ledger import audit
from agent.ledger.ledger import Ledger
from tests.ledger.clock.times import HOUR_MS, NEW_YEAR_MS, Times
from tests.ledger.tills import TILL, sale


@contextmanager
def ledger_of(path: Path, times: Times, *, zone: str = "UTC", boot: str = "one") -> Iterator[Ledger]:
    with closing(Ledger.open(path, till=TILL, clock=times.clock(alone=True, zone=zone, boot=boot))) as ledger:
        yield ledger


def entries(ledger: Ledger) -> list[tuple[str, Any]]:
    with ledger.reading() as conn:
        read = [decode_entry(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]
    return [(entry.kind, entry.body.get("jump_ms")) for entry in read]


def test_l9_every_entry_says_what_all_clocks_said(path: Path) -> None:
    with ledger_of(path, Times(), zone="Europe/Paris") as ledger:
        clock = ledger.append(sale("op-1")).entry.clock

    assert clock == {
        "boot": "one",
        "confirmed": True,
        "hq_age_ms": None,
        "hq_ms": None,
        "mono_ms": 1000,
        "offset_min": 60,
        "wall_ms": NEW_YEAR_MS,
        "zone": "Europe/Paris",
    }


def test_l9_a_changed_clock_is_an_entry_before_the_next_one(path: Path) -> None:
    times = Times()
    with ledger_of(path, times) as ledger:
        ledger.append(sale("op-1"))
        times.wall_ms -= HOUR_MS
        ledger.append(sale("op-2"))
        ledger.append(sale("op-3"))
        found = entries(ledger)
        audit.verify(ledger)

    assert found[1:] == [("sale", None), ("clock_changed", -HOUR_MS), ("sale", None), ("sale", None)]


def test_a_change_is_recorded_without_a_sale_too(path: Path) -> None:
    times = Times()
    with ledger_of(path, times) as ledger:
        nothing = ledger.note_clock()
        times.wall_ms += HOUR_MS
        noted, again = ledger.note_clock(), ledger.note_clock()

    assert (nothing, again) == (None, None)
    assert noted is not None
    assert (noted.entry.kind, noted.entry.by, noted.entry.postings) == ("clock_changed", "agent", ())


@pytest.mark.parametrize(("boot", "noticed"), [("one", "restart"), ("two", "boot")])
def test_l9_a_clock_that_was_set_back_while_the_agent_was_off_is_an_entry(path: Path, boot: str, noticed: str) -> None:
    times = Times()
    with ledger_of(path, times) as ledger:
        ledger.append(sale("op-1"))
    times.wall_ms -= HOUR_MS
    with ledger_of(path, times, boot=boot) as ledger:
        noted = ledger.note_clock()
        ledger.append(sale("op-2"))
        found = entries(ledger)

    assert noted is not None
    assert noted.entry.body["noticed"] == noticed
    assert found[2:] == [("clock_changed", -HOUR_MS), ("sale", None)]


def test_a_till_that_is_switched_on_in_the_morning_has_nothing_to_say(path: Path) -> None:
    times = Times()
    for boot in ("one", "two", "three"):
        with ledger_of(path, times, boot=boot) as ledger:
            ledger.append(sale(f"op-{boot}"))
            found = entries(ledger)
        times.wall_ms, times.mono_ms = times.wall_ms + 12 * HOUR_MS, 40

    assert [kind for kind, _ in found] == ["epoch_opened", "sale", "sale", "sale"]


def test_a_zone_that_was_changed_is_an_entry_once(path: Path) -> None:
    times = Times()
    with ledger_of(path, times, zone="Europe/Paris"):
        pass
    for _ in range(2):
        with ledger_of(path, times, zone="Europe/Bucharest") as ledger:
            ledger.note_clock()
            found = entries(ledger)

    assert found == [("epoch_opened", None), ("clock_changed", 0)]


def test_a_change_that_the_disk_refused_is_recorded_when_it_takes_entries_again(path: Path) -> None:
    times = Times()
    with ledger_of(path, times) as ledger:
        times.wall_ms -= HOUR_MS
        with ledger.reading() as conn:
            conn.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk'); END")
        with pytest.raises(OutcomeUnknownError):
            ledger.append(sale("op-1"))
        ledger.append(sale("op-1"))
        found = entries(ledger)

    assert found[1:] == [("clock_changed", -HOUR_MS), ("sale", None)]
