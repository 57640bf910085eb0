"""A PostgreSQL server of the tests' own, from the package pgserver: it listens on a socket in a folder of /tmp only."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_FIRST_NUMBERS = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


class Postgres:
    """A server that begins with the first database made in it, and runs until the end of the block."""

    def __init__(self) -> None:
        self._ends = ExitStack()
        self._numbers = itertools.count(1)
        self._contents: dict[str, Mapping[str, bytes]] = {}  # of a database that others are like: table -> rows
        self._spare: dict[str, list[str]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @contextmanager
    def made(self) -> Iterator[str]:
        """Make an empty database for the block and give its address."""
        name = self._create("template0")
        yield self._address(name)
        self._drop(name)

    @contextmanager
    def copied(self, like: str) -> Iterator[str]:
        """Make a copy of the database at the address `like`, to which nobody may be connected, for the block.

        Making one takes a quarter of a second: one that was used and has the same tables still gets its rows back.
        """
        if like not in self._contents:
            self._contents[like] = _rows(like)
        spare = self._spare[like]
        name = spare.pop() if spare else self._create(str(conninfo_to_dict(like)["dbname"]))
        yield self._address(name)
        try:
            self._restore(name, self._contents[like])
            spare.append(name)
        except psycopg.Error:
            self._drop(name)

    def _create(self, template: str) -> str:
        name = f"tally{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _restore(self, name: str, contents: Mapping[str, bytes]) -> None:
        self._admin.execute(f"ALTER DATABASE {name} RESET ALL")
        self._admin.execute(_HANG_UP, [name])
        with psycopg.connect(self._address(name)) as conn:
            conn.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
            conn.execute("; ".join(f"DELETE FROM {table}" for table in contents))  # noqa: S608 - our own tables
            for table, rows in contents.items():
                if rows:
                    with conn.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)
            conn.execute(_FIRST_NUMBERS)

    def _address(self, name: str) -> str:
        return str(self._server.get_uri(name))

    @cached_property
    def _server(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says where its lock file is when XDG_RUNTIME_DIR is not set
            from pgserver.postgres_server import get_server
        # Not in pytest's folder: the server runs as another account if this one is root, and must get there.
        folder = Path(tempfile.mkdtemp(prefix="tallystick-"))
        self._ends.callback(shutil.rmtree, folder)
        server = get_server(folder, cleanup_mode="stop")
        self._ends.callback(server.cleanup)
        return server

    @cached_property
    def _admin(self) -> psycopg.Connection:
        return self._ends.enter_context(psycopg.connect(self._server.get_uri(), autocommit=True))


def _rows(address: str) -> dict[str, bytes]:
    """Return the rows of every table, as COPY gives them."""
    found: dict[str, bytes] = {}
    with psycopg.connect(address) as conn:
        for (table,) in conn.execute(_TABLES).fetchall():
            with conn.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                found[table] = b"".join(copy)
    return found
