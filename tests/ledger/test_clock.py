import uuid
from dataclasses import replace

import pytest

from agent.ledger.clock import DRIFT_MAX_MS, HqTime, TillClock

_NEW_YEAR_MS = 1_704_067_200_000  # 2024-01-01 00:00 UTC


class Times:
    """A wall clock and a monotone clock that stand where a test puts them (milliseconds)."""

    def __init__(self, wall_ms: int = _NEW_YEAR_MS, mono_ms: int = 1000) -> None:
        self.wall_ms = wall_ms
        self.mono_ms = mono_ms

    def clock(self, *, alone: bool = False, zone: str = "UTC") -> TillClock:
        return TillClock(zone, alone=alone, wall_ns=lambda: self.wall_ms * 10**6, mono_ns=lambda: self.mono_ms * 10**6)


def test_a_clock_nobody_confirmed_is_not_confirmed() -> None:
    reading = Times().clock().read()

    assert (reading.wall_ms, reading.mono_ms) == (_NEW_YEAR_MS, 1000)
    assert (reading.hq_ms, reading.hq_age_ms, reading.confirmed) == (None, None, False)


def test_a_till_without_headquarters_believes_its_clock() -> None:
    assert Times().clock(alone=True).read().confirmed


@pytest.mark.parametrize(
    ("drift_ms", "confirmed"),
    [(0, True), (DRIFT_MAX_MS, True), (-DRIFT_MAX_MS, True), (DRIFT_MAX_MS + 1, False), (-DRIFT_MAX_MS - 1, False)],
)
def test_a_clock_near_headquarters_time_is_confirmed(drift_ms: int, *, confirmed: bool) -> None:
    clock = Times().clock()
    clock.heard_from_hq(_NEW_YEAR_MS + drift_ms)

    assert clock.read().confirmed is confirmed


def test_headquarters_time_goes_on_by_the_monotone_clock() -> None:
    times = Times()
    clock = times.clock()
    clock.heard_from_hq(_NEW_YEAR_MS)
    times.wall_ms, times.mono_ms = times.wall_ms + 3_600_000, times.mono_ms + 3_600_000
    later = clock.read()
    times.wall_ms += 24 * 3_600_000  # somebody sets the clock to tomorrow
    moved = clock.read()

    assert (later.hq_ms, later.hq_age_ms, later.confirmed) == (_NEW_YEAR_MS, 3_600_000, True)
    assert not moved.confirmed


def test_a_till_of_a_chain_that_heard_otherwise_doubts_its_clock_even_if_it_was_alone() -> None:
    clock = Times().clock(alone=True)
    clock.heard_from_hq(_NEW_YEAR_MS + DRIFT_MAX_MS + 1)

    assert not clock.read().confirmed


def test_what_was_heard_outlives_the_agent_but_not_the_pc() -> None:
    times = Times()
    heard = times.clock().heard_from_hq(_NEW_YEAR_MS)
    agent, computer = times.clock(), times.clock()
    agent.recall(heard)
    computer.recall(replace(heard, boot="another boot"))

    assert heard == HqTime(_NEW_YEAR_MS, 1000, heard.boot)
    assert (agent.read().confirmed, computer.read().confirmed) == (True, False)


def test_the_business_day_is_the_shops_own() -> None:
    times = Times(_NEW_YEAR_MS - 1)
    days = [times.clock(zone=zone).today().isoformat() for zone in ("UTC", "Europe/Berlin", "America/New_York")]

    assert days == ["2023-12-31", "2024-01-01", "2023-12-31"]


@pytest.mark.parametrize(
    ("zone", "wall_ms", "offset"),
    [
        ("UTC", _NEW_YEAR_MS, 0),
        ("Europe/Berlin", _NEW_YEAR_MS, 60),
        ("Europe/Berlin", 1_719_792_000_000, 120),  # 2024-07-01
        ("America/St_Johns", _NEW_YEAR_MS, -210),
    ],
)
def test_a_reading_tells_the_offset_of_the_shops_zone(zone: str, wall_ms: int, offset: int) -> None:
    assert Times(wall_ms).clock(zone=zone).read().offset_min == offset


def test_an_id_is_a_uuid_of_version_7() -> None:
    clock = Times().clock()
    made = [uuid.UUID(clock.new_id()) for _ in range(200)]

    assert len(set(made)) == 200
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    assert {one.int >> 80 for one in made} == {_NEW_YEAR_MS}


@pytest.mark.parametrize("wall_ms", [-1, 0, 2**48])
def test_an_id_can_be_made_with_any_clock(wall_ms: int) -> None:
    assert uuid.UUID(Times(wall_ms).clock().new_id()).version == 7
