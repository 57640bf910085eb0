from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counter.shops import Shop, open_shop, shop_programme


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with the test programme and an empty ledger."""
    with open_shop(tmp_path, programme=shop_programme()) as opened:
        yield opened
