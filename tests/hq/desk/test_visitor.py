"""Who is shown the desk's page."""

import pytest

from hq.desk.visitor import is_here


@pytest.mark.parametrize("host", ["localhost", "localhost:8400", "127.0.0.1:8400", "127.8.8.8", "[::1]:8400", "[::1]"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
def test_who_sits_at_this_machine_is_shown_the_page(client: str, host: str) -> None:
    assert is_here(client, host)


@pytest.mark.parametrize("host", ["", "hq.example", "localhost.example", "10.0.0.1:8400", "[::2]", "[", "0.0.0.0", "@"])
def test_another_name_of_this_machine_is_a_proxy_or_a_page_from_elsewhere(host: str) -> None:
    assert not is_here("127.0.0.1", host)


@pytest.mark.parametrize("client", ["", "192.0.2.7", "2001:db8::1", "testclient"])
def test_who_comes_over_the_network_is_not_shown_it(client: str) -> None:
    assert not is_here(client, "localhost")
