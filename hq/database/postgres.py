"""PostgreSQL: any number of processes side by side; whoever would disturb another waits for a row or for a turn.

A commit is READ COMMITTED: each statement sees what was committed before it, so what was read before waiting for a lock
is read again after it. A reader is REPEATABLE READ and read-only: all it sees is of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError

from agent.errors import ConfigError

_TURN_TIMEOUT_S = 60
_CONNECT_TIMEOUT_S = 10
_CONNECTIONS = 5  # of writers, and as many of readers: ten a worker
_HINT = "hq.toml: `database` is the address of the PostgreSQL database; see its server's log"


class PostgresConnections:
    """The connections to one database."""

    def __init__(self, address: str) -> None:
        self.name = _name(address)
        self._writer = _engine(address, read_only=False)
        self._reader = _engine(address, read_only=True)
        try:
            with self.reading() as conn:
                _check_durable(conn, self.name)
        except OperationalError as error:
            self.close()
            reason = str(error.orig).strip().replace("\n", " ")
            raise ConfigError(f"database {self.name!r} cannot be reached: {reason}", hint=_HINT) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        self._writer.dispose()

    def claim(self, workers: int) -> None:
        """Do nothing: any number of processes may serve, whoever started them."""

    def wipe(self) -> bool:
        """Do nothing: what was deleted goes with the server's own vacuum, and its WAL with the server's archive."""
        return True

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection inside one commit."""
        with self._writer.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a read-only connection that sees one moment."""
        with self._reader.connect() as conn, conn.begin():
            yield conn


def _engine(address: str, *, read_only: bool) -> Engine:
    def connect() -> psycopg.Connection:
        conn = psycopg.connect(address, connect_timeout=_CONNECT_TIMEOUT_S, application_name="tally-hq")
        if read_only:
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            conn.read_only = True
        return conn

    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_TURN_TIMEOUT_S,
        pool_pre_ping=True,  # the server may have been restarted meanwhile
    )


def _name(address: str) -> str:
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise ConfigError("hq.toml: database is no address of a PostgreSQL database", hint=_HINT) from None
    return f"{parts.get('host') or 'localhost'}/{parts.get('dbname') or ''}"


def _check_durable(conn: Connection, name: str) -> None:
    """Raise ConfigError when the server may lose what it acknowledged, or cannot hold every text."""
    wanted: dict[str, tuple[str, ...]] = {"fsync": ("on",), "full_page_writes": ("on",), "server_encoding": ("UTF8",)}
    wanted["synchronous_commit"] = ("on", "local", "remote_write", "remote_apply")
    for setting, allowed in wanted.items():
        found = conn.exec_driver_sql(f"SHOW {setting}").scalar()
        if found not in allowed:
            hint = f"set {setting} = {allowed[0]} at the server, for this database or as a whole"
            raise ConfigError(f"database {name!r} runs with {setting} = {found}, not {allowed[0]}", hint=hint)
