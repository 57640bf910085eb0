"""The ioctls of a hidraw device, played: there is none without the kernel's uhid.

What answers is the kernel's side: whose device it is, and whether it takes a feature report (a device without it
answers a USB STALL, which the kernel returns as EPIPE).
"""

from __future__ import annotations

import errno
import struct

import pytest

from drivers import _hidraw

BUS_USB = 3
SIZE_SHIFT, SIZE_MASK = 16, 0x3FFF  # of an ioctl's number (asm-generic/ioctl.h)


def play_features(monkeypatch: pytest.MonkeyPatch, *, vendor: int, refuses: bool = False) -> list[bytes]:
    """Answer as a device of `vendor` does; return the list in which the feature reports that it takes turn up."""
    taken: list[bytes] = []

    def answer(_fd: int, request: int, argument: bytes) -> bytes:
        assert request >> SIZE_SHIFT & SIZE_MASK == len(argument)
        if request == _hidraw.HIDIOCGRAWINFO:
            return struct.pack("@IHH", BUS_USB, vendor, 1)
        assert request & ~(SIZE_MASK << SIZE_SHIFT) == _hidraw.HIDIOCSFEATURE
        if refuses:
            raise OSError(errno.EPIPE, "Broken pipe")
        taken.append(argument)
        return argument

    monkeypatch.setattr(_hidraw, "ioctl", answer)
    return taken
