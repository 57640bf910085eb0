"""Moving a ledger and its keys aside, so that nothing is lost and no WAL meets a file that it does not belong to.

SQLite would write the frames of a WAL that was left behind into whatever file bears the name
(sqlite.org/howtocorrupt.html, 1.4): the WAL goes with its file, before another one comes.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from agent.errors import LedgerDamagedError
from agent.ledger.opening import connect
from agent.ledger.selfcheck.place import sync_folder
from agent.ledger.selfcheck.wal import check_pair, wal_path

_BESIDE = ("-wal", "-shm")


def move_aside(database: Path) -> Path | None:
    """Move a database with its WAL to a name that says when, and return that; None if there is none."""
    aside = _free_name(database)
    _fold_wal(database)
    was_there = database.exists()
    if was_there:
        database.rename(aside)
    _move_beside(database, aside)
    sync_folder(database.parent)
    return aside if was_there else None


def put_in_place(made: Path, database: Path) -> Path | None:
    """Put a file in the place of a database that must never be missing; returns what the old one is called now."""
    aside = _free_name(database)
    _fold_wal(database)
    was_there = database.exists()
    if was_there:
        os.link(database, aside)
    _move_beside(database, aside)
    sync_folder(database.parent)
    made.rename(database)
    sync_folder(database.parent)
    return aside if was_there else None


def _free_name(database: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = {path.name for path in database.parent.iterdir()}
    names = (f"{database.name}.until-{stamp}" + (f"-{number}" if number else "") for number in range(len(taken) + 1))
    return database.with_name(next(name for name in names if name not in taken))


def _fold_wal(database: Path) -> None:
    """Move the WAL's pages into the file, unless one of them is too damaged for that or they are no pair."""
    if not (database.exists() and wal_path(database).exists()):
        return
    with suppress(sqlite3.DatabaseError, LedgerDamagedError):
        check_pair(database)
        with closing(connect(database, read_only=False)) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _move_beside(database: Path, aside: Path) -> None:
    for ending in _BESIDE:
        beside = database.with_name(database.name + ending)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + ending))
