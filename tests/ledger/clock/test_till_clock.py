import uuid
from dataclasses import replace

import pytest

from agent.ledger.clock import DRIFT_MAX_MS, HqTime, Noticed, TillClock
from agent.ledger.clock.changes import CHANGE_MIN_MS, NOTES_AN_HOUR
from tests.ledger.clock.times import DAY_MS, HOUR_MS, NEW_YEAR_MS, YEAR_MS, Times, at


def test_a_clock_nobody_confirmed_is_not_confirmed() -> None:
    reading = Times().clock().read()

    assert (reading.wall_ms, reading.mono_ms) == (NEW_YEAR_MS, 1000)
    assert (reading.hq_ms, reading.hq_age_ms, reading.confirmed) == (None, None, False)


def test_a_till_without_headquarters_believes_its_clock() -> None:
    assert Times().clock(alone=True).read().confirmed


@pytest.mark.parametrize(
    ("drift_ms", "confirmed"),
    [(0, True), (DRIFT_MAX_MS, True), (-DRIFT_MAX_MS, True), (DRIFT_MAX_MS + 1, False), (-DRIFT_MAX_MS - 1, False)],
)
def test_a_clock_near_headquarters_time_is_confirmed(drift_ms: int, *, confirmed: bool) -> None:
    clock = Times().clock()
    clock.heard_from_hq(NEW_YEAR_MS + drift_ms)

    assert clock.read().confirmed is confirmed


def test_headquarters_time_goes_on_by_the_monotone_clock() -> None:
    times = Times()
    clock = times.clock()
    clock.heard_from_hq(NEW_YEAR_MS)
    times.wall_ms, times.mono_ms = times.wall_ms + HOUR_MS, times.mono_ms + HOUR_MS
    later = clock.read()
    times.wall_ms += DAY_MS  # somebody sets the clock to tomorrow
    moved = clock.read()

    assert (later.hq_ms, later.hq_age_ms, later.confirmed) == (NEW_YEAR_MS, HOUR_MS, True)
    assert not moved.confirmed


def test_a_till_of_a_chain_that_heard_otherwise_doubts_its_clock_even_if_it_was_alone() -> None:
    clock = Times().clock(alone=True)
    clock.heard_from_hq(NEW_YEAR_MS + DRIFT_MAX_MS + 1)

    assert not clock.read().confirmed


def test_what_was_heard_outlives_the_agent_but_not_the_pc() -> None:
    times = Times()
    heard = times.clock().heard_from_hq(NEW_YEAR_MS)
    agent, computer = times.clock(), times.clock()
    agent.recall(heard)
    computer.recall(replace(heard, boot="another boot"))

    assert heard == HqTime(NEW_YEAR_MS, 1000, heard.boot)
    assert (agent.read().confirmed, computer.read().confirmed) == (True, False)
    assert (agent.read().hq_age_ms, computer.read().hq_age_ms) == (0, None)


def test_the_business_day_is_the_shops_own() -> None:
    times = Times(NEW_YEAR_MS - 1)
    days = [times.clock(zone=zone).today().isoformat() for zone in ("UTC", "Europe/Berlin", "America/New_York")]

    assert days == ["2026-12-31", "2027-01-01", "2026-12-31"]


@pytest.mark.parametrize(
    ("zone", "wall_ms", "offset"),
    [
        ("UTC", NEW_YEAR_MS, 0),
        ("Europe/Berlin", NEW_YEAR_MS, 60),
        ("Europe/Berlin", 1_719_792_000_000, 120),  # 2024-07-01
        ("America/St_Johns", NEW_YEAR_MS, -210),
    ],
)
def test_a_reading_tells_the_offset_of_the_shops_zone(zone: str, wall_ms: int, offset: int) -> None:
    assert Times(wall_ms).clock(zone=zone).read().offset_min == offset


def test_an_id_is_a_uuid_of_version_7() -> None:
    clock = Times().clock()
    made = [uuid.UUID(clock.new_id()) for _ in range(200)]

    assert len(set(made)) == 200
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    assert {one.int >> 80 for one in made} == {NEW_YEAR_MS}


ANY_CLOCK = [-(2**62) // 10**6, -at("9999-12-31"), -1, 0, 2**31 * 1000, 2**48, at("9999-12-31"), 2**53 - 1]


@pytest.mark.parametrize("wall_ms", ANY_CLOCK)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Moscow"])
def test_l9_a_clock_can_say_anything(wall_ms: int, zone: str) -> None:
    clock = Times(wall_ms).clock(zone=zone, alone=True)
    reading = clock.read()

    assert uuid.UUID(clock.new_id()).version == 7
    assert (reading.wall_ms, reading.confirmed) == (wall_ms, wall_ms == 2**31 * 1000)
    assert len(clock.today().isoformat()) == len("2026-11-22")
    assert clock.change() is None


@pytest.mark.parametrize("wall_ms", [0, at("1980-01-01"), at("2025-12-31"), at("2100-01-01"), at("2232-01-01")])
def test_l9_even_a_till_that_stands_alone_does_not_believe_what_cannot_be(wall_ms: int) -> None:
    assert not Times(wall_ms).clock(alone=True).read().confirmed


# -- what time it is ---------------------------------------------------------------------------------------------------


def test_l9_the_time_is_never_before_what_headquarters_last_said() -> None:
    times = Times()
    before = times.clock()
    heard = before.heard_from_hq(NEW_YEAR_MS)
    times.wall_ms -= HOUR_MS
    after = times.clock(boot="another")
    after.recall(heard)

    assert after.today().isoformat() == "2027-01-01"
    assert not after.read().confirmed


def test_l9_while_the_wall_clock_is_wrong_headquarters_time_goes_on() -> None:
    times = Times()
    clock = times.clock()
    clock.heard_from_hq(NEW_YEAR_MS)
    times.pass_ms(DAY_MS)
    times.wall_ms += 10 * YEAR_MS

    assert clock.today().isoformat() == "2027-01-02"


def test_a_clock_some_minutes_behind_does_not_turn_the_day_back() -> None:
    times = Times(NEW_YEAR_MS - 60_000)
    clock = times.clock()
    clock.heard_from_hq(NEW_YEAR_MS)

    assert clock.read().confirmed
    assert clock.today().isoformat() == "2027-01-01"


def test_l9_the_last_time_that_could_be_believed_goes_on_when_the_battery_is_dead() -> None:
    times = Times()
    last = times.clock(alone=True, boot="yesterday").read().to_map()
    times.wall_ms, times.mono_ms = 0, 5
    clock = times.clock(alone=True, boot="today")
    clock.resume(last)
    first = clock.today()
    times.pass_ms(2 * DAY_MS)

    assert (first.isoformat(), clock.today().isoformat()) == ("2027-01-01", "2027-01-03")
    assert not clock.read().confirmed


def test_l9_a_year_that_nobody_believes_does_not_bring_back_one_that_was_mended() -> None:
    times = Times()
    clock = times.clock(alone=True)
    clock.resume(clock.read().to_map())
    for jump_ms in (10 * YEAR_MS, -10 * YEAR_MS):
        times.wall_ms += jump_ms
        change = clock.change()
        assert change is not None
        clock.noted(change)
    times.wall_ms -= 10 * YEAR_MS

    assert clock.today().isoformat() == "2027-01-01"


def test_a_till_that_knows_nothing_better_says_what_its_clock_says() -> None:
    assert Times(at("2011-03-27")).clock(alone=True).today().isoformat() == "2011-03-27"


@pytest.mark.parametrize(
    ("zone", "moment", "local"),
    [
        ("Europe/Paris", "2027-03-28T00:59:59", "2027-03-28T01:59:59+01:00"),
        ("Europe/Paris", "2027-03-28T01:00:00", "2027-03-28T03:00:00+02:00"),
        ("Europe/Paris", "2027-10-31T00:59:59", "2027-10-31T02:59:59+02:00"),
        ("Europe/Paris", "2027-10-31T01:00:00", "2027-10-31T02:00:00+01:00"),
        ("Europe/Bucharest", "2027-03-28T00:59:59", "2027-03-28T02:59:59+02:00"),
        ("Europe/Bucharest", "2027-03-28T01:00:00", "2027-03-28T04:00:00+03:00"),
        ("Europe/Bucharest", "2027-10-31T01:00:00", "2027-10-31T03:00:00+02:00"),
        ("Europe/Moscow", "2011-03-26T22:59:59", "2011-03-27T01:59:59+03:00"),
        ("Europe/Moscow", "2011-03-26T23:00:00", "2011-03-27T03:00:00+04:00"),  # summer time for good ...
        ("Europe/Moscow", "2014-10-25T21:59:59", "2014-10-26T01:59:59+04:00"),
        ("Europe/Moscow", "2014-10-25T22:00:00", "2014-10-26T01:00:00+03:00"),  # ... and winter time for good
        ("Europe/Paris", "2038-01-19T03:14:08", "2038-01-19T04:14:08+01:00"),
        ("Europe/Paris", "2028-02-28T23:00:00", "2028-02-29T00:00:00+01:00"),
        ("Europe/Paris", "2028-02-29T23:00:00", "2028-03-01T00:00:00+01:00"),
    ],
)
def test_l9_the_shops_time_is_the_zones_at_every_edge(zone: str, moment: str, local: str) -> None:
    times = Times(at(moment) - 1000)
    clock = times.clock(zone=zone)
    times.pass_ms(1000)

    assert clock.now().isoformat() == local
    assert clock.change() is None  # another offset is no change of the clock


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump_ms", [CHANGE_MIN_MS + 1, -CHANGE_MIN_MS - 1, 10 * YEAR_MS, -10 * YEAR_MS, -NEW_YEAR_MS])
def test_l9_a_clock_that_is_set_is_noticed(jump_ms: int) -> None:
    times = Times()
    clock = times.clock()
    times.pass_ms(DAY_MS)
    before = clock.change()
    times.wall_ms += jump_ms
    change = clock.change()

    assert before is None
    assert change is not None
    assert change.to_body() == {
        "noticed": "running",
        "from_ms": NEW_YEAR_MS + DAY_MS,
        "to_ms": NEW_YEAR_MS + DAY_MS + jump_ms,
        "jump_ms": jump_ms,
        "zone_from": "UTC",
        "zone_to": "UTC",
    }


def test_a_change_is_told_until_it_is_noted() -> None:
    times = Times()
    clock = times.clock()
    times.wall_ms -= HOUR_MS
    change = clock.change()
    assert change is not None
    assert clock.change() == change
    clock.noted(change)

    assert clock.change() is None


@pytest.mark.parametrize("jump_ms", [0, 1000, -1000, CHANGE_MIN_MS, -CHANGE_MIN_MS])
def test_a_leap_second_is_no_change(jump_ms: int) -> None:
    times = Times()
    clock = times.clock()
    times.wall_ms += jump_ms

    assert clock.change() is None


def test_small_steps_are_a_change_when_they_add_up() -> None:
    times = Times()
    clock = times.clock()
    noticed = []
    for _ in range(4):
        times.wall_ms += 900
        noticed.append(clock.change() is not None)

    assert noticed == [False, False, True, True]


def test_a_clock_that_stands_still_is_told_a_few_times_an_hour() -> None:
    times = Times()
    clock = times.clock()
    told = 0
    for _ in range(24 * 60):
        times.mono_ms += 60_000
        change = clock.change()
        if change is not None:
            clock.noted(change)
            told += 1

    assert NOTES_AN_HOUR < told <= 25 * NOTES_AN_HOUR


def test_a_thread_that_was_held_up_between_two_clocks_sees_no_change() -> None:
    times = Times()
    clock = times.clock()
    read, held_up = clock._mono_ns, [10 * 10**9]
    clock._mono_ns = lambda: read() + (held_up.pop() if held_up else 0)

    assert clock.change() is None


def test_noticed_has_a_word_for_each_way() -> None:
    assert [str(noticed) for noticed in Noticed] == ["running", "restart", "boot", "zone"]


def test_clocks_are_read_in_whole_milliseconds() -> None:
    clock = TillClock("UTC", alone=False, wall_ns=lambda: 2_999_999, mono_ns=lambda: 1_999_999, boot="one")

    assert clock.heard_from_hq(7) == HqTime(7, 1, "one")
    reading = clock.read()
    assert (reading.wall_ms, reading.mono_ms, reading.hq_ms, reading.hq_age_ms) == (2, 1, 7, 0)
    assert clock.is_confirmed()


def test_whether_the_clock_is_confirmed_is_asked_as_a_reading_says() -> None:
    times = Times()
    for alone in (False, True):
        clock = times.clock(alone=alone, boot="one")
        assert clock.is_confirmed() is clock.read().confirmed is alone
        heard = clock.heard_from_hq(times.wall_ms + DRIFT_MAX_MS)
        times.pass_ms(500)
        assert clock.is_confirmed() is clock.read().confirmed is True
        times.wall_ms -= 1
        assert clock.is_confirmed() is clock.read().confirmed is False
        times.wall_ms += 1
        again = times.clock(alone=alone, boot="two")
        again.recall(heard)
        assert again.is_confirmed() is again.read().confirmed is False
        times.wall_ms = heard.hq_ms
        assert again.is_confirmed() is again.read().confirmed is alone
