"""The WAL beside the ledger: while a ledger is open, or was when the power went, its last sales are there alone.

SQLite takes a database whose WAL is gone for whole, and says nothing of what is missing. So the lock file says that the
ledger is open, and whose: it is written once the WAL has a durable name, and emptied before SQLite may delete it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from agent.errors import LedgerDamagedError
from agent.ledger.selfcheck.place import sync_folder

_BYTES_MAX = 32


def wal_path(path: Path) -> Path:
    """Return the WAL of a database."""
    return path.with_name(path.name + "-wal")


def is_hot(path: Path) -> bool:
    """Say whether a WAL lies there that holds anything."""
    wal = wal_path(path)
    return wal.exists() and wal.stat().st_size > 0


def mark_open(lock: int, path: Path) -> None:
    """Say in the lock file that the ledger is open, all its files having durable names; a full disk may say no."""
    sync_folder(path.parent)
    with suppress(OSError):
        os.pwrite(lock, f"{path.stat().st_ino}\n".encode(), 0)
        os.fsync(lock)


def mark_closed(lock: int) -> None:
    """Say in the lock file that the ledger is about to be closed."""
    with suppress(OSError):
        os.ftruncate(lock, 0)
        os.fsync(lock)


def check_wal(lock: int, path: Path) -> None:
    """Raise LedgerDamagedError if this very file was open when its agent ended, and its WAL is gone."""
    said = os.pread(lock, _BYTES_MAX, 0).decode("ascii", "replace").strip()
    if said and path.exists() and said == str(path.stat().st_ino) and not wal_path(path).exists():
        raise LedgerDamagedError(
            f"ledger {path.name!r} was not closed and its {wal_path(path).name!r} is gone, with the last sales in it",
            hint=f"put {wal_path(path).name} back; if it is lost restore the last backup, or, if you know that nothing "
            f"was in it, remove {path.name}.lock",
        )


def check_pair(path: Path) -> None:
    """Raise LedgerDamagedError if the WAL beside the file is another ledger's, which replays without an error.

    What the file holds without its WAL it holds with it, too: here its first epoch.
    """
    alone, together = _first_epoch(path, "&immutable=1"), _first_epoch(path, "")
    if alone is not None and together is not None and alone != together:
        raise LedgerDamagedError(
            f"{wal_path(path).name!r} belongs to another ledger than {path.name!r} "
            f"(epoch {together[:8]}, not {alone[:8]})",
            hint=f"put the ledger's own {wal_path(path).name} back; never move one of them without the other",
        )


def _first_epoch(path: Path, how: str) -> str | None:
    """Return the id of the first epoch; None if it cannot be read: while a WAL is moved into it a file is not whole."""
    with (
        suppress(sqlite3.DatabaseError),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{how}", uri=True)) as conn,
    ):
        row = conn.execute("SELECT id FROM epoch ORDER BY no LIMIT 1").fetchone()
        return None if row is None else str(row[0])
    return None
