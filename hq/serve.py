"""Serving: everything is built and wired here; started in order, stopped in reverse."""

from __future__ import annotations

import logging
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI

from agent.errors import ConfigError
from hq import config, keys
from hq.app import make_app
from hq.database import Database
from hq.protocol import Protocol
from hq.publish.programmes import publish
from hq.work import clock
from hq.workers import Workers, when_orphaned

_BACKLOG = 1024


class Serving:
    """A headquarters that listens. Use as a context manager; `run` serves until a signal or `stop`.

    With several `workers`, each is a process of its own. Raises ConfigError when the database does not allow as many,
    when another process serves the same file of SQLite, or when the address is taken.
    """

    def __init__(self, folder: Path, *, workers: int = 1) -> None:
        self._settings = config.load(folder)
        self._keys = keys.load(self._settings.keys)
        with ExitStack() as stack:
            database = Database(self._settings.database)
            stack.callback(database.close)
            database.claim(workers)
            with database.write() as conn:
                publish(conn, self._settings.shops, self._keys.programme)
                clock.begin(conn)
            self._listening = stack.enter_context(_listen(self._settings.listen))
            _allow_many_connections()
            self._scheme = "http" if self._settings.listen.certificate is None else "https"
            if workers > 1:
                database.close()  # no connection may be forked: each worker opens its own
                self._running: uvicorn.Server | Workers = Workers(workers, self._work)
            else:
                self._running = self._server(database)
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
        return f"{self._scheme}://{host}:{port}"

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or `stop`; the books' worker ends with it."""
        if isinstance(self._running, Workers):
            self._running.run()
        else:
            with _exiting_at_signals():
                self._running.run(sockets=[self._listening])

    def stop(self) -> None:
        """Make `run` end, from any thread."""
        if isinstance(self._running, Workers):
            self._running.stop()
        else:
            self._running.should_exit = True

    def _server(self, database: Database) -> uvicorn.Server:
        app = make_app(self._settings.name, database, self._keys)
        return uvicorn.Server(_server_config(app, self._settings.listen))

    def _work(self) -> None:
        """Serve as one of several processes."""
        with closing(Database(self._settings.database)) as database:
            server = self._server(database)
            when_orphaned(lambda: setattr(server, "should_exit", True))
            with _exiting_at_signals():
                server.run(sockets=[self._listening])


@contextmanager
def _exiting_at_signals() -> Iterator[None]:
    """Let SIGTERM and SIGINT end this process by SystemExit, so that its database is closed.

    uvicorn raises the signal once more when it has stopped, which would kill the process before that; but SQLite's WAL
    is merged by who closes the file last.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = {number: signal.signal(number, _exit) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _server_config(app: FastAPI, listen: config.Listen) -> uvicorn.Config:
    """Return uvicorn's settings; raises ConfigError when certificate and key cannot be used."""
    tls: dict[str, Any] = {}
    if listen.certificate is not None:
        tls = {"ssl_certfile": listen.certificate, "ssl_keyfile": listen.key}
    # asyncio's own loop: uvloop is 14 MB and answered a crowd no sooner.
    settings = uvicorn.Config(
        app, http=Protocol, loop="asyncio", log_level=logging.WARNING, access_log=False, workers=1, **tls
    )
    try:
        settings.load()
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"[listen]: certificate and key cannot be used: {error}") from error
    return settings


def _allow_many_connections() -> None:
    """Use as many file descriptors as this process may have: a crowd keeps its connections open for a while."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
