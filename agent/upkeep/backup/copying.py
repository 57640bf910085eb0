"""Copying a SQLite file that others write to, and giving a file its final name only when it is whole on disk.

The copy is made page by page within one reading transaction (sqlite.org/backup.html): it shows the file at one moment,
however many sales are committed meanwhile, and blocks none of them. The connection is a reading one and never
checkpoints, because SQLite before 3.51.3 can corrupt a WAL that two connections reset
(sqlite.org/wal.html#walresetbug).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent.errors import BackupError
from agent.ledger.disk.settling import sync_file
from agent.ledger.opening import connect
from agent.ledger.selfcheck.place import sync_folder

Progress = Callable[[int, int], None]  # pages done, pages in all

_STEP_PAGES = 1024


def silent(_done: int, _whole: int) -> None:
    """Tell nobody."""


def copy_database(source: Path, into: Path, *, progress: Progress = silent) -> None:
    """Copy a SQLite file as it is at this moment into a new file, in place of what lies there.

    The copy is one file without a WAL, and only its owner may read it.
    """
    clear(into)
    os.close(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(connect(source, read_only=True)) as reading, closing(sqlite3.connect(into)) as copy:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()  # this is the moment
        reading.backup(
            copy, pages=_STEP_PAGES, progress=lambda _status, remaining, whole: progress(whole - remaining, whole)
        )
        if copy.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):  # the pages copied say WAL
            raise BackupError(f"the disk failed under {str(into)!r}")


def clear(database: Path) -> None:
    """Remove a database that was not finished, and the journal that SQLite would play into the next one."""
    for ending in ("", "-journal", "-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Give a name to write to; at the end of the block the file is on disk and gets its name, or there is none of it.

    Raises BackupError for whatever the disk or SQLite says no with.
    """
    part = target.with_name(target.name + ".part")
    try:
        yield part
        sync_file(part)
        part.rename(target)
        sync_folder(target.parent)
    except BaseException as error:
        clear(part)
        if isinstance(error, (sqlite3.Error, OSError)):
            raise BackupError(f"{str(target)!r} cannot be written: {error}") from error
        raise
