"""Opening the ledger's file: the pragmas that make a commit durable, read back, and the lock that makes one writer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.errors import LedgerDamagedError
from agent.ledger.selfcheck.database import check_database, check_version
from agent.ledger.selfcheck.holding import hold, lock_path
from agent.ledger.selfcheck.wal import check_pair, check_wal, is_hot

CHECKPOINT_PAGES = 4000
KEYS_FILE = "keys.db"  # beside the ledger, backed up apart from it


def take_lock(path: Path) -> int:
    """Return an open file that makes this process the ledger's one writer; raises LedgerInUseError."""
    return hold(lock_path(path), ledger=path)


def hold_file(lock: int, path: Path, *, known: frozenset[str]) -> int:
    """Return the ledger's own file, held, made if this is its beginning; `known` are the schema's steps.

    Raises LedgerError, and has written nothing, for one that is missing, not ours or of a newer version.
    """
    check_wal(lock, path)
    if path.is_file() and path.stat().st_size and not _was_cut_at_birth(path):
        with closing(connect(path, read_only=True)) as conn:
            check_database(conn, path)
            check_version(conn, path, known=known)
    refuse_emptied(path)
    if is_hot(path):
        check_pair(path)
    return hold(path, ledger=path)


def _was_cut_at_birth(path: Path) -> bool:
    """Say whether the power went while the file was made: only a connection that may write can roll that back.

    A ledger has a rollback journal until its first page is written, and never again.
    """
    return path.with_name(path.name + "-journal").exists() and not path.with_name(KEYS_FILE).exists()


def refuse_emptied(path: Path) -> None:
    """SQLite takes an empty file for a new database, and would begin again without a word of what was lost."""
    if not path.with_name(KEYS_FILE).exists():
        return
    if not (path.exists() and path.stat().st_size):
        raise LedgerDamagedError(f"ledger {path.name!r} is missing or empty beside its {KEYS_FILE!r}")
    with closing(connect(path, read_only=True)) as conn:
        made = conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'epoch'").fetchone()
        if made is None or conn.execute("SELECT 1 FROM epoch").fetchone() is None:
            raise LedgerDamagedError(f"ledger {path.name!r} holds no epoch beside its {KEYS_FILE!r}")


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the file, for writing with WAL and synchronous=FULL; raises LedgerDamagedError if they do not read back."""
    mode = "ro" if read_only else "rwc"
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    conn = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
    if read_only:
        return conn
    path.chmod(0o600)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA secure_delete = ON")
    conn.execute("PRAGMA mmap_size = 0")
    conn.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    found = (conn.execute("PRAGMA journal_mode").fetchone()[0], conn.execute("PRAGMA synchronous").fetchone()[0])
    if found != ("wal", 2):
        raise LedgerDamagedError(f"ledger {path.name!r} runs with {found}, not with WAL and synchronous=FULL")
    return conn
