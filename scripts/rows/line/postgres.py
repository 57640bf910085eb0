"""A PostgreSQL server for the bench, from the package pgserver: it listens on a socket in a folder of its own only."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict


def is_here() -> bool:
    """Say whether pgserver is installed: it has wheels for few machines."""
    return find_spec("pgserver") is not None


class Postgres:
    """A server that runs until the end of the block."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says where its lock file is when XDG_RUNTIME_DIR is not set
            from pgserver.postgres_server import get_server
        with ExitStack() as ends:
            # Not in the bench's folder: the server runs as another account if this one is root, and must get there.
            folder = Path(tempfile.mkdtemp(prefix="tallystick-bench-"))
            ends.callback(shutil.rmtree, folder)
            self._server: Any = get_server(folder, cleanup_mode="stop")
            ends.callback(self._server.cleanup)
            self._admin = ends.enter_context(psycopg.connect(self._server.get_uri(), autocommit=True))
            self._ends = ends.pop_all()
        self._count = 0

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._ends.close()

    def made(self, like: str = "template0") -> str:
        """Make a database and return its address."""
        self._count += 1
        name = f"bench{self._count}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return str(self._server.get_uri(name))

    def copied(self, address: str) -> str:
        """Make a copy of a database to which nobody is connected, and return its address."""
        return self.made(str(conninfo_to_dict(address)["dbname"]))
