"""A till that is killed in the middle of its work: what it acknowledged is there, and nothing by halves."""

import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.journal import chain
from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of
from tests.ledger.tills import TILL, opened

ROOT = Path(__file__).parents[2]


def _killed(path: Path, name: str, after: int) -> list[str]:
    """Run a till, kill it with SIGKILL some time after its `after`th acknowledgement; every op it acknowledged."""
    command = [sys.executable, "-m", "tests.ledger.appender", str(path), name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as till:
        assert till.stdout is not None
        acknowledged = [till.stdout.readline().strip() for _ in range(after)]
        till.kill()
        acknowledged += [line.strip() for line in till.stdout if line.endswith("\n")]
    assert till.returncode == -9
    return acknowledged


def _check_whole(ledger: Ledger, acknowledged: list[str]) -> None:
    """Every acknowledged op is there, at most one more per till that ran, and each with all that belongs to it."""
    with ledger.reading() as conn:
        rows = conn.execute("SELECT hash, bytes FROM entry ORDER BY n").fetchall()
        ops = dict(conn.execute("SELECT n, op FROM entry WHERE n > 1 ORDER BY n").fetchall())
        slips = [n for (n,) in conn.execute("SELECT n FROM slip ORDER BY n")]
        lots = {lot for (lot,) in conn.execute("SELECT lot FROM lot")}
    sales = {n: op for n, op in ops.items() if not op.startswith("enrol-")}
    identity = ledger.identity

    assert chain.verify(rows, till=TILL, epoch=identity.epoch) == (len(rows), identity.head)
    assert [op for op in ops.values() if op in set(acknowledged)] == acknowledged
    assert len(ops) - len(acknowledged) <= len({op.split("-")[-2] for op in ops.values()})
    assert (slips, lots) == (list(sales), set(sales.values()))
    for op in ops.values():
        if op.startswith("enrol-"):
            account = op.removeprefix("enrol-")
            assert profile_of(ledger, account) == {"name": account}


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_till_has_everything_it_acknowledged(path: Path, seed: int) -> None:
    acknowledged = _killed(path, f"run{seed}", after=random.Random(seed).randrange(1, 60))
    with closing(opened(path)) as ledger:
        _check_whole(ledger, acknowledged)


@pytest.mark.slow
def test_a_till_killed_again_and_again_has_everything_it_ever_acknowledged(path: Path) -> None:
    moment = random.Random(7)
    acknowledged: list[str] = []
    for run in range(25):
        acknowledged += _killed(path, f"run{run}", after=moment.randrange(1, 200))
        with closing(opened(path)) as ledger:
            _check_whole(ledger, acknowledged)
