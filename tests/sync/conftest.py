import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hq.headquarters import found, serving
from tests.sync.halves import Till

_series = itertools.count(1)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A headquarters that was just founded, to be copied."""
    return found(tmp_path_factory.mktemp("founded") / "hq")


@pytest.fixture
def own_hq(founded: Path, tmp_path: Path) -> Path:
    """A headquarters of the test's own, not served."""
    return Path(shutil.copytree(founded, tmp_path / "own-hq"))


@pytest.fixture(scope="session")
def served(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A headquarters that many tests share, each with tills and cards of its own: its folder and its address."""
    folder = Path(shutil.copytree(founded, tmp_path_factory.mktemp("served") / "hq"))
    with serving(folder) as address:
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
