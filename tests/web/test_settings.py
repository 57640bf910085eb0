import pytest

from agent.errors import ConfigError
from agent.web.settings import WebSettings


def test_the_defaults_are_loopback_on_one_port_and_nobody_else_s_page() -> None:
    settings = WebSettings()

    assert (settings.host, settings.port, settings.origins) == ("127.0.0.1", 8765, ())
    assert settings.hosts_at(8765) == {"127.0.0.1:8765", "localhost:8765"}


def test_hosts_that_are_named_are_the_only_ones() -> None:
    assert WebSettings(hosts=("till.shop.example",)).hosts_at(8765) == {"till.shop.example"}


def test_an_address_of_ip_version_6_is_written_in_brackets() -> None:
    assert WebSettings(host="::1").hosts_at(9000) == {"[::1]:9000", "localhost:9000"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "localhost", "", "till.example"])
def test_an_address_that_others_can_reach_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="loopback"):
        WebSettings(host=host)


@pytest.mark.parametrize("port", [-1, 1, 80, 1023, 65536])
def test_a_port_that_is_none_or_the_system_s_is_refused(port: int) -> None:
    with pytest.raises(ConfigError, match="'port'"):
        WebSettings(port=port)


@pytest.mark.parametrize("origin", ["*", "null", "https://POS.example.com", "https://pos.example.com/", "pos.example"])
def test_an_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    with pytest.raises(ConfigError, match="'origins'"):
        WebSettings(origins=(origin,))


@pytest.mark.parametrize("host", ["*", "Till.example:8765", "till.example.", "http://till.example", ""])
def test_a_host_that_no_browser_sends_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="'hosts'"):
        WebSettings(hosts=(host,))


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(ConfigError, match="'language'"):
        WebSettings(language="tlh")
