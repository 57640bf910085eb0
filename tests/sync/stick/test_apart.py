"""A till of which there are two, without a line: a stick tells it so, and tells it who it is once somebody decided."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import ForkedError, NotAllowedError
from agent.ledger.kept.apart import said_forked
from tests.hq.headquarters import serving, state_of_books, wait_for_books
from tests.sync.halves import Till
from tests.sync.stick.carried import answer_to, export_of, take_in
from tests.sync.test_forked import keep, redeem, settle, takings


@pytest.fixture
def machines(tmp_path: Path, own_hq: Path) -> Iterator[tuple[Till, Till]]:
    """A till that has no line any more, and a copy of its disk that has one; both have sold since."""
    with serving(own_hq) as address, Till(tmp_path, "1", address) as till:
        till.enrol(own_hq)
        till.enrol_member(1, "Ada", "020 7946 0301")
        till.sell(100, card=1)
        settle(till, own_hq)
    shutil.copytree(till.folder, tmp_path / "second" / till.folder.name)
    with Till(tmp_path, "1", address) as away, Till(tmp_path / "second", "1", address) as clone:
        away.sell(10, card=1)
        take_in(away, answer_to(own_hq, export_of(away)))
        clone.sales = 500
        clone.sell(20, card=1)
        yield away, clone


def _speak(machine: Till, hq: Path) -> None:
    """Let a machine come over the line, where it is refused."""
    with serving(hq):
        with pytest.raises(ForkedError):
            machine.meet()
        wait_for_books(hq)


def _carry(machine: Till, hq: Path) -> None:
    take_in(machine, answer_to(hq, export_of(machine)))


def test_S9_the_machine_that_is_kept_spends_again_once_a_stick_says_so(
    machines: tuple[Till, Till], own_hq: Path
) -> None:
    away, clone = machines
    _speak(clone, own_hq)
    _carry(away, own_hq)
    with pytest.raises(NotAllowedError, match="two machines speak as till"):
        redeem(away, "too-early")
    _carry(away, own_hq)
    assert said_forked(away.ledger)  # nobody has decided

    keep(own_hq, away, away.ledger.identity.head)
    away.sell(5, card=1)
    _carry(away, own_hq)

    redeem(away, "reward")
    _carry(away, own_hq)
    assert takings(own_hq) == 10_000 + 1000 + 2000 + 500


def test_S9_the_machine_that_lost_hears_so_by_stick_and_what_it_sells_is_booked_once(
    machines: tuple[Till, Till], own_hq: Path
) -> None:
    away, clone = machines
    _speak(clone, own_hq)
    _carry(away, own_hq)
    keep(own_hq, clone, clone.ledger.identity.head)

    away.sell(5, card=1)
    for _ in range(2):
        with pytest.raises(ForkedError, match="another machine is till 'corner/1' now"):
            _carry(away, own_hq)

    assert said_forked(away.ledger)
    assert takings(own_hq) == 10_000 + 1000 + 2000 + 500
    with serving(own_hq):
        clone.meet()
    assert not said_forked(clone.ledger)


def test_S9_who_lost_without_a_sale_of_its_own_is_not_taken_for_the_till(
    tmp_path: Path, machines: tuple[Till, Till], own_hq: Path
) -> None:
    """What it holds is what the till holds; only the number it was refused under tells them apart."""
    away, clone = machines
    shutil.copytree(away.folder, tmp_path / "third" / away.folder.name)
    with Till(tmp_path / "third", "1", away.settings.hq) as silent:
        for machine in (clone, silent):
            _speak(machine, own_hq)
        _carry(away, own_hq)
        away.sell(5, card=1)
        _carry(away, own_hq)
        keep(own_hq, away, away.ledger.identity.head)

        with pytest.raises(ForkedError, match="another machine is till"):
            _carry(silent, own_hq)
        _carry(away, own_hq)

        assert (said_forked(silent.ledger), said_forked(away.ledger)) == (True, False)


def test_S9_an_answer_lifts_nothing_that_was_heard_after_its_question(
    machines: tuple[Till, Till], own_hq: Path
) -> None:
    away, clone = machines
    _speak(clone, own_hq)
    told = answer_to(own_hq, export_of(away))
    take_in(away, told)
    keep(own_hq, away, away.ledger.identity.head)
    late = answer_to(own_hq, export_of(away))
    take_in(away, told)

    take_in(away, late)
    assert said_forked(away.ledger)

    _carry(away, own_hq)
    assert not said_forked(away.ledger)


def test_sticks_that_say_nothing_of_it_lift_nothing(machines: tuple[Till, Till], own_hq: Path) -> None:
    away, clone = machines
    before = answer_to(own_hq, export_of(away))
    _speak(clone, own_hq)
    _carry(away, own_hq)

    take_in(away, before)

    assert said_forked(away.ledger)
    assert state_of_books(own_hq)["quarantine"] == []
