"""S1 to S14 in every order that chance finds: tills and a headquarters in one process, faults, then quiet."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.sync.simulator.actions import ACTIONS
from tests.faults.sync.simulator.founding import Chains, scratch
from tests.faults.sync.simulator.running import BrokenPromiseError, Options, run, run_side_by_side, say

FEW = range(24)
MANY = "1000-10999"  # the first and the last seed of the slow run; TALLYSTICK_SEEDS names others


@pytest.fixture(scope="module")
def chains() -> Iterator[Chains]:
    with scratch() as folder:
        yield Chains(folder)


@pytest.mark.parametrize("seed", FEW)
def test_S1_to_S14_hold_after_faults_and_quiet(chains: Chains, seed: int) -> None:
    run(chains, seed, Options(tills=5))


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_S1_to_S14_hold_for_ten_thousand_seeds(capfd: pytest.CaptureFixture[str]) -> None:
    """On all processors, some tens of minutes; what it says is shown as it goes."""
    first, _, last = os.environ.get("TALLYSTICK_SEEDS", MANY).partition("-")
    seeds, processes = range(int(first), int(last or first) + 1), os.cpu_count() or 1
    with capfd.disabled():
        say(f"\nTALLYSTICK_SEEDS={seeds[0]}-{seeds[-1]} on {processes} processes")
        broken = run_side_by_side(seeds, Options(), processes=processes)

    assert not broken, "\n\n".join(broken)


def test_a_seed_is_the_same_history_every_time_and_much_happens_in_it(chains: Chains) -> None:
    first, second = (run(chains, 3, Options(tills=5, actions=80)) for _ in range(2))

    assert first.history == second.history
    assert len({action.__name__ for _, action in ACTIONS} & set(first.history)) >= len(ACTIONS) - 6


def test_a_broken_promise_says_how_to_repeat_it(chains: Chains, monkeypatch: pytest.MonkeyPatch) -> None:
    """A headquarters that books twice what it is sent twice does not pass."""
    monkeypatch.setattr("hq.receive.tills.repeated", lambda *_: None)

    with pytest.raises(BrokenPromiseError, match=r"again: python -m tests\.faults\.sync 0 --actions 80 --tills 5"):
        run(chains, 0, Options(tills=5, actions=80))
