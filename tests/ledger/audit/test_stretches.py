"""A long epoch is followed in stretches, by several processes."""

from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import ChainBrokenError
from agent.ledger import audit
from agent.ledger.audit import stretches
from tests.ledger.tills import opened, sale, tamper

pytestmark = pytest.mark.slow  # starting two processes takes a second


@pytest.fixture
def long(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger whose one epoch is three stretches long: entries 1 to 4, 5 to 8 and 9."""
    monkeypatch.setattr(stretches, "ENTRIES_MAX", 4)
    with closing(opened(path)) as ledger:
        for number in range(8):
            ledger.append(sale(f"sale-{number}", account="a", points=1))
    return path


def test_a_long_epoch_verifies(long: Path) -> None:
    with closing(opened(long)) as ledger:
        assert [seen.entries for seen in audit.verify(ledger)] == [9]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE entry SET hash = zeroblob(32) WHERE n = 4", "entry 4 of till"),
        ("UPDATE entry SET hash = zeroblob(32) WHERE n = 5", "entry 5 of till"),
        ("DELETE FROM entry WHERE n = 4", "lacks entries after 3"),
        ("DELETE FROM entry WHERE n = 5", "entry 5 of till"),
        ("DELETE FROM entry WHERE n BETWEEN 5 AND 8", "lacks entries after 4"),
        ("UPDATE entry SET op = 'x' WHERE n = 7", "entry number 7 stands under another op"),
    ],
)
def test_L7_what_was_done_at_the_end_of_a_stretch_is_found(long: Path, statement: str, message: str) -> None:
    with closing(opened(long, read_only=True)) as ledger:
        tamper(long, statement)  # only now: the end of a ledger is verified when it is opened

        with pytest.raises(ChainBrokenError, match=message):
            audit.verify(ledger)
