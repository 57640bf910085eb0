from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from tests.counter.shops import Shop, open_shop
from tests.ledger.tills import opened
from tests.loyalty.shops import COFFEE, MONEY, POINTS, programme


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The till's own folder."""
    return tmp_path / "till"


@pytest.fixture
def ledger_path(home: Path) -> Path:
    return home / "ledger.db"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder on another disk."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def shop(home: Path) -> Iterator[Shop]:
    """A shop that sells; its agent runs."""
    with open_shop(home, programme=programme(POINTS, COFFEE, MONEY)) as shop:
        yield shop


@pytest.fixture
def ledger(ledger_path: Path) -> Iterator[Ledger]:
    """A new, open ledger."""
    till = opened(ledger_path)
    yield till
    till.close()
