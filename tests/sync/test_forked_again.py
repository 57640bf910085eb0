"""Copies of a till that meet headquarters again: after a decision, in a new epoch, with a number that fits (S8, S9)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.errors import ForkedError
from agent.ledger.kept.apart import said_forked
from agent.upkeep.backup.restoring import Source, restore
from agent.upkeep.backup.saving import save
from hq import config, keys
from hq.apart import epochs, forks
from hq.tables import fork
from tests.hq.headquarters import opened, serving, till_rows, wait_for_books
from tests.sync.halves import Till


@pytest.fixture
def hq(own_hq: Path) -> Path:
    """A headquarters of the test's own: books are compared whole."""
    return own_hq


@pytest.fixture
def served(hq: Path) -> Iterator[tuple[str, ExitStack]]:
    """Where the headquarters is served, and what ends that when it is closed."""
    with ExitStack() as stack:
        yield stack.enter_context(serving(hq)), stack


@pytest.fixture
def till(hq: Path, served: tuple[str, ExitStack], tmp_path: Path) -> Iterator[Till]:
    with Till(tmp_path, "one", served[0]) as till:
        till.enrol(hq)
        till.sell(100)
        till.meet()
        yield till


@pytest.fixture
def clone(till: Till, tmp_path: Path) -> Iterator[Till]:
    """A second machine with a copy of the till's disk."""
    with copied(till, tmp_path) as clone:
        yield clone


def copied(till: Till, tmp_path: Path) -> Till:
    """Copy the till's disk, and return the machine that begins with the copy."""
    till.__exit__()
    shutil.copytree(till.folder, tmp_path / "second" / till.folder.name)
    till.__init__(tmp_path, "one", till.settings.hq)  # type: ignore[misc]
    clone = Till(tmp_path / "second", "one", till.settings.hq)
    clone.sales = 500
    return clone


def put_back(till: Till, backup: Path) -> None:
    """Put a backup in the place of the till's ledger; its point-of-sale software uses no op again."""
    till.__exit__()
    restore(Source(backup), till.ledger.path, till=till.id, clock=till.clock, replace=True)
    till.__init__(till.folder.parent, "one", till.settings.hq)  # type: ignore[misc]
    till.sales = 1000


def refused(till: Till) -> str:
    """Meet, and return what headquarters says of this machine."""
    with pytest.raises(ForkedError) as caught:
        till.meet()
    assert said_forked(till.ledger)
    return str(caught.value)


def keep(hq: Path, machine: Till) -> None:
    head = machine.ledger.identity.head.hex()
    with opened(hq) as database, database.write() as conn:
        forks.keep(conn, machine.id, head, epoch=database.epoch, keys=keys.load(config.load(hq).keys))


def undecided(hq: Path) -> list[forks.Machine]:
    with opened(hq) as database, database.read() as conn:
        assert not conn.execute(select(fork)).all()
        return [one for one in forks.machines(conn) if not one.lost]


def takings(hq: Path) -> int:
    (pounds,) = wait_for_books(hq).takings
    return pounds.sales_money


def test_S9_who_loses_before_it_was_refused_is_known_by_what_it_recorded(till: Till, clone: Till, hq: Path) -> None:
    till.sell(10)
    till.meet()
    clone.sell(20)
    refused(clone)
    keep(hq, clone)
    for pounds in (1, 2):
        till.sell(pounds)
        refused(till)

    assert undecided(hq) == []
    clone.meet()
    assert takings(hq) == 100_00 + 10_00 + 20_00 + 1_00 + 2_00
    assert till_rows(hq)[till.id].takings[0].sales_money == 100_00 + 20_00


def test_S9_who_lost_stays_lost_when_its_number_fits_again(till: Till, clone: Till, hq: Path) -> None:
    till.sell(10)
    for _ in range(3):
        till.meet()
        till.sell(1)
    clone.sell(20)
    refused(clone)
    refused(till)
    keep(hq, clone)
    for _ in range(10):
        clone.sell(1)
        clone.meet()
        refused(till)

    assert undecided(hq) == []
    assert takings(hq) == 100_00 + 10_00 + 3_00 + 20_00 + 10_00


def test_S9_who_lost_and_has_forgotten_what_is_held_is_booked_once(till: Till, clone: Till, hq: Path) -> None:
    till.sell(10)
    till.meet()
    clone.sell(20)
    clone.sell(30)
    refused(clone)
    keep(hq, till)
    refused(clone)
    clone.ledger.remember({"hq.held": b'{"positions":[]}'})
    clone.sell(40)
    refused(clone)
    till.meet()

    assert undecided(hq) == []
    assert takings(hq) == 100_00 + 10_00 + 20_00 + 30_00 + 40_00


@pytest.mark.parametrize("kept", ["first", "second"])
def test_S9_what_was_recorded_before_a_machine_began_another_epoch_is_booked_once(
    till: Till, clone: Till, hq: Path, kept: str
) -> None:
    till.sell(10)
    till.meet()
    clone.sell(20)
    clone.ledger.begin_epoch()
    clone.sell(30)
    refused(clone)
    refused(till)
    winner, loser = (till, clone) if kept == "first" else (clone, till)
    keep(hq, winner)
    winner.sell(1)
    winner.meet()
    loser.sell(2)
    refused(loser)
    winner.meet()

    assert undecided(hq) == []
    assert takings(hq) == 100_00 + 10_00 + 20_00 + 30_00 + 1_00 + 2_00


def test_S9_a_copy_whose_number_fits_is_found_by_its_history(
    till: Till, clone: Till, hq: Path, served: tuple[str, ExitStack]
) -> None:
    """A headquarters that was put back counts from 1 again."""
    till.sell(10)
    till.meet()
    served[1].close()
    with opened(hq) as database, database.write() as conn:
        epochs.begin_epoch(conn)
    with serving(hq):
        clone.sell(20)
        assert "another history" in refused(clone) or "two machines" in refused(clone)
        assert "copied" in till_rows(hq)[till.id].flags
        refused(till)
        keep(hq, till)
        till.meet()
        refused(clone)
        till.meet()

        assert undecided(hq) == []
        assert takings(hq) == 100_00 + 10_00 + 20_00


def test_S9_a_copy_of_a_restored_till_does_not_go_on_by_itself_as_the_till_did(
    till: Till, hq: Path, tmp_path: Path
) -> None:
    """Both tell of the same restore: taken at their word, they were the till by turns."""
    save(till.ledger.path, tmp_path / "backup", till=till.id, clock=till.clock)
    till.sell(10)
    till.meet()
    put_back(till, tmp_path / "backup")
    till.sell(20)
    till.meet()
    with copied(till, tmp_path) as clone:
        till.meet()
        clone.sell(1)
        refused(clone)
        refused(till)
        assert len(undecided(hq)) == 2
        keep(hq, clone)
        clone.meet()
        refused(till)
        clone.meet()

    assert undecided(hq) == []
    assert takings(hq) == 100_00 + 10_00 + 20_00 + 1_00


def test_S9_a_restored_till_that_loses_before_it_was_refused_stays_lost(
    till: Till, clone: Till, hq: Path, tmp_path: Path
) -> None:
    """It says that it was restored, as it did before the decision, and its entries are the only ones of its epoch."""
    clone.sell(10)
    clone.meet()
    save(till.ledger.path, tmp_path / "backup", till=till.id, clock=till.clock)
    put_back(till, tmp_path / "backup")
    till.sell(20)
    till.meet()
    refused(clone)
    keep(hq, clone)
    refused(till)
    clone.meet()
    till.sell(1)
    refused(till)
    clone.meet()

    assert undecided(hq) == []
    assert takings(hq) == 100_00 + 10_00 + 20_00 + 1_00
