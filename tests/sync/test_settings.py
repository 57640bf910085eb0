import pytest

from agent.errors import ConfigError
from agent.sync.settings import SyncSettings


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


@pytest.mark.parametrize("name", ["poll_s", "retry_s", "retry_max_s", "timeout_s"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_times_are_more_than_nothing(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' is"):
        SyncSettings("https://hq.example", **{name: value})
