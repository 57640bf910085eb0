import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hq.headquarters import copied, serving
from tests.hq.postgres import Postgres
from tests.sync.chain import PROGRAMME_OF_CHAIN, found_chain
from tests.sync.halves import Till

_series = itertools.count(1)


@pytest.fixture
def own_hq(founded: Path, tmp_path: Path, postgres: Postgres) -> Iterator[Path]:
    """A headquarters of the test's own, not served."""
    with copied(founded, tmp_path / "own-hq", postgres) as folder:
        yield folder


@pytest.fixture(scope="session")
def served(founded: Path, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[tuple[Path, str]]:
    """A headquarters that many tests share, each with tills and cards of its own: its folder and its address."""
    folder = tmp_path_factory.mktemp("served") / "hq"
    with copied(founded, folder, postgres), serving(folder) as address:
        yield folder, address


@pytest.fixture
def hq(served: tuple[Path, str]) -> Path:
    return served[0]


@pytest.fixture
def address(served: tuple[Path, str]) -> str:
    return served[1]


@pytest.fixture
def till(tmp_path: Path, hq: Path, address: str) -> Iterator[Till]:
    """A till that was just enrolled at the shared headquarters, with cards of its own."""
    series = next(_series)
    with Till(tmp_path, f"t{series}", address, series=series) as till:
        yield till.enrol(hq)


@pytest.fixture
def second(tmp_path: Path, hq: Path, address: str, till: Till) -> Iterator[Till]:
    """Another till, where the same cards are read."""
    with Till(tmp_path, f"t{till.series}-second", address, series=till.series) as second:
        yield second.enrol(hq)


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A headquarters of two shops that many tests share: its folder and its address."""
    hq = found_chain(tmp_path_factory.mktemp("chain") / "hq")
    with serving(hq) as address:
        yield hq, address


@pytest.fixture
def tills(tmp_path: Path, chain: tuple[Path, str]) -> Iterator[tuple[Till, Till, Till]]:
    """Two tills of the corner shop and one of the harbour's, which have heard of each other."""
    hq, address = chain
    series = next(_series)
    with (
        Till(tmp_path, f"{series}-1", address, series=series) as one,
        Till(tmp_path, f"{series}-2", address, series=series) as two,
        Till(tmp_path, f"{series}-3", address, series=series, shop="harbour") as away,
    ):
        made = (one, two, away)
        for till in made:
            till.enrol(hq)
        for till in made:
            till.meet()
            till.counter.use(PROGRAMME_OF_CHAIN)
        yield made
