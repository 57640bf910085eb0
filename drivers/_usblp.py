"""A USB printer behind the kernel's usblp driver, /dev/usb/lp*.

usblp blocks a writer for as long as the printer is out of paper, so the file is opened O_NONBLOCK and every write is
waited for with a limit. Source for the status: Linux drivers/usb/class/usblp.c, LPGETSTATUS.
"""

from __future__ import annotations

import array
import fcntl
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent.devices.faults import device_error
from agent.errors import DeviceTimeoutError

LPGETSTATUS = 0x060B
PORT_PAPER_EMPTY = 0x20  # USB Printer Class 1.1, 4.2.2: GET_PORT_STATUS
CHUNK_MAX = 4096
_REST_S = 0.01


class UsbLp:
    """One printer file, held from `open` to `close`; usblp lets one program open it at a time."""

    def __init__(self, path: str, *, write_timeout_s: float) -> None:
        self._path = path
        self._write_timeout_s = write_timeout_s
        self._fd = -1

    @property
    def is_open(self) -> bool:
        """Say whether the file is held."""
        return self._fd >= 0

    def open(self) -> None:
        """Open the file. NoHardwareError, ClaimedError, OfflineError."""
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise device_error(error, f"printer {self._path}") from error

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    @contextmanager
    def channel(self) -> Iterator[UsbLp]:
        """The file itself: it stays open between uses."""
        yield self

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Write all of `data`; DeviceTimeoutError if the printer stops taking it (out of paper, cover open)."""
        deadline = time.monotonic() + (timeout_s or self._write_timeout_s)
        sent = 0
        while sent < len(data):
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not self._wait(select.POLLOUT, left_s):
                raise DeviceTimeoutError(f"printer {self._path} took {sent} of {len(data)} bytes and then no more")
            try:
                sent += os.write(self._fd, data[sent : sent + CHUNK_MAX])
            except BlockingIOError:
                continue
            except OSError as error:
                raise device_error(error, f"printer {self._path}") from error

    def read(self, timeout_s: float) -> bytes:
        """Return what the printer sent, waiting up to `timeout_s`; b"" if nothing came."""
        deadline = time.monotonic() + timeout_s
        while self._wait(select.POLLIN, deadline - time.monotonic()):
            try:
                received = os.read(self._fd, CHUNK_MAX)
            except BlockingIOError:
                received = b""
            except OSError as error:
                raise device_error(error, f"printer {self._path}") from error
            if received:
                return received
            if time.monotonic() >= deadline:  # usblp reports ready and returns nothing when the printer sent nothing
                break
            time.sleep(_REST_S)
        return b""

    def paper_empty(self) -> bool | None:
        """Ask the port status for the paper; None if the file does not know it."""
        status = array.array("i", [0])
        try:
            fcntl.ioctl(self._fd, LPGETSTATUS, status)
        except OSError:
            return None
        return bool(status[0] & PORT_PAPER_EMPTY)

    def _wait(self, event: int, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, event)
        return bool(poll.poll(max(timeout_s, 0) * 1000))
