"""Several processes beside each other on PostgreSQL: killed or not, each entry is held and booked once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from agent.errors import ConfigError, SyncError
from hq.serve import Serving
from tests.hq.headquarters import state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till

ROOT = Path(__file__).parents[2]
SERVE = "from hq.cli import main; main()"
TILLS, SALES = 3, 20


class Several:
    """A headquarters of two workers, in processes of their own."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", SERVE, "serve", "--dir", str(folder), "--workers", "2"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().removeprefix("listening on ").strip()

    def workers(self) -> set[int]:
        """Return the workers' ids, once there are two of them."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        _wait_until(lambda: len(children.read_text().split()) == 2)
        return {int(one) for one in children.read_text().split()}

    def ended(self) -> str:
        """Wait for the end and return what was logged."""
        with self.process:
            assert self.process.stderr is not None
            said = self.process.stderr.read()
        assert "Traceback" not in said, said
        return said


@pytest.fixture
def several(folder: Path) -> Iterator[Several]:
    one = Several(folder)
    yield one
    if one.process.returncode is None:
        one.process.terminate()
        one.ended()
    assert one.process.returncode in {0, -signal.SIGKILL}


def _wait_until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def _a_day(folder: Path, hq: Path, address: str, name: str, met: threading.Semaphore) -> tuple[int, str, int]:
    """Sell and refund at one till, meeting all the time, whatever becomes of it; return its head and points."""
    with Till(folder, name, address) as till:  # the same series of cards at every till: they are the same members
        till.enrol(hq)
        till.batch_entries = 7
        for number in range(SALES):
            sale = till.sell(number % 9 + 1, card=number % 5)
            if number % 10 == 9:
                till.refund(sale)
            try:
                till.meet()
            except SyncError:
                continue
            met.release()
        _wait_until(lambda: _sent(till))
        return till.ledger.identity.seq, till.ledger.identity.head.hex(), till.sales


def _runs(process: int) -> bool:
    """Say whether a process runs; one that has ended may still be listed where nobody collects orphans."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _sent(till: Till) -> bool:
    try:
        return till.meet() is not None
    except SyncError:
        return False


@pytest.mark.databases("postgresql")
def test_tills_meet_two_workers_and_one_of_them_is_killed(several: Several, folder: Path, tmp_path: Path) -> None:
    met = threading.Semaphore(0)
    with ThreadPoolExecutor(TILLS) as pool:
        days = {
            name: pool.submit(_a_day, tmp_path, folder, several.address, name, met)
            for name in (f"t{number}" for number in range(TILLS))
        }
        for _ in range(TILLS * 5):
            met.acquire(timeout=20)
        before = several.workers()
        victim = max(before)
        os.kill(victim, signal.SIGKILL)
        heads = {f"corner/{name}": day.result() for name, day in days.items()}
    summed = wait_for_books(folder)

    assert before - several.workers() == {victim}
    rows = till_rows(folder)
    assert {name: (row.seq, row.head) for name, row in rows.items()} == {k: v[:2] for k, v in heads.items()}
    assert not any(row.flags or row.quarantined for row in rows.values())
    assert [(one.sales, one.refunds) for one in summed.takings] == [(TILLS * SALES, TILLS * SALES // 10)]
    assert summed.balanced
    assert len({root for _, status, root in state_of_books(folder)["accounts"] if status == "regular"}) == 5


@pytest.mark.databases("postgresql")
def test_workers_end_when_the_process_that_began_them_is_killed(several: Several) -> None:
    workers = several.workers()

    several.process.kill()

    several.ended()  # its last writers have closed the pipe
    _wait_until(lambda: not any(_runs(one) for one in workers))
    with pytest.raises(httpx.ConnectError):
        httpx.get(several.address, trust_env=False)


@pytest.mark.databases("sqlite")
def test_a_sqlite_file_has_one_worker(folder: Path) -> None:
    with pytest.raises(ConfigError, match="1 worker serves it, not 2") as refusal:
        Serving(folder, workers=2)

    assert "postgresql://" in refusal.value.hint
