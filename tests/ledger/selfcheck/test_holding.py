import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.errors import LedgerError, LedgerInUseError
from agent.ledger.ledger import Ledger
from agent.ledger.selfcheck.holding import holder_of, lock_path
from tests.ledger.tills import opened, sale

_HOLD = """
import sys
from pathlib import Path
from tests.ledger.tills import opened
ledger = opened(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
ledger.close()
"""


@contextmanager
def another_agent(path: Path) -> Iterator[int]:
    """Another process has the ledger open; its id."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process.pid
        process.stdin.close()


def test_l10_who_is_refused_learns_which_process_writes(path: Path) -> None:
    with another_agent(path) as pid:
        assert holder_of(lock_path(path)) == pid
        with pytest.raises(LedgerInUseError, match=rf"held by another agent \(process {pid}\)"):
            opened(path)

    assert holder_of(lock_path(path)) is None


def test_l10_a_second_agent_is_refused_though_the_lock_file_was_deleted(path: Path) -> None:
    with another_agent(path) as pid:
        lock_path(path).unlink()
        with pytest.raises(LedgerInUseError, match=rf"process {pid}"):
            opened(path)
        with pytest.raises(LedgerInUseError, match=rf"process {pid}"):  # nor by the lock file it made itself
            opened(path)
    with closing(opened(path)) as ledger:
        assert ledger.append(sale("op-1")).entry.seq == 2


def test_l10_a_second_agent_is_refused_though_it_comes_through_another_folder(path: Path, tmp_path: Path) -> None:
    with another_agent(path) as pid:
        (tmp_path / "other").symlink_to(path.parent)
        with pytest.raises(LedgerInUseError, match=rf"process {pid}"):
            opened(tmp_path / "other" / path.name)


def test_a_lock_file_that_was_left_behind_stops_nobody(path: Path) -> None:
    path.parent.mkdir()
    lock_path(path).write_text("4711\n")
    with closing(opened(path)) as ledger:
        assert ledger.identity.seq == 1


def test_a_ledger_that_was_closed_is_nobodys(path: Path) -> None:
    ledger = opened(path)
    held = holder_of(lock_path(path)), holder_of(path)
    ledger.close()

    assert held == (os.getpid(), os.getpid())
    assert (holder_of(lock_path(path)), holder_of(path)) == (None, None)


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "nothing") is None


def _in_a_fork(ledger: Ledger) -> bytes:
    """What a forked process is told when it appends."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ledger.append(sale("forked"))
            os.write(write, b"it was appended")
        except LedgerError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as said:
        return said.read()


def test_l10_a_forked_process_writes_nothing(ledger: Ledger) -> None:
    said = _in_a_fork(ledger).decode()

    assert f"was opened by process {os.getpid()}, not by process" in said
    assert ledger.append(sale("op-1")).entry.seq == 2
