"""A long epoch is followed in stretches, by several processes."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ChainBrokenError
from agent.journal.chain import GENESIS
from agent.ledger import audit
from agent.ledger.audit import stretches
from tests.ledger.tills import opened, sale, tamper

slow = pytest.mark.slow  # starting two processes takes a second


@pytest.fixture
def long(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger whose one epoch is three stretches long: entries 1 to 4, 5 to 8 and 9."""
    monkeypatch.setattr(stretches, "ENTRIES_MAX", 4)
    with closing(opened(path)) as ledger:
        for number in range(8):
            ledger.append(sale(f"sale-{number}", account="a", points=1))
    return path


@slow
def test_a_long_epoch_verifies(long: Path) -> None:
    with closing(opened(long)) as ledger:
        assert [seen.entries for seen in audit.verify(ledger)] == [9]


@slow
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


def test_each_stretch_is_followed_from_where_the_one_before_it_ends(long: Path) -> None:
    with closing(opened(long, read_only=True)) as ledger, ledger.reading() as conn:
        found = list(stretches._stretches(ledger.identity, 1))
        hashes = [digest for (digest,) in conn.execute("SELECT hash FROM entry ORDER BY n")]

    assert [(one.first_n, one.first, one.last) for one in found] == [(1, 1, 4), (1, 5, 8), (1, 9, 9)]
    assert [stretches._follow_elsewhere(long, one) for one in found] == [hashes[3], hashes[7], hashes[8]]


def test_L7_a_stretch_that_does_not_follow_the_one_before_it_is_found(long: Path) -> None:
    with closing(opened(long, read_only=True)) as ledger:
        _, second, third = stretches._stretches(ledger.identity, 1)
        tamper(long, "DELETE FROM entry WHERE n = 4", "UPDATE entry SET op = 'x' WHERE n = 9")

        with pytest.raises(ChainBrokenError, match="entry 5 of till 'till-1'"):
            stretches._follow_elsewhere(long, second)
        with pytest.raises(ChainBrokenError, match=r"^entry number 9 stands under another op: 'x'$"):
            stretches._follow_elsewhere(long, third)
        tamper(long, "DELETE FROM entry WHERE n = 9")
        with pytest.raises(ChainBrokenError, match=r"^epoch [0-9a-f]{8} lacks entries after 8, 9 was to be read$"):
            stretches._follow_elsewhere(long, third)


def test_L7_an_epoch_that_does_not_end_with_the_head_that_is_known_is_found(path: Path) -> None:
    with closing(opened(path)) as ledger, ledger.reading() as conn:
        known = replace(ledger.identity, head=bytes(32))
        nothing = replace(ledger.identity, seq=0, head=GENESIS)

        stretches.follow_epoch(conn, path, ledger.identity, 1)
        stretches.follow_epoch(conn, path, nothing, 1)
        with pytest.raises(ChainBrokenError, match=rf"^epoch {known.epoch[:8]} does not end with its head$"):
            stretches.follow_epoch(conn, path, known, 1)
