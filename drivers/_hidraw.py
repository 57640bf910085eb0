"""A HID device without a driver of its own, /dev/hidraw*: whole reports in, reports out.

The kernel hands out one input report per read and cuts off what does not fit into the buffer, so every read offers room
for the longest report there can be. Source: Linux Documentation/hid/hidraw.rst; HID_MAX_BUFFER_SIZE in linux/hid.h.
Reading needs no right to write, so a device that is only read is opened for reading only.
"""

from __future__ import annotations

import os
import select
import time

from agent.devices.faults import device_error
from agent.errors import DeviceError, DeviceTimeoutError, OfflineError

REPORT_MAX = 16384  # bytes
STALE_MAX = 64  # reports; the kernel keeps that many for a reader who is away (HIDRAW_BUFFER_SIZE)


class HidRaw:
    """One HID device, held from `open` to `close`."""

    def __init__(self, path: str, *, writable: bool = False) -> None:
        self._path = path
        self._mode = os.O_RDWR if writable else os.O_RDONLY
        self._fd = -1

    @property
    def is_open(self) -> bool:
        """Say whether the device is held."""
        return self._fd >= 0

    def open(self) -> None:
        """Open the device. NoHardwareError, OfflineError (among others if the account lacks the right)."""
        try:
            self._fd = os.open(self._path, self._mode | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise device_error(error, f"HID device {self._path}") from error

    def close(self) -> None:
        """Let go of the device."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def read(self, timeout_s: float) -> bytes:
        """Return one whole input report, waiting up to `timeout_s`; b"" if none came.

        A device with numbered reports puts the number first. OfflineError once it is unplugged.
        """
        deadline = time.monotonic() + timeout_s
        while self._wait(select.POLLIN, deadline - time.monotonic()):
            try:
                report = os.read(self._fd, REPORT_MAX)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._unplugged() from error
            if not report:
                raise self._unplugged()
            return report
        return b""

    def drop_stale(self) -> None:
        """Throw away the reports that nobody read."""
        for _ in range(STALE_MAX):
            if not self.read(0):
                return

    def write(self, report: bytes, *, timeout_s: float = 1.0) -> None:
        """Send one output report; its first byte is the report's number, 0 if the device does not number them.

        DeviceTimeoutError if it is not taken in time, OfflineError once the device is unplugged.
        """
        if not self._wait(select.POLLOUT, timeout_s):
            raise DeviceTimeoutError(f"HID device {self._path} did not take a report within {timeout_s:g} s")
        try:
            os.write(self._fd, report)
        except BlockingIOError as error:
            raise DeviceTimeoutError(f"HID device {self._path} did not take a report") from error
        except OSError as error:
            raise self._unplugged() from error

    def _wait(self, event: int, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, event)
        return bool(poll.poll(max(timeout_s, 0) * 1000))

    def _unplugged(self) -> DeviceError:
        return OfflineError(f"HID device {self._path} does not answer: it was unplugged or switched off")
