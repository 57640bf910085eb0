import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hq.headquarters import found, serving
from tests.sync.halves import Till


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A headquarters that was just founded, to be copied."""
    return found(tmp_path_factory.mktemp("founded") / "hq")


@pytest.fixture
def hq(founded: Path, tmp_path: Path) -> Path:
    """A headquarters that was just founded."""
    return Path(shutil.copytree(founded, tmp_path / "hq"))


@pytest.fixture
def address(hq: Path) -> Iterator[str]:
    """The headquarters, served."""
    with serving(hq) as address:
        yield address


@pytest.fixture
def till(tmp_path: Path, hq: Path, address: str) -> Iterator[Till]:
    """A till that was just enrolled at the served headquarters."""
    with Till(tmp_path, "1", address) as till:
        yield till.enrol(hq)
