"""A device on the network that takes raw bytes over TCP, as receipt printers do on port 9100.

Most of them serve one connection at a time, so a connection is made for each use and given back at once.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent.devices.faults import device_error

CHUNK_MAX = 4096
LINGER_S = 0.5  # how long the end of a connection waits for the device to close its side


class TcpChannel:
    """One connection."""

    def __init__(self, connection: socket.socket, *, name: str, write_timeout_s: float) -> None:
        self._connection = connection
        self._name = name
        self._write_timeout_s = write_timeout_s

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Write all of `data`; DeviceTimeoutError if the device stops taking it."""
        self._connection.settimeout(timeout_s or self._write_timeout_s)
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise device_error(error, self._name) from error

    def read(self, timeout_s: float) -> bytes:
        """Return what the device sent, waiting up to `timeout_s`; b"" if nothing came."""
        self._connection.settimeout(max(timeout_s, 0.001))
        try:
            return self._connection.recv(CHUNK_MAX)
        except TimeoutError:
            return b""
        except OSError as error:
            raise device_error(error, self._name) from error

    def finish(self) -> None:
        """End the connection so that nothing written is lost.

        Closing with unread answers would reset the connection and throw away what the device has not yet taken.
        """
        deadline = time.monotonic() + LINGER_S
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise device_error(error, self._name) from error
        while (left := deadline - time.monotonic()) > 0 and self.read(left):
            pass


class TcpDevice:
    """A device's address; `channel` connects."""

    def __init__(self, host: str, port: int, *, connect_timeout_s: float, write_timeout_s: float) -> None:
        self._address = (host, port)
        self._connect_timeout_s = connect_timeout_s
        self._write_timeout_s = write_timeout_s
        self._name = f"network device {host}:{port}"

    is_open = True  # nothing is held between uses

    def open(self) -> None:
        """See whether the device takes a connection. OfflineError, DeviceTimeoutError."""
        with self.channel():
            pass

    def close(self) -> None:
        """Do nothing: no connection outlives its use."""

    @contextmanager
    def channel(self) -> Iterator[TcpChannel]:
        """Connect, and on leaving end the connection; what was written is then with the device's network stack."""
        try:
            connection = socket.create_connection(self._address, timeout=self._connect_timeout_s)
        except OSError as error:
            raise device_error(error, self._name) from error
        with connection:
            channel = TcpChannel(connection, name=self._name, write_timeout_s=self._write_timeout_s)
            yield channel
            channel.finish()
