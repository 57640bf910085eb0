"""What is derived: built anew from the entries, or compared with what they say."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing

from agent.errors import LedgerDamagedError, LedgerError
from agent.journal.entry import decode_entry
from agent.journal.fold import changes
from agent.ledger.derived import apply_changes
from agent.ledger.kept.feed import restore_snapshots
from agent.ledger.ledger import Ledger
from agent.ledger.opening import connect
from agent.ledger.schema import DERIVED_TABLES

_JOINED = "SELECT account, into_account FROM joined"
_MADE_BY = "SELECT type, sql FROM main.sqlite_master WHERE type IN ('table', 'trigger') AND tbl_name = ? ORDER BY type"
_TOLD_EVERY = 10_000  # entries

Progress = Callable[[int, int], None]  # entries folded, entries in all


def _silent(_folded: int, _whole: int) -> None:
    """Tell nobody."""


def rebuild(ledger: Ledger, *, progress: Progress = _silent) -> int:
    """Drop everything derived and fold the journal anew, in one commit; returns how many entries were folded.

    One entry is in memory at a time; `progress` is told how far it is. The ledger is held meanwhile.
    """
    with ledger.write() as conn:
        for table in DERIVED_TABLES:
            conn.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant of the schema
        return _fold(conn, dict(conn.execute(_JOINED).fetchall()), progress)


def _fold(conn: sqlite3.Connection, joined: Mapping[str, str], progress: Progress) -> int:
    folded, whole = 0, conn.execute("SELECT count(*) FROM entry").fetchone()[0]
    for n, data in conn.execute("SELECT n, bytes FROM entry ORDER BY n"):
        apply_changes(conn, n, changes(decode_entry(data)), joined)
        folded += 1
        if folded % _TOLD_EVERY == 0 or folded == whole:
            progress(folded, whole)
    restore_snapshots(conn, joined)
    return folded


def check_derived(ledger: Ledger) -> None:
    """Compare the derived tables with what the entries say; LedgerError names the first table that differs.

    The fold goes into temporary tables that hide the real ones, on a connection of its own that sees one moment of the
    ledger: a running agent goes on selling meanwhile.
    """
    try:
        with closing(connect(ledger.path, read_only=True)) as conn:
            conn.execute("BEGIN")
            for table in DERIVED_TABLES:
                for kind, sql in conn.execute(_MADE_BY, (table,)).fetchall():
                    conn.execute(sql.replace(f"CREATE {kind.upper()}", f"CREATE TEMP {kind.upper()}", 1))
            _fold(conn, dict(conn.execute(_JOINED).fetchall()), _silent)
            differing = next((table for table in DERIVED_TABLES if _differs(conn, table)), None)
    except sqlite3.Error as error:
        raise LedgerDamagedError(f"ledger {ledger.path.name!r} cannot be read: {error}") from error
    if differing is not None:
        raise LedgerError(
            f"derived tables differ: {differing!r} does not hold what the entries say",
            hint="the entries stand: stop the agent and run `tally ledger rebuild`",
        )


def _differs(conn: sqlite3.Connection, table: str) -> bool:
    pairs = ((f"main.{table}", f"temp.{table}"), (f"temp.{table}", f"main.{table}"))
    queries = (f"SELECT 1 FROM (SELECT * FROM {one} EXCEPT SELECT * FROM {other}) LIMIT 1" for one, other in pairs)  # noqa: S608 - constants of the schema
    return any(conn.execute(query).fetchone() is not None for query in queries)
