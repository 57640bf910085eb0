"""A backup and a restore, each write, sync and rename once where the process dies or the disk is full."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import LedgerDamagedError
from agent.ledger import audit
from agent.ledger.kept.profiles.finding import by_name
from tests.faults.tracing import ROOT
from tests.ledger.tills import enrol, opened, sale
from tests.upkeep.backup.backups import back_up, put_back, read

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

CALLS = ("pwrite64", "fsync", "fdatasync", "rename", "link", "ftruncate", "unlink")
_CALLED = re.compile(r"^(?:\d+ +)?(\w+)\(", re.MULTILINE)
_STEP = 3  # every third call of a kind: the ones between are more pages of the same file


def keep(word: str, place: Path, *tampering: str) -> tuple[int, str, Counter[str]]:
    """Back up or restore in a process of its own under strace: how it ended, what it said, how often it called what."""
    log = place / "strace"
    inject = [part for one in tampering for part in ("-e", f"inject={one}")]
    command = ["strace", "-f", "-o", str(log), "-e", f"trace={','.join(CALLS)}", *inject, sys.executable, "-m"]
    command += ["tests.faults.keeper", word, str(place / "till" / "ledger.db"), str(place / "stick" / "b")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    return ran.returncode, ran.stdout, Counter(_CALLED.findall(log.read_text()))


@pytest.fixture
def pattern(tmp_path: Path) -> Path:
    """A till that has sold since its backup, and a stick with that."""
    place = tmp_path / "pattern"
    (place / "stick").mkdir(parents=True)
    with closing(opened(place / "till" / "ledger.db")) as ledger:
        enrol(ledger, "a", {"name": "Ana"})
        for number in range(60):
            ledger.append(sale(f"op-{number}"))
        back_up(ledger.path, place / "stick" / "b")
        ledger.append(sale("later"))
    return place


def each(pattern: Path, tmp_path: Path, word: str, fault: str) -> list[tuple[str, Path, tuple[int, str]]]:
    """For every call of every kind: it ends so. Two at a time."""
    whole = keep(word, Path(shutil.copytree(pattern, tmp_path / "whole")))
    assert whole[:2] == (0, "done\n")
    cases = [f"{call}:{fault}:when={at}" for call in CALLS for at in range(1, whole[2][call] + 1, _STEP)]
    if "ENOSPC" in fault:
        cases = [f"{case}+" for case in cases if case.startswith("pwrite64")]
    elif "EIO" in fault:
        cases = [case for case in cases if not case.startswith("unlink")]  # what cannot be removed stays

    def one(number: int) -> tuple[str, Path, tuple[int, str]]:
        place = Path(shutil.copytree(pattern, tmp_path / str(number)))
        status, said, _ = keep(word, place, cases[number])
        return cases[number], place, (status, said)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(len(cases))))


def is_whole(backup: Path, entries: tuple[int, ...]) -> bool:
    return read(backup, "SELECT count(*) FROM entry")[0][0] in entries and read(backup, "PRAGMA integrity_check") == [
        ("ok",)
    ]


@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC", "error=EIO"])
def test_a_backup_that_does_not_come_through_leaves_the_one_before(pattern: Path, tmp_path: Path, fault: str) -> None:
    cases = each(pattern, tmp_path, "backup", fault)
    for case, place, (status, said) in cases:
        backup = place / "stick" / "b"
        assert is_whole(backup, (62, 63)), case
        if fault != "signal=KILL":
            assert (status, said.startswith(("done", "no "))) == (0, True), (case, said)
            assert [path.name for path in backup.parent.iterdir()] == ["b"], case
        assert back_up(place / "till" / "ledger.db", backup).entries == 63
        assert [path.name for path in backup.parent.iterdir()] == ["b"], case

    assert len(cases) > 10


def test_l1_a_restore_that_does_not_come_through_leaves_the_ledger_or_refuses_to_begin_anew(
    pattern: Path, tmp_path: Path
) -> None:
    cases = each(pattern, tmp_path, "restore", "signal=KILL")
    for case, place, _ in cases:
        ledger = place / "till" / "ledger.db"
        try:
            with closing(opened(ledger)) as till:
                audit.verify(till)
                assert (till.find("later") is None) == (len(till.epochs()) > 1), case
        except LedgerDamagedError as error:
            assert "missing or empty beside" in str(error), case  # noqa: PT017 - either of both is right
        put_back(place / "stick" / "b", ledger, replace=True)
        with closing(opened(ledger)) as till:
            audit.verify(till)
            assert [found.account for found in by_name(till, "Ana")] == ["a"], case
        asides = [path for path in ledger.parent.glob("ledger.db.until-*") if not path.name.endswith(("-wal", "-shm"))]
        assert any(read(path, "SELECT 1 FROM entry WHERE op = 'later'") for path in asides), case

    assert len(cases) > 30


def test_a_restore_onto_a_full_disk_leaves_the_ledger_as_it_was(pattern: Path, tmp_path: Path) -> None:
    cases = each(pattern, tmp_path, "restore", "error=ENOSPC")
    for case, place, (status, said) in cases:
        assert status == 0, case
        assert said.startswith(("done", "no ")), (case, said)
        with closing(opened(place / "till" / "ledger.db")) as till:
            audit.verify(till)
            assert (till.find("later") is not None) == (not said.startswith("done")), (case, said)

    assert len(cases) > 10
