from typing import Any

import pytest

from agent.ledger.clock.changes import (
    AWAY_MAX_MS,
    CHANGE_MIN_MS,
    NOTES_AN_HOUR,
    Change,
    Notes,
    Noticed,
    change_since,
    is_plausible,
)
from tests.ledger.clock.times import DAY_MS, HOUR_MS, NEW_YEAR_MS, YEAR_MS, Times, at


def seen(times: Times, *, zone: str = "UTC", boot: str = "one") -> dict[str, Any]:
    return times.clock(zone=zone, boot=boot).read().to_map()


def compared(times: Times, last: dict[str, Any], *, zone: str = "UTC", boot: str = "one") -> Change | None:
    return change_since(last, times.clock(zone=zone, boot=boot).read())


@pytest.mark.parametrize("off_ms", [0, 5000, DAY_MS])
def test_an_agent_that_was_off_for_a_while_sees_no_change(off_ms: int) -> None:
    times = Times()
    last = seen(times)
    times.pass_ms(off_ms)

    assert compared(times, last) is None


@pytest.mark.parametrize("jump_ms", [CHANGE_MIN_MS + 1, -CHANGE_MIN_MS - 1, YEAR_MS, -YEAR_MS])
def test_l9_a_clock_that_was_set_while_the_agent_was_off_is_noticed_to_the_millisecond(jump_ms: int) -> None:
    times = Times()
    last = seen(times)
    times.pass_ms(HOUR_MS)
    times.wall_ms += jump_ms
    change = compared(times, last)

    assert change is not None
    assert (change.noticed, change.to_body()["jump_ms"]) == (Noticed.RESTART, jump_ms)
    assert change.anchor_ms == times.wall_ms - times.mono_ms


@pytest.mark.parametrize(
    ("wall_ms", "noticed"),
    [
        (NEW_YEAR_MS + 8 * HOUR_MS, False),
        (NEW_YEAR_MS + 300 * DAY_MS, False),
        (NEW_YEAR_MS - CHANGE_MIN_MS, False),
        (NEW_YEAR_MS - CHANGE_MIN_MS - 1, True),
        (0, True),
        (at("2000-01-01"), True),
        (NEW_YEAR_MS + AWAY_MAX_MS + 1, True),
        (at("2232-01-01"), True),
    ],
)
def test_l9_after_a_boot_a_clock_that_goes_back_or_cannot_be_believed_is_noticed(wall_ms: int, noticed: bool) -> None:  # noqa: FBT001 - a column of the table
    last = seen(Times(mono_ms=DAY_MS))
    change = compared(Times(wall_ms, mono_ms=50), last, boot="two")

    assert (change is not None) is noticed
    if change is not None:
        assert (change.noticed, change.from_ms, change.to_ms) == (Noticed.BOOT, NEW_YEAR_MS, wall_ms)


def test_a_zone_that_was_changed_in_the_settings_is_a_change() -> None:
    times = Times()
    last = seen(times, zone="Europe/Paris")
    times.pass_ms(HOUR_MS)
    change = compared(times, last, zone="Europe/Bucharest")

    assert change is not None
    assert change.to_body() == {
        "noticed": "zone",
        "from_ms": times.wall_ms,
        "to_ms": times.wall_ms,
        "jump_ms": 0,
        "zone_from": "Europe/Paris",
        "zone_to": "Europe/Bucharest",
    }


def test_a_clock_and_a_zone_that_were_changed_are_one_change() -> None:
    times = Times()
    last = seen(times, zone="Europe/Paris")
    times.wall_ms += HOUR_MS
    change = compared(times, last, zone="Europe/Bucharest")

    assert change is not None
    assert (change.noticed, change.zone_from, change.zone_to) == (Noticed.RESTART, "Europe/Paris", "Europe/Bucharest")


def test_an_entry_of_before_entries_named_their_zone_is_no_change() -> None:
    times = Times()
    last = seen(times)
    del last["zone"]

    assert compared(times, last) is None


@pytest.mark.parametrize(
    ("moment", "plausible"),
    [("1970-01-01", False), ("2025-12-31", False), ("2026-01-01", True), ("2099-12-31", True), ("2100-01-01", False)],
)
def test_a_time_before_this_software_or_long_after_it_cannot_be_believed(moment: str, *, plausible: bool) -> None:
    assert is_plausible(at(moment)) is plausible


def test_a_change_waits_until_the_tenth_before_it_is_an_hour_old() -> None:
    notes = Notes()
    for at_ms in range(0, 10 * NOTES_AN_HOUR, 10):
        assert not notes.are_enough(at_ms)
        notes.add(at_ms)

    assert notes.are_enough(HOUR_MS - 1)
    assert not notes.are_enough(HOUR_MS)
    notes.add(HOUR_MS)
    assert notes.are_enough(HOUR_MS + 9)
    assert not notes.are_enough(HOUR_MS + 10)
