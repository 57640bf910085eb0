"""Opening the ledger's file: the pragmas that make a commit durable, read back, and the lock that makes one writer."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from agent.errors import LedgerDamagedError, LedgerInUseError

CHECKPOINT_PAGES = 4000
KEYS_FILE = "keys.db"  # beside the ledger, backed up apart from it


def take_lock(path: Path) -> int:
    """Return an open file that makes this process the ledger's one writer; raises LedgerInUseError."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise LedgerInUseError(f"ledger {str(path)!r} is held by another agent") from None
    return lock


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
