"""S1 to S14 in every order that chance finds: tills and a headquarters in one process, faults, then quiet."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.sync.simulator.actions import ACTIONS
from tests.faults.sync.simulator.founding import Chains, scratch
from tests.faults.sync.simulator.running import BrokenPromiseError, Options, run, run_side_by_side

FEW, SOME, MANY = range(4), range(100, 400), range(1000, 11_000)


@pytest.fixture(scope="module")
def chains() -> Iterator[Chains]:
    with scratch() as folder:
        yield Chains(folder)


@pytest.mark.parametrize("seed", FEW)
def test_S1_to_S14_hold_after_faults_and_quiet(chains: Chains, seed: int) -> None:
    run(chains, seed, Options(tills=5))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_S1_to_S14_hold_for_hundreds_of_seeds() -> None:
    broken = run_side_by_side(SOME, Options(), processes=os.cpu_count() or 1)

    assert not broken, "\n\n".join(broken)


@pytest.mark.faults
@pytest.mark.timeout(4 * 3600)
def test_S1_to_S14_hold_for_ten_thousand_seeds() -> None:
    broken = run_side_by_side(MANY, Options(), processes=os.cpu_count() or 1)

    assert not broken, "\n\n".join(broken)


def test_a_seed_is_the_same_history_every_time_and_much_happens_in_it(chains: Chains) -> None:
    first, second = (run(chains, 7, Options(tills=5, actions=80)) for _ in range(2))

    assert first.history == second.history
    assert len({action.__name__ for _, action in ACTIONS} & set(first.history)) >= len(ACTIONS) - 6


def test_a_broken_promise_says_how_to_repeat_it(chains: Chains, monkeypatch: pytest.MonkeyPatch) -> None:
    """A headquarters that books twice what it is sent twice does not pass."""
    monkeypatch.setattr("hq.receive.tills.repeated", lambda *_: None)

    with pytest.raises(BrokenPromiseError, match=r"again: python -m tests\.faults\.sync 0 --actions 80 --tills 5"):
        run(chains, 0, Options(tills=5, actions=80))
