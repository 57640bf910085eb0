"""A headquarters' database, opened: what writes is one commit, what reads sees one moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Connection, select

from hq.config import Where
from hq.database.dialect import insert
from hq.database.schema import create, step
from hq.tables import meta

_EPOCH = "epoch"


class Connections(Protocol):
    """How one kind of database is reached."""

    name: str  # for people: no password in it

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a connection inside one commit."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one moment and cannot write."""

    def claim(self, workers: int) -> None:
        """Claim the database for so many serving processes; raises ConfigError where there may not be as many."""

    def wipe(self) -> bool:
        """Leave no copy beside the tables of what was deleted from them; False if somebody reads one: try again."""

    def close(self) -> None:
        """Close every connection."""


class Database:
    """The database of one headquarters. Methods may be called from any thread.

    Opening brings an older version's tables up to date. Raises ConfigError when there is no headquarters in it, when a
    later version made it, or when it would not keep what it acknowledges.
    """

    def __init__(self, where: Where) -> None:
        self._connections = _connections(where)
        with self._closed_on_error():
            self._bring_up_to_date()
            with self.read() as conn:
                self.epoch = str(conn.execute(select(meta.c.value).where(meta.c.key == _EPOCH)).scalar_one())

    @classmethod
    def create(cls, where: Where) -> Self:
        """Make the tables of a new headquarters; raises ConfigError when there is one already."""
        if isinstance(where, Path):
            from hq.database.sqlite import create_file

            create_file(where)
        made = _connections(where)
        try:
            with made.writing() as conn:
                create(conn, made.name)
                conn.execute(insert(conn, meta).values(key=_EPOCH, value=os.urandom(16).hex()))
        finally:
            made.close()
        return cls(where)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def claim(self, workers: int = 1) -> None:
        """Claim the database for `workers` serving processes until `close`.

        Raises ConfigError on SQLite when another process serves it, or for more than one worker.
        """
        self._connections.claim(workers)

    def write(self) -> AbstractContextManager[Connection]:
        """Give a connection inside one commit: durable at the end, or nothing of it happened."""
        return self._connections.writing()

    def read(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one moment of the database."""
        return self._connections.reading()

    def wipe(self) -> bool:
        """Leave no copy beside the tables of what was deleted from them; False if somebody reads one: try again."""
        return self._connections.wipe()

    def _bring_up_to_date(self) -> None:
        behind = True
        while behind:
            with self.write() as conn:
                behind = step(conn, self._connections.name)

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise


def _connections(where: Where) -> Connections:
    if isinstance(where, Path):
        from hq.database.sqlite import SqliteConnections

        return SqliteConnections(where)
    from hq.database.postgres import PostgresConnections

    return PostgresConnections(where)
