from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from tests.ledger.tills import opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a ledger will be."""
    return tmp_path / "till" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """A new, open ledger."""
    till = opened(path)
    yield till
    till.close()
