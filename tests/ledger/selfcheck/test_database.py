import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import LedgerError, LedgerPlaceError
from agent.ledger.opening import KEYS_FILE, connect
from agent.ledger.selfcheck import database
from agent.ledger.selfcheck.database import APPLICATION_ID
from tests.ledger.tills import opened


def _header(path: Path) -> int:
    """The application id as the file's header has it (sqlite.org/fileformat2.html, offset 68)."""
    return int.from_bytes(path.read_bytes()[68:72], "big")


def test_l10_a_ledger_says_in_its_header_what_it_is(path: Path) -> None:
    opened(path).close()

    assert _header(path) == APPLICATION_ID == int.from_bytes(b"Taly", "big")


def test_a_ledger_of_before_it_said_so_is_marked(path: Path) -> None:
    opened(path).close()
    with closing(connect(path, read_only=False)) as conn:
        conn.execute("PRAGMA application_id = 0")
    opened(path).close()

    assert _header(path) == APPLICATION_ID


@pytest.mark.parametrize("statement", ["CREATE TABLE till (n)", "PRAGMA application_id = 252006673"])
def test_l10_the_database_of_something_else_is_refused_and_left_as_it_is(path: Path, statement: str) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute(statement)
    before = path.read_bytes()

    with pytest.raises(LedgerPlaceError, match="is a database of something else") as caught:
        opened(path)
    assert path.read_bytes() == before
    assert "a folder of its own" in caught.value.hint


def test_l10_the_keys_are_not_taken_for_a_ledger(path: Path) -> None:
    opened(path).close()
    with pytest.raises(LedgerPlaceError, match="is a database of something else"):
        opened(path.with_name(KEYS_FILE))


def test_l10_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    opened(path).close()
    with closing(connect(path, read_only=False)) as conn:
        row = ("ledger", "m999_from_the_future", "2030-01-01")
        conn.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)", row)
    before = path.read_bytes()

    with pytest.raises(LedgerError, match="of a newer version of this software: it has m999_from_the_future") as caught:
        opened(path)
    assert path.read_bytes() == before
    assert "install the version" in caught.value.hint


def test_l10_an_sqlite_that_is_too_old_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(path).close()
    monkeypatch.setattr(database, "SQLITE_MIN", (99, 0, 0))
    with pytest.raises(LedgerError, match=r"SQLite \S+ cannot hold a ledger, 99.0.0 can"):
        opened(path)


def test_l10_wal_and_full_are_read_back(path: Path) -> None:
    with closing(opened(path)) as ledger, ledger.reading() as conn:
        names = ("journal_mode", "synchronous", "secure_delete", "mmap_size")
        found = [conn.execute(f"PRAGMA {name}").fetchone() for name in names]

    assert found == [("wal",), (2,), (1,), (0,)]
