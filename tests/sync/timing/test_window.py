from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.sync.timing.window import Window

LONDON = ZoneInfo("Europe/London")
minutes = st.integers(0, 24 * 60 - 1)
moments = st.integers(1_700_000_000, 1_900_000_000).map(lambda at: datetime.fromtimestamp(at, LONDON))


def test_a_window_may_pass_midnight() -> None:
    assert Window.parse("22:30-01:00") == Window(22 * 60 + 30, 150)


@pytest.mark.parametrize("text", ["", "1:00-2:00", "24:00-01:00", "01:60-02:00", "01:00-01:00", "01:00-02:00 "])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="'window' is"):
        Window.parse(text)


@given(minutes, st.integers(1, 24 * 60 - 1), st.text(max_size=20), moments)
def test_the_next_moment_lies_ahead_in_the_window_and_within_a_day(
    begin: int, length: int, till: str, now: datetime
) -> None:
    slot = Window(begin, length).slot_after(till, now)

    ahead = slot.timestamp() - now.timestamp()
    assert 0 < ahead <= 25 * 3600  # a day of the clock's change has 25 hours
    since_begin = (slot.hour * 3600 + slot.minute * 60 + slot.second - begin * 60) % (24 * 3600)
    assert since_begin <= length * 60


def test_a_till_has_the_same_moment_every_night() -> None:
    window = Window.parse("01:00-05:00")
    now = datetime(2026, 3, 1, 12, tzinfo=LONDON)
    nights = [now := window.slot_after("corner/1", now) for _ in range(40)]  # the clocks change on the 29th

    assert len({night.time() for night in nights}) == 1
    assert [night.date() for night in nights] == [nights[0].date() + timedelta(days=day) for day in range(40)]


def test_the_moment_is_as_the_protocol_says() -> None:
    assert round(Window.parse("01:00-05:00").slot_s("corner/1"), 3) == 10552.89


def test_S13_ten_thousand_tills_peak_at_most_eight_times_the_mean() -> None:
    window = Window.parse("01:00-03:00")
    arrivals = Counter(int(window.slot_s(f"s{shop}/{till}")) for shop in range(1000) for till in range(1, 11))

    mean = 10_000 / (2 * 3600)
    assert max(arrivals.values()) <= 8 * mean
