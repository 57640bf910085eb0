from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger.kept import programmes
from agent.loyalty.programme import load
from tests.counter.closing.terms import TERMS
from tests.counter.shops import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with points, a coffee card, gift cards, store credit, and a voucher with every 50.00."""
    with open_shop(tmp_path, programme=load(TERMS)) as shop:
        programmes.adopt(shop.ledger, TERMS)
        yield shop
