"""A headquarters that speaks TLS under a private authority, and a till that judges chain and name, dates not always."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from agent.errors import ConfigError, UnreachableError
from agent.sync.enrol import pinned
from agent.sync.settings import SyncSettings
from agent.sync.tls import Way
from hq.config import FILE_NAME
from tests.hq.headquarters import serving
from tests.sync.authority import EXPIRED, GOOD, NOT_YET, Authority
from tests.sync.halves import Till

Dates = tuple[datetime, datetime]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@contextmanager
def _served(hq: Path, certificate: Path, key: Path) -> Iterator[str]:
    """Serve with a certificate."""
    toml = hq / FILE_NAME
    text = toml.read_text()
    toml.write_text(text.replace("port = 0", f'port = 0\ncertificate = "{certificate}"\nkey = "{key}"'))
    try:
        with serving(hq) as address:
            yield address
    finally:
        toml.write_text(text)


@contextmanager
def _till(tmp_path: Path, address: str, ca: Path | None) -> Iterator[Till]:
    with Till(tmp_path, "1", address) as till:
        till.settings = replace(till.settings, ca=ca)
        yield till


@pytest.mark.parametrize("dates", [GOOD, EXPIRED, NOT_YET])
def test_a_till_whose_clock_nobody_confirmed_enrols_and_meets_whatever_the_dates(
    own_hq: Path, tmp_path: Path, authority: Authority, dates: Dates
) -> None:
    with (
        _served(own_hq, *authority.certify(address="127.0.0.1", dates=dates)) as address,
        _till(tmp_path, address, authority.ca) as till,
    ):
        assert address.startswith("https://")
        till.enrol(own_hq)
        till.meet()

        assert pinned(till.ledger) is not None


@pytest.mark.parametrize(("dates", "is_good"), [(GOOD, True), (EXPIRED, False), (NOT_YET, False)])
def test_dates_count_once_headquarters_has_confirmed_the_clock(
    own_hq: Path, tmp_path: Path, authority: Authority, dates: Dates, *, is_good: bool
) -> None:
    with (
        _served(own_hq, *authority.certify(address="127.0.0.1", dates=dates)) as address,
        _till(tmp_path, address, authority.ca) as till,
    ):
        till.enrol(own_hq)
        met = till.meet()
        assert met.hq_ms is not None
        till.clock.heard_from_hq(met.hq_ms)
        till.hang_up()

        if is_good:
            till.meet()
        else:
            with pytest.raises(UnreachableError, match="certificate"):
                till.meet()


def test_a_certificate_for_another_name_is_refused_by_any_clock(
    own_hq: Path, tmp_path: Path, authority: Authority
) -> None:
    with (
        _served(own_hq, *authority.certify(address="127.0.0.2", dates=GOOD)) as address,
        _till(tmp_path, address, authority.ca) as till,
        pytest.raises(UnreachableError, match="IP address mismatch"),
    ):
        till.enrol(own_hq)


def test_a_certificate_of_another_authority_is_refused_by_any_clock(
    own_hq: Path, tmp_path: Path, authority: Authority
) -> None:
    other = Authority(tmp_path / "other")
    with _served(own_hq, *authority.certify(address="127.0.0.1", dates=GOOD)) as address:
        for ca in (other.ca, None):
            with _till(tmp_path, address, ca) as till, pytest.raises(UnreachableError, match="certificate"):
                till.enrol(own_hq)


def test_a_file_that_holds_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(ConfigError, match=r"'ca' .* cannot be used"):
        Way(SyncSettings("https://hq.example", ca=tmp_path / "ca.pem"))


def test_a_headquarters_whose_certificate_cannot_be_read_does_not_serve(own_hq: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="certificate and key cannot be used"),
        _served(own_hq, tmp_path / "none.pem", tmp_path / "none.key"),
    ):
        pass
