"""Barcode scanners that wait on the network and send every label as a line.

Tested with: a listener on loopback.
Supported: labels that end with CR, LF or ETX, or just stop.
Missing: scanners that connect to the till themselves.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.faults import device_error
from agent.devices.framing import label_frames
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError, OfflineError

CHUNK_MAX = 4096
INTERACTIVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """[[device]] of till.toml with driver = "acme_scanner"."""

    host: str
    port: int = 51236
    connect_timeout_s: float = 2.0

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ConfigError(f"'port' is {self.port} but must be 1 to 65535")


class AcmeScanner(Lifecycle):
    """One scanner."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.SCANNER)
        self._settings = settings
        self._name = f"scanner {settings.host}:{settings.port}"
        self._frames = label_frames(prefix="", suffix="", idle_s=0.3)
        self._connection: socket.socket | None = None

    def on_open(self) -> None:
        """Connect."""
        address = (self._settings.host, self._settings.port)
        try:
            self._connection = socket.create_connection(address, timeout=self._settings.connect_timeout_s)
        except OSError as error:
            raise device_error(error, self._name) from error

    def on_enable(self) -> None:
        """Drop labels that were scanned while nobody read."""
        while self._receive(0):
            pass
        self._frames.clear()

    def on_close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def read(self, timeout_s: float) -> Input | None:
        """Return one label."""
        self.require_enabled("read")
        return self._frames.read(self._receive, timeout_s)

    def check_health(self, level: HealthLevel) -> Health:
        """A scanner cannot be asked; INTERACTIVE waits ten seconds for a label."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            seen = self.read(INTERACTIVE_S)
            return Health(ok=seen is not None, text="a label was read" if seen else "no label came within 10 s")
        return Health(ok=self._connection is not None, text="connected")

    def _receive(self, timeout_s: float) -> bytes:
        assert self._connection is not None
        self._connection.settimeout(timeout_s)
        try:
            received = self._connection.recv(CHUNK_MAX)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise device_error(error, self._name) from error
        if not received:
            raise OfflineError(f"{self._name} hung up")
        return received
