import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tests.ledger.tills import opened, sale


@pytest.fixture(scope="package")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a closed ledger of two epochs."""
    folder = tmp_path_factory.mktemp("pattern")
    with closing(opened(folder / "ledger.db")) as ledger:
        for i in range(4):
            ledger.append(sale(f"one-{i}", account="ab"[i % 2]))
        ledger.begin_epoch()
        for i in range(4):
            ledger.append(sale(f"two-{i}", points=10 + i))
    return folder


@pytest.fixture
def copied(tmp_path: Path, pattern: Path) -> Path:
    """A copy of that ledger's file, beside its keys, to be tampered with."""
    return Path(shutil.copytree(pattern, tmp_path / "till")) / "ledger.db"
