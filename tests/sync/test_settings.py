import pytest

from agent.errors import ConfigError
from agent.sync.settings import SyncSettings, When


@pytest.mark.parametrize(
    "hq", ["https://hq.example", "https://hq.example:8443/tally", "http://127.0.0.1:8620", "http://localhost"]
)
def test_an_address_of_headquarters(hq: str) -> None:
    assert SyncSettings(hq).hq == hq


@pytest.mark.parametrize(
    "hq", ["", "hq.example", "ftp://hq.example", "https://", "https://hq.example/?x=1", "https://a/#b"]
)
def test_what_is_no_address_is_refused(hq: str) -> None:
    with pytest.raises(ConfigError, match="must be an address"):
        SyncSettings(hq)


def test_beyond_this_machine_only_https_is_spoken() -> None:
    with pytest.raises(ConfigError, match="https only"):
        SyncSettings("http://hq.example")


@pytest.mark.parametrize("name", ["poll_s", "retry_s", "retry_max_s", "timeout_s", "profiles_days", "stale_h"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_times_are_more_than_nothing(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' is"):
        SyncSettings("https://hq.example", **{name: value})  # type: ignore[arg-type] # days are whole


def test_a_window_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="'window' is"):
        SyncSettings("https://hq.example", window="night")


def test_news_of_a_till_that_meets_at_night_may_be_a_day_older() -> None:
    by_day, by_night = (SyncSettings("https://hq.example", when=when) for when in (When.SALE, When.WINDOW))

    assert by_night.stale_ms - by_day.stale_ms == 24 * 3_600_000
