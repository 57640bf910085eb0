"""The HTTP server: uvicorn in a thread of its own, on loopback, that starts and stops within a bounded time."""

from __future__ import annotations

import logging
import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

from agent.errors import ConfigError
from agent.web.events import EventHub
from agent.web.settings import WebSettings

START_S = 10.0
STOP_S = 5  # what is being answered is answered; then every connection is cut
IDLE_S = 75  # an idle connection is kept so long: point-of-sale software that reuses one must not find it closed
_POLL_S = 0.01


class WebServer:
    """Serves `app` (of `create_app`) at the address in `settings`."""

    def __init__(self, app: FastAPI, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._port

    def start(self) -> None:
        """Listen; requests are answered when this returns. Raises ConfigError when the address cannot be had."""
        listener = self._listener()
        self._port = listener.getsockname()[1]
        server = uvicorn.Server(_config(self._app))
        logging.getLogger("uvicorn.access").disabled = True  # a path names an account, whatever handlers there are
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
        self._server, self._thread = server, thread
        thread.start()
        until = time.monotonic() + START_S
        while not server.started and thread.is_alive() and time.monotonic() < until:
            time.sleep(_POLL_S)
        if not server.started:
            raise ConfigError(f"the local API did not start on port {self._port} within {START_S} s")

    def stop(self) -> None:
        """Answer what was asked, end the event streams, close every connection. Without effect if not started."""
        if self._server is None or self._thread is None:
            return
        events: EventHub = self._app.state.events
        events.close()
        self._server.should_exit = True
        self._thread.join(STOP_S + 1)
        self._server = self._thread = None

    def _listener(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # With the protocol named asyncio switches Nagle's algorithm off; without, every answer waits 40 ms for an ACK.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        except OSError as error:
            listener.close()
            hint = "another agent or program has the port: stop it, or name another in till.toml, [web] port"
            raise ConfigError(f"cannot listen on port {port} of {host}: {error.strerror}", hint=hint) from error
        return listener


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,  # the daemon decides what is logged
        access_log=False,
        proxy_headers=False,  # nobody stands before us whose word on the sender would count
        server_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_S,
    )
