"""Serving: everything is built and wired here; started in order, stopped in reverse."""

from __future__ import annotations

import logging
import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from agent.errors import ConfigError
from hq import config, keys
from hq.app import make_app
from hq.database import Database
from hq.publish.programmes import publish

_BACKLOG = 1024


class Serving:
    """A headquarters that listens. Use as a context manager; `run` serves until a signal or `stop`.

    Raises ConfigError when another process serves the same database, or when the address is taken.
    """

    def __init__(self, folder: Path) -> None:
        settings = config.load(folder)
        own_keys = keys.load(settings.keys)
        with ExitStack() as stack:
            database = Database(settings.database)
            stack.callback(database.close)
            database.serve_alone()
            with database.write() as conn:
                publish(conn, settings.shops)
            self._listening = stack.enter_context(_listen(settings.listen))
            app = make_app(settings.name, database, own_keys)
            self._server = uvicorn.Server(uvicorn.Config(app, log_level=logging.WARNING, access_log=False, workers=1))
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        """Return itself; it listens already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close address and database."""
        self._stack.close()

    @property
    def address(self) -> str:
        """Where tills and browsers reach it."""
        host, port = self._listening.getsockname()[:2]
        return f"http://{host}:{port}"

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or `stop`; the books' worker ends with it."""
        self._server.run(sockets=[self._listening])

    def stop(self) -> None:
        """Make `run` end, from any thread."""
        self._server.should_exit = True


def _listen(listen: config.Listen) -> socket.socket:
    """Return a listening socket that knows it is TCP: only then does asyncio send small answers without delay."""
    try:
        found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"cannot listen on {listen.host}:{listen.port}: {error}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(f"cannot listen on {listen.host}:{listen.port}: {error}") from error
    return listening
