"""SQLite: one file, one writer at a time, readers beside it.

WAL mode with `synchronous=FULL`, read back at open. SQLite before 3.51.3 can corrupt a WAL that two connections write
and checkpoint at once (sqlite.org/wal.html#walresetbug): a writer, of whatever process, holds a file lock for its whole
commit, and readers open the file read-only, so that they never checkpoint.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from agent.errors import ConfigError

_TURN_TIMEOUT_S = 60
_READERS = 8


class SqliteConnections:
    """The connections to one file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise ConfigError(f"there is no database at {str(path)!r}", hint="make one: `tally-hq init --dir DIR`")
        self.name = path.name
        self._path = path
        self._turn = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        self._serving: int | None = None
        self._writer = _engine(path, "rw", "BEGIN IMMEDIATE", connections=1)
        self._reader = _engine(path, "ro", "BEGIN", connections=_READERS)

    def close(self) -> None:
        """Close every connection; the last one checkpoints."""
        self._reader.dispose()
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        self._writer.dispose()
        os.close(self._turn)
        if self._serving is not None:
            os.close(self._serving)

    def claim(self, workers: int) -> None:
        """Claim the file for one serving process until `close`; raises ConfigError when another has it."""
        if workers > 1:
            hint = 'name a PostgreSQL database in hq.toml: database = "postgresql://..."'
            raise ConfigError(f"database {self.name!r} is a SQLite file: 1 worker serves it, not {workers}", hint=hint)
        fd = os.open(self._path.with_name(self._path.name + ".serving"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            hint = "one `tally-hq serve` per SQLite file: stop the other one first"
            raise ConfigError(f"database {str(self._path)!r} is served by another process", hint=hint) from None
        self._serving = fd

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the one writing connection inside one commit."""
        with self._writer.connect() as conn, self._having_turn(), conn.begin():
            yield conn

    @contextmanager
    def _having_turn(self) -> Iterator[None]:
        """Have the file lock that a writer of whatever process holds."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def wipe(self) -> bool:
        """Empty the WAL, where pages stand as they were; False if somebody reads it. In the file SQLite zeroes them."""
        with self._writer.connect() as conn, self._having_turn():
            direct: sqlite3.Connection = conn.connection.driver_connection  # type: ignore[assignment]
            try:
                direct.execute("PRAGMA busy_timeout = 0")  # nobody waits for a reader
                return not direct.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                direct.execute(f"PRAGMA busy_timeout = {_TURN_TIMEOUT_S * 1000}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a read-only connection that sees one moment."""
        with self._reader.connect() as conn, conn.begin():
            yield conn


def create_file(path: Path) -> None:
    """Make an empty file; raises ConfigError when there is one already."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise ConfigError(f"there is a database already at {str(path)!r}") from None


def _engine(path: Path, mode: str, begin: str, *, connections: int) -> Engine:
    def connect() -> sqlite3.Connection:
        uri = f"{path.resolve().as_uri()}?mode={mode}"
        conn = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=_TURN_TIMEOUT_S)
        if mode == "rw":
            _prepare(conn, path)
        return conn

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_TURN_TIMEOUT_S,
    )
    # The driver would begin by itself, and late; here a commit begins where it says so.
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
    return engine


def _prepare(conn: sqlite3.Connection, path: Path) -> None:
    # Foreign keys hold the conservation of units (hq.database.conservation), and SQLite checks them only if told to.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "mmap_size = 0"):
        conn.execute(f"PRAGMA {pragma}")
    conn.execute("PRAGMA foreign_keys = ON")
    names = ("journal_mode", "synchronous", "foreign_keys")
    found: list[Any] = [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    if found != ["wal", 2, 1]:
        conn.close()
        raise ConfigError(f"database {path.name!r} runs with {found}, not with WAL, synchronous=FULL and foreign keys")
