"""Headquarters' database: one writer at a time, readers beside it.

SQLite in WAL mode with `synchronous=FULL`, read back at open. SQLite before 3.51.3 can corrupt a WAL that two
connections write and checkpoint at once (sqlite.org/wal.html#walresetbug): a writer, of whatever process, holds a file
lock for its whole commit, and readers open the file read-only, so that they never checkpoint.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, select
from sqlalchemy.dialects.sqlite import insert

from agent.errors import ConfigError
from hq.tables import meta, metadata

SCHEMA = 2  # SQLite's user_version of the tables in hq.tables
_TURN_TIMEOUT_S = 60
_EPOCH = "epoch"
_VERSION = "version"


class Database:
    """The database file of one headquarters. Methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise ConfigError(f"there is no database at {str(path)!r}", hint="make one: `tally-hq init --dir DIR`")
        self._path = path
        self._turn = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        self._serving: int | None = None
        self._writer = _engine(path, "rw", "BEGIN IMMEDIATE", connections=1)
        self._reader = _engine(path, "ro", "BEGIN", connections=8)
        try:
            with self.write() as conn:
                _check_schema(conn, path)
                self.epoch = _epoch(conn)
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path) -> Database:
        """Make a new, empty database; raises ConfigError when there is a file already."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise ConfigError(f"there is a database already at {str(path)!r}") from None
        return cls(path)

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        fcntl.flock(self._turn, fcntl.LOCK_EX)  # the last connection to close checkpoints
        self._writer.dispose()
        os.close(self._turn)
        if self._serving is not None:
            os.close(self._serving)

    def serve_alone(self) -> None:
        """Claim the database for serving until `close`; raises ConfigError when another process has it."""
        fd = os.open(self._path.with_name(self._path.name + ".serving"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            hint = "one `tally-hq serve` per database: stop the other one first"
            raise ConfigError(f"database {str(self._path)!r} is served by another process", hint=hint) from None
        self._serving = fd

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the one writing connection inside one commit: durable at the end, or nothing of it happened."""
        with self._writer.connect() as conn:
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            try:
                with conn.begin():
                    yield conn
            finally:
                fcntl.flock(self._turn, fcntl.LOCK_UN)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database."""
        with self._reader.connect() as conn, conn.begin():
            yield conn


def last_version(conn: Connection) -> int:
    """Return the version of the feed's latest change."""
    return int(conn.scalar(select(meta.c.value).where(meta.c.key == _VERSION)) or "0")


def take_versions(conn: Connection, count: int) -> int:
    """Take `count` versions of the feed and return the first; versions of one epoch never repeat."""
    last = last_version(conn)
    statement = insert(meta).values(key=_VERSION, value=str(last + count))
    conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": str(last + count)}))
    return last + 1


def _check_schema(conn: Connection, path: Path) -> None:
    """Make the tables of a new database; raises ConfigError for one that another version made."""
    found = conn.exec_driver_sql("PRAGMA user_version").scalar()
    if found == 0:
        metadata.create_all(conn)
        conn.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
    elif found != SCHEMA:
        raise ConfigError(f"database {path.name!r} has schema {found}, this version reads schema {SCHEMA}")


def _epoch(conn: Connection) -> str:
    """Headquarters' epoch: random, made with the database."""
    statement = insert(meta).values(key=_EPOCH, value=os.urandom(16).hex())
    conn.execute(statement.on_conflict_do_nothing())
    return str(conn.execute(select(meta.c.value).where(meta.c.key == _EPOCH)).scalar_one())


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
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "mmap_size = 0"):
        conn.execute(f"PRAGMA {pragma}")
    found: list[Any] = [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    if found != ["wal", 2]:
        conn.close()
        raise ConfigError(f"database {path.name!r} runs with {found}, not with WAL and synchronous=FULL")
