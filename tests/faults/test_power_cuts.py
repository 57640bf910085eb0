"""Power cuts at every moment of a day, on a disk as bad as it may be: nothing acknowledged is lost, nothing by halves.

The calls of the real process are recorded once; what a cut may have left is worked out from them and opened.
"""

from __future__ import annotations

import os
import random
import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.books import Books, read_books
from tests.faults.disk import Damage, Disk
from tests.faults.power import MEMORY, Outcome, contents_of, lay_out, look_at_all, states
from tests.faults.tracing import Ran, recorded
from tests.ledger.tills import opened
from tests.schemas.dumps import restored

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]

SEED = int(os.environ.get("TALLYSTICK_SEED", "5"))
STATES_MIN = 20_000


def begun(folder: Path) -> Disk:
    """The ledger of a till that has sold under the first schema there was."""
    restored("m001_ledger", folder)
    return Disk.of(contents_of(folder))


def worked(start: Disk, folder: Path, module: str = "tests.faults.day", *arguments: str) -> tuple[Ran, Books]:
    """Work through a day under strace; the recording, which is checked, and what the books hold in the end."""
    ran = recorded(module, folder, *arguments)
    assert ran.status == 0
    followed = start.copy()
    for call in ran.calls:
        followed.apply(call)
    assert followed.now() == contents_of(folder), "the recording does not say what was written"
    with closing(opened(folder / "ledger.db", read_only=True)) as ledger:
        return ran, read_books(ledger)


def told(outcome: Outcome) -> str:
    return f"seed {SEED}: {outcome.states.total()} states, {dict(outcome.states)}, {len(outcome.wrong)} wrong"


def test_L1_L2_L4_a_power_cut_at_any_moment_of_a_mixed_day_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    start = begun(folder)
    ran, whole = worked(start, folder)
    outcome = look_at_all(start, ran.calls, whole, variants=8, seed=SEED)

    print(told(outcome))  # noqa: T201 - how much was looked at is what a reader of the log wants to know
    assert outcome.wrong == []
    assert outcome.states.total() >= STATES_MIN


def test_L1_a_power_cut_at_any_moment_of_the_first_start_leaves_a_till_that_starts(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    ran = recorded("tests.faults.teller", folder, "0", "0")
    assert ran.said == ("open", "closed")
    wrong: list[str] = []
    unspoken = tuple(call for call in ran.calls if call.name != "said")
    with TemporaryDirectory(dir=MEMORY) as memory:
        for number, state in enumerate(states(Disk(), unspoken, variants=3, seed=SEED)):
            till = Path(memory) / f"cut-{number}"
            lay_out(state.contents, till)
            try:
                opened(till / "ledger.db").close()
            except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
                wrong.append(f"cut before call {state.cut}, {state.damage}: {error}")
            shutil.rmtree(till)

    assert wrong == []


def test_L1_a_second_power_cut_during_recovery_loses_nothing_either(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    start = begun(folder)
    ran, _ = worked(start, folder)
    chance = random.Random(SEED)
    cut_states = list(states(start, ran.calls, variants=1, seed=SEED))
    outcome = Outcome()
    for number, state in enumerate(chance.sample(cut_states, 12)):
        again = tmp_path / f"again-{number}"
        lay_out(state.contents, again)
        second = Disk.of(contents_of(again))
        rerun, whole = worked(second, again, "tests.faults.day_again")
        outcome.add(
            look_at_all(second, rerun.calls, whole, variants=2, seed=SEED, acked=(state.entries, state.remembered))
        )

    print(told(outcome))  # noqa: T201
    assert outcome.wrong == []
    assert outcome.states.total() > 500


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_the_power_cuts_find_a_ledger_that_does_not_wait_for_the_disk(tmp_path: Path, synchronous: str) -> None:
    folder = tmp_path / "till"
    start = begun(folder)
    ran, whole = worked(start, folder, "tests.faults.careless_day", synchronous)
    outcome = look_at_all(start, ran.calls[: len(ran.calls) // 2], whole, variants=1, seed=SEED)

    assert any("were acknowledged" in wrong for wrong in outcome.wrong)
    assert len(outcome.wrong) > outcome.states[Damage.LOST] // 4
