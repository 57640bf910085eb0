"""What the machine says no with, said so that somebody can do something about it."""

import errno
import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import LedgerDamagedError, LedgerInUseError, LedgerPlaceError, TallyError
from agent.ledger.selfcheck.refusals import refusal
from tests.ledger.tills import opened

NOBODY = 65534
_AS_NOBODY = """
import os, sys
from pathlib import Path
from tests.ledger.tills import opened
from agent.errors import TallyError
os.setgid({nobody})
os.setuid({nobody})
for read_only in (False, True):
    try:
        opened(Path(sys.argv[1]), read_only=read_only)
    except TallyError as error:
        print(error.code, "|", error, "|", error.hint)
"""


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EROFS, "mounted read-only"),
        (errno.EACCES, "account that owns the folder"),
        (errno.EPERM, "account that owns the folder"),
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.ENOTDIR, "till.folder in till.toml"),
    ],
)
def test_an_error_of_the_system_names_the_file_and_the_next_action(number: int, hint: str) -> None:
    refused = refusal(Path("/a/ledger.db"), OSError(number, os.strerror(number), "/a/ledger.db.lock"))

    assert type(refused) is LedgerPlaceError
    assert str(refused) == f"ledger '/a/ledger.db' cannot be opened: {os.strerror(number)} ('/a/ledger.db.lock')"
    assert hint in refused.hint


def _sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("said SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_CANTOPEN, LedgerPlaceError),
        (sqlite3.SQLITE_READONLY_DBMOVED, LedgerPlaceError),
        (sqlite3.SQLITE_FULL, LedgerPlaceError),
        (sqlite3.SQLITE_BUSY_RECOVERY, LedgerInUseError),
        (sqlite3.SQLITE_CORRUPT, LedgerDamagedError),
        (sqlite3.SQLITE_IOERR_READ, LedgerDamagedError),
        (sqlite3.SQLITE_NOTADB, LedgerDamagedError),
    ],
)
def test_an_error_of_sqlite_is_of_the_place_of_another_program_or_damage(code: int, kind: type[TallyError]) -> None:
    assert type(refusal(Path("/a/ledger.db"), _sqlite(code))) is kind


def test_a_value_that_nobody_wrote_is_damage() -> None:
    assert type(refusal(Path("ledger.db"), ValueError("no such thing"))) is LedgerDamagedError


def test_l10_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerPlaceError, match="cannot be opened"):
        opened(tmp_path / "file" / "ledger.db")


def test_l10_a_ledger_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(LedgerPlaceError, match=r"Is a directory"):
        opened(tmp_path / "ledger.db")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_l10_who_may_not_open_the_ledger_is_told_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "till" / "ledger.db"
    opened(path).close()
    command = [sys.executable, "-c", _AS_NOBODY.format(nobody=NOBODY), str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert [line.split(" | ")[0] for line in said] == ["ledger_place", "ledger_place"]
    assert all("run the agent under the account that owns the folder" in line for line in said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")
def test_l10_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LedgerPlaceError, match="cannot be opened") as caught:
        opened(tmp_path / "ledger.db")

    assert "account that owns the folder" in caught.value.hint


def test_l10_a_disk_without_room_for_a_ledger_is_told(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(TallyError):
            opened(tmp_path / "till" / "ledger.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    opened(tmp_path / "till" / "ledger.db").close()


@pytest.mark.parametrize(
    ("code", "said", "hint"),
    [
        (sqlite3.SQLITE_BUSY, "ledger '/a/ledger.db' is locked by another program", "close what has it open"),
        (sqlite3.SQLITE_LOCKED, "ledger '/a/ledger.db' is locked by another program", "close what has it open"),
        (sqlite3.SQLITE_FULL, "ledger '/a/ledger.db' cannot be opened: said SQLite", "make room on the disk"),
        (sqlite3.SQLITE_PERM, "ledger '/a/ledger.db' cannot be opened: said SQLite", "run the agent under the account"),
        (sqlite3.SQLITE_AUTH, "ledger '/a/ledger.db' cannot be opened: said SQLite", "run the agent under the account"),
    ],
)
def test_what_sqlite_refuses_is_said_with_the_next_action(code: int, said: str, hint: str) -> None:
    refused = refusal(Path("/a/ledger.db"), _sqlite(code))

    assert str(refused) == said
    assert refused.hint.startswith(hint)


def test_a_folder_on_a_disk_that_is_mounted_read_only_is_told_from_one_of_somebody_else() -> None:
    read_only = next((one for one in (Path("/sys"), Path("/proc")) if os.statvfs(one).f_flag & os.ST_RDONLY), None)
    hints = [
        refusal(path / "ledger.db", _sqlite(sqlite3.SQLITE_CANTOPEN)).hint for path in (Path("/"), read_only) if path
    ]

    assert hints[0].startswith("run the agent under the account that owns the folder")
    assert all(hint.startswith("the disk is mounted read-only") for hint in hints[1:])


def test_a_value_that_nobody_wrote_is_named_with_its_file() -> None:
    refused = refusal(Path("/a/ledger.db"), ValueError("no such thing"))

    assert str(refused) == "ledger 'ledger.db' cannot be read: no such thing"
