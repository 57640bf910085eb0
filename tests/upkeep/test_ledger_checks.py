import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from agent.upkeep import ledger_checks
from agent.upkeep.finding import Finding
from agent.upkeep.ledger_checks import check_ledger
from agent.upkeep.running import Running
from tests.ledger.tills import opened

AGENT = Running(os.getpid(), 8765, "secret")


def look_over(path: Path, running: Running | None = None) -> dict[str, Finding]:
    return {finding.check: finding for finding in check_ledger(path, running)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "till" / "ledger.db"
    opened(path).close()
    return path


def test_l10_a_ledger_that_nobody_has_open_is_well(path: Path) -> None:
    found = look_over(path)

    assert [name for name, finding in found.items() if not finding.ok and name != "place"] == []
    assert found["writer"].text == "no process writes to the ledger"
    assert found["files"].text == f"3 files of owner {os.geteuid()}, theirs alone"


def test_a_till_that_has_no_ledger_yet_is_looked_at_without_trouble(tmp_path: Path) -> None:
    files = look_over(tmp_path / "not" / "yet.db")["files"]

    assert (files.ok, files.text) == (True, "none yet")


def test_the_agent_may_write_and_nobody_else(path: Path) -> None:
    ledger: Ledger
    with closing(opened(path)) as ledger:
        assert ledger.identity.seq == 1
        agent = look_over(path, AGENT)["writer"]
        other = look_over(path, Running(os.getpid() + 1, 8765, "secret"))["writer"]
        no_agent = look_over(path)["writer"]

    assert (agent.ok, other.ok, no_agent.ok) == (True, False, False)
    assert agent.text == f"process {os.getpid()} writes to the ledger"
    assert f"ps -p {os.getpid()}" in other.hint


def test_files_that_others_may_read_are_found(path: Path) -> None:
    path.chmod(0o640)
    found = look_over(path)["files"]

    assert (found.ok, found.text) == (False, "others may read ledger.db")
    assert "chmod 600" in found.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_two_owners_are_found(path: Path) -> None:
    shutil.chown(path, 65534)
    found = look_over(path)["files"]

    assert not found.ok
    assert "chown" in found.hint


def test_l10_two_names_are_found(path: Path) -> None:
    path.with_name("other.db").hardlink_to(path)

    assert "goes by 2 names" in look_over(path)["place"].text


def test_l10_the_place_is_told(path: Path) -> None:
    place = look_over(path)["place"]

    assert ", mounted on /" in place.text


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory that is a folder")
def test_a_ledger_in_memory_is_found() -> None:
    place = look_over(Path("/dev/shm/ledger.db"))["place"]

    assert (place.ok, "gone with the power" in place.text) == (False, True)


def test_the_wal_reset_fault_is_told_and_is_no_finding(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_checks, "WAL_RESET_MENDED", (99, 0, 0))
    old = look_over(path)["sqlite"]
    monkeypatch.setattr(ledger_checks, "WAL_RESET_MENDED", (3, 0, 0))
    mended = look_over(path)["sqlite"]

    assert (old.ok, mended.ok) == (True, True)
    assert "WAL-reset fault" in old.text
    assert mended.text == sqlite3.sqlite_version
