"""A till whose disk was copied: found at the second machine's first contact, nothing lost, nothing doubled (S9)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import RedeemAsk
from agent.errors import ForkedError, NotAllowedError
from hq import config, keys
from hq.apart import forks
from hq.books.worker import rebuild
from tests.hq.headquarters import opened, serving, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till


@pytest.fixture
def served(own_hq: Path) -> Iterator[tuple[Path, str]]:
    """A headquarters of the test's own: books are compared whole."""
    with serving(own_hq) as address:
        yield own_hq, address


@pytest.fixture
def clone(till: Till, hq: Path, address: str, tmp_path: Path) -> Iterator[Till]:
    """A second machine with a copy of the till's disk, made while nothing was under way."""
    till.enrol_member(1, "Ada", "020 7946 0301")
    till.sell(100, card=1)
    till.meet()
    wait_for_books(hq)
    till.meet()
    till.__exit__()
    shutil.copytree(till.folder, tmp_path / "second" / till.folder.name)
    name = till.id.partition("/")[2]
    till.__init__(tmp_path, name, address, series=till.series)  # type: ignore[misc]
    with Till(tmp_path / "second", name, address, series=till.series) as clone:
        clone.sales = 500
        yield clone


def redeem(till: Till, op: str) -> None:
    view = till.read_card(1)
    assert till.counter.programme is not None
    reward = till.counter.programme.rewards[0].id
    till.counter.redeem(RedeemAsk(op, view.account, reward, view.card, units=100), by="pos")


def settle(till: Till, hq: Path) -> None:
    till.meet()
    wait_for_books(hq)
    till.meet()


def fork(till: Till, clone: Till) -> None:
    """Let both sell, and both speak to headquarters."""
    till.sell(10, card=1)
    till.meet()
    clone.sell(20, card=1)
    clone.sell(1)
    for machine in (clone, till):
        with pytest.raises(ForkedError):
            machine.meet()


def keep(hq: Path, till: Till, head: bytes) -> list[forks.Machine]:
    with opened(hq) as database, database.write() as conn:
        loaded = keys.load(config.load(hq).keys)
        return forks.keep(conn, till.id, head.hex()[:16], epoch=database.epoch, keys=loaded)


def listed(hq: Path) -> list[forks.Machine]:
    with opened(hq) as database, database.read() as conn:
        return forks.machines(conn)


def takings(hq: Path) -> int:
    (pounds,) = wait_for_books(hq).takings
    return pounds.sales_money


def test_S9_a_copied_till_is_found_at_the_second_machines_first_contact(till: Till, clone: Till, hq: Path) -> None:
    till.sell(10, card=1)
    till.meet()
    clone.sell(20, card=1)
    with pytest.raises(ForkedError):
        clone.meet()

    assert "copied" in till_rows(hq)[till.id].flags
    assert {(one.head, one.entries) for one in listed(hq)} == {
        (clone.ledger.identity.head.hex(), 1),
        (till.ledger.identity.head.hex(), 0),
    }
    with pytest.raises(ForkedError, match="two machines speak"):
        till.meet()


def test_S9_neither_machine_spends_and_both_go_on_selling_and_earning(till: Till, clone: Till, hq: Path) -> None:
    fork(till, clone)

    for machine in (till, clone):
        before = machine.points(1)
        with pytest.raises(NotAllowedError, match="two machines speak as till"):
            redeem(machine, "reward")
        machine.sell(5, card=1)
        assert machine.points(1) == before + 5
        with pytest.raises(ForkedError):
            machine.meet()
    assert sorted(one.entries for one in listed(hq)) == [0, 3]


@pytest.mark.parametrize("kept", ["first", "second"])
def test_S9_nothing_is_lost_or_doubled_whichever_machine_is_kept(till: Till, clone: Till, hq: Path, kept: str) -> None:
    fork(till, clone)
    winner, loser = (till, clone) if kept == "first" else (clone, till)
    keep(hq, till, winner.ledger.identity.head)

    assert takings(hq) == 10_000 + 1000 + 2000 + 100
    settle(winner, hq)
    assert winner.points(1) == 100 + 10 + 20
    winner.sell(3, card=1)
    settle(winner, hq)
    redeem(winner, "reward")
    with pytest.raises(ForkedError, match="another machine is till"):
        loser.meet()
    settle(winner, hq)
    assert takings(hq) == 10_000 + 1000 + 2000 + 100 + 300
    assert wait_for_books(hq).balanced
    assert till_rows(hq)[till.id].flags == ()


def test_S9_what_the_machine_that_lost_still_sells_is_booked_once(till: Till, clone: Till, hq: Path) -> None:
    fork(till, clone)
    keep(hq, till, till.ledger.identity.head)
    for _ in range(2):
        clone.sell(7)
        with pytest.raises(ForkedError):
            clone.meet()
        with pytest.raises(ForkedError):
            clone.meet()

    assert takings(hq) == 10_000 + 1000 + 2000 + 100 + 2 * 700
    settle(till, hq)
    before = state_of_books(hq)
    with opened(hq) as database:
        rebuild(database, keys.load(config.load(hq).keys))
    assert state_of_books(hq) == before
    assert takings(hq) == 10_000 + 1000 + 2000 + 100 + 2 * 700


def test_S9_copies_that_sold_nothing_since_are_told_apart_all_the_same(till: Till, clone: Till, hq: Path) -> None:
    till.meet()
    with pytest.raises(ForkedError):
        clone.meet()
    till.sell(10, card=1)
    with pytest.raises(ForkedError):
        till.meet()
    keep(hq, till, till.ledger.identity.head)
    settle(till, hq)
    clone.sell(5)
    with pytest.raises(ForkedError):
        clone.meet()

    assert takings(hq) == 10_000 + 1000 + 500
    assert [one.lost for one in listed(hq)] == [True]
