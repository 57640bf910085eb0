import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.sync.proxy import Proxy, proxy
from tests.hq.headquarters import found, serving
from tests.sync.halves import Till

_series = itertools.count(1)


@pytest.fixture(scope="module")
def hq_and_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A headquarters that a module's tests share: its folder and its address."""
    hq = found(tmp_path_factory.mktemp("hq") / "hq")
    with serving(hq) as address:
        yield hq, address


@pytest.fixture
def hq(hq_and_address: tuple[Path, str]) -> Path:
    return hq_and_address[0]


@pytest.fixture
def line(hq_and_address: tuple[Path, str]) -> Iterator[Proxy]:
    """The line to headquarters."""
    with proxy(hq_and_address[1]) as line:
        yield line


@pytest.fixture
def till(tmp_path: Path, hq: Path, line: Proxy) -> Iterator[Till]:
    """A till that has met headquarters over the line."""
    series = next(_series)
    with Till(tmp_path, f"t{series}", line.address, series=series) as till:
        till.enrol(hq)
        till.meet()
        yield till
