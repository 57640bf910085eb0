"""A HID device without a driver of its own, /dev/hidraw*: whole input reports, and the setting of a feature.

The kernel hands out one input report per read and cuts off what does not fit into the buffer, so every read offers room
for the longest report there can be. Source: Linux Documentation/hid/hidraw.rst; HID_MAX_BUFFER_SIZE in linux/hid.h;
linux/hidraw.h for the ioctls. None of this needs the right to write, so the device is opened for reading only.
"""

from __future__ import annotations

import os
import select
import struct
import time
from fcntl import ioctl
from typing import Final

from agent.devices.faults import device_error
from agent.errors import DeviceError, OfflineError

REPORT_MAX = 16384  # bytes
STALE_MAX = 64  # reports; the kernel keeps that many for a reader who is away (HIDRAW_BUFFER_SIZE)
DEVINFO: Final = struct.Struct("@IHH")  # struct hidraw_devinfo: bus, vendor, product
HIDIOCGRAWINFO: Final = 0x80084803  # _IOR('H', 0x03, struct hidraw_devinfo)
HIDIOCSFEATURE: Final = 0xC0004806  # _IOC(_IOC_WRITE | _IOC_READ, 'H', 0x06, length): the length goes to bit 16


class HidRaw:
    """One HID device, held from `open` to `close`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    @property
    def is_open(self) -> bool:
        """Say whether the device is held."""
        return self._fd >= 0

    def open(self) -> None:
        """Open the device. NoHardwareError, OfflineError (among others if the account lacks the right)."""
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise device_error(error, f"HID device {self._path}") from error

    def close(self) -> None:
        """Let go of the device."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    @property
    def vendor(self) -> int:
        """Return the maker's USB number; 0 if the kernel does not say."""
        try:
            answer: bytes = ioctl(self._fd, HIDIOCGRAWINFO, bytes(DEVINFO.size))
        except OSError:
            return 0
        return int(DEVINFO.unpack(answer)[1])

    def set_feature(self, number: int, value: bytes) -> bool:
        """Set the feature report `number`; False if the device has none of it, or is gone, as the next read tells."""
        report = bytes([number]) + value
        try:
            ioctl(self._fd, HIDIOCSFEATURE | len(report) << 16, report)
        except OSError:
            return False
        return True

    def read(self, timeout_s: float) -> bytes:
        """Return one whole input report, waiting up to `timeout_s`; b"" if none came.

        A device with numbered reports puts the number first. OfflineError once it is unplugged.
        """
        deadline = time.monotonic() + timeout_s
        while self._wait(deadline - time.monotonic()):
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

    def _wait(self, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(max(timeout_s, 0) * 1000))

    def _unplugged(self) -> DeviceError:
        return OfflineError(f"HID device {self._path} does not answer: it was unplugged or switched off")
