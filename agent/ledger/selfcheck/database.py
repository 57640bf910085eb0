"""The database itself: a ledger and nothing else, of a version this software knows, on an SQLite that can hold it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agent.errors import LedgerError, LedgerPlaceError

APPLICATION_ID = 0x54616C79  # "Taly", in the file's header (sqlite.org/fileformat2.html, offset 68)
SQLITE_MIN = (3, 37, 0)  # STRICT tables
WAL_RESET_MENDED = (3, 51, 3)  # sqlite.org/wal.html#walresetbug: before it two writing connections can corrupt a WAL

_MIGRATIONS = "_sqlite_migrations"


def check_database(conn: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerError for a file that is not ours to write to; nothing has been written to it so far."""
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise LedgerError(
            f"SQLite {sqlite3.sqlite_version} cannot hold a ledger, {'.'.join(map(str, SQLITE_MIN))} can",
            hint="install a newer Python or SQLite",
        )
    found = conn.execute("PRAGMA application_id").fetchone()[0]
    tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if found not in {0, APPLICATION_ID} or (tables and not tables & {"entry", _MIGRATIONS}):
        raise LedgerPlaceError(
            f"{str(path)!r} is a database of something else (application id {found:#x})",
            hint="give the ledger a folder of its own (till.folder in till.toml)",
        )


def check_version(conn: sqlite3.Connection, path: Path, *, known: frozenset[str]) -> None:
    """Raise LedgerError if a newer version of this software has changed the tables; it may mean other things by them.

    The steps are named in sqlite-utils' own table; `user_version` is not used.
    """
    made = conn.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_MIGRATIONS,)).fetchone()
    if made is None:
        return
    rows = conn.execute(f"SELECT name FROM {_MIGRATIONS} WHERE migration_set = 'ledger'")  # noqa: S608 - a constant
    newer = sorted({str(name) for (name,) in rows} - known)
    if newer:
        raise LedgerError(
            f"ledger {path.name!r} is of a newer version of this software: it has {', '.join(newer)}",
            hint="install the version that was here before, or a newer one",
        )


def mark_ours(conn: sqlite3.Connection) -> None:
    """Write into the file's header whose it is, once."""
    if conn.execute("PRAGMA application_id").fetchone()[0] == 0:
        conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
