"""A serial port (RS-232, USB CDC-ACM, or anything that looks like one), through pyserial."""

from __future__ import annotations

import os
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import serial

from agent.devices.faults import device_error
from agent.errors import DeviceError, DeviceTimeoutError, OfflineError

CHUNK_MAX = 4096  # the kernel's tty buffer
SETTLE_MAX_S = 1.0  # a line that never falls silent is taken as it is
_FAULTS = (OSError, termios.error)  # pyserial's SerialException is an OSError


class Parity(StrEnum):
    """The parity bit."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


class SerialPort:
    """One port, held exclusively from `open` to `close`."""

    def __init__(
        self,
        path: str,
        *,
        baud: int,
        parity: Parity = Parity.NONE,
        rtscts: bool = False,
        xonxoff: bool = False,
        write_timeout_s: float = 5.0,
    ) -> None:
        self._path = path
        self._write_timeout_s = write_timeout_s
        self._port: Any = serial.Serial(  # type: ignore[attr-defined,no-untyped-call]  # pyserial has no types
            baudrate=baud,
            parity=parity[0].upper(),
            rtscts=rtscts,
            xonxoff=xonxoff,
            write_timeout=write_timeout_s,
            exclusive=True,
        )
        self._port.port = path

    @property
    def is_open(self) -> bool:
        """Say whether the port is held."""
        return bool(self._port.is_open)

    def open(self) -> None:
        """Open and lock the port. NoHardwareError, ClaimedError, OfflineError."""
        try:
            self._port.open()
        except _FAULTS as error:
            raise self._translated(error) from error

    def close(self) -> None:
        """Let go of the port; at once, so that a replugged device gets its old name back."""
        self._port.close()

    @contextmanager
    def channel(self) -> Iterator[SerialPort]:
        """The port itself: it stays open between uses."""
        yield self

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, at most CHUNK_MAX bytes, waiting up to `timeout_s` for the first byte."""
        try:
            self._port.timeout = timeout_s
            first: bytes = self._port.read(1)
            if not first:
                return b""
            waiting = min(self._port.in_waiting, CHUNK_MAX - 1)
            self._port.timeout = 0
            return first + bytes(self._port.read(waiting))
        except _FAULTS as error:
            raise self._translated(error) from error

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Write all of `data`; DeviceTimeoutError if the device holds the line (XOFF, CTS) for too long."""
        try:
            self._port.write_timeout = timeout_s or self._write_timeout_s
            self._port.write(data)  # not flush(): it waits for the device without limit
        except serial.SerialTimeoutException as error:
            raise DeviceTimeoutError(f"serial port {self._path} did not take the data in time") from error
        except _FAULTS as error:
            raise self._translated(error) from error

    def drop_stale(self, settle_s: float) -> None:
        """Throw away what piled up before, and what still comes within `settle_s` or without a pause after it."""
        deadline = time.monotonic() + settle_s
        latest = time.monotonic() + max(settle_s, SETTLE_MAX_S)
        try:
            self._port.reset_input_buffer()
        except _FAULTS as error:
            raise self._translated(error) from error
        while (left := deadline - time.monotonic()) > 0:
            if self.read(left):
                deadline = min(max(deadline, time.monotonic() + settle_s / 4), latest)

    def _translated(self, error: OSError | termios.error) -> DeviceError:
        name = f"serial port {self._path}"
        if isinstance(error, OSError) and error.errno is not None:
            return device_error(OSError(error.errno, os.strerror(error.errno)), name)  # pyserial repeats the name
        # What pyserial says without an errno is what a read or write meets on a port that is no longer there.
        return OfflineError(f"{name} does not answer: it was unplugged or switched off")
