"""A keyboard of the kernel, /dev/input/event*: key events, and nobody else gets them.

Read as the kernel writes them, `struct input_event` of linux/input.h, without python-evdev: that comes as source only
and would need a compiler and kernel headers on every till, for two structures and one ioctl.
"""

from __future__ import annotations

import errno
import os
import select
import struct
import time
from dataclasses import dataclass
from fcntl import ioctl
from typing import Final

from agent.devices.faults import device_error
from agent.errors import DeviceError, IllegalError, OfflineError

# Native sizes: two longs of time, type, code, value. 24 bytes, 16 where a long has 32 bits (linux/input.h, `__sec`).
EVENT: Final = struct.Struct("@llHHi")
EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
EVIOCGRAB: Final = 0x40044590  # _IOW('E', 0x90, int)
RELEASED, PRESSED = 0, 1  # an event's value; 2 is the repeat of a key that is held
EVENTS_MAX = 64  # taken at once
SETTLE_MAX_S = 1.0  # a keyboard that never falls silent is taken as it is


@dataclass(frozen=True, slots=True)
class Key:
    """A key by its KEY_ code (linux/input-event-codes.h: a place on the keyboard, no letter), pressed or released."""

    code: int
    value: int


LOST: Final = Key(0, RELEASED)  # KEY_RESERVED: in place of events that the kernel had no room for


class EventDevice:
    """One keyboard, from `open` to `close` for this process alone: its keys reach no window and no console."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1
        self._is_resyncing = False

    @property
    def is_open(self) -> bool:
        """Say whether the keyboard is held."""
        return self._fd >= 0

    def open(self) -> None:
        """Open and grab the keyboard. NoHardwareError, ClaimedError, OfflineError; IllegalError if it is none."""
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise device_error(error, f"keyboard {self._path}") from error
        try:
            ioctl(self._fd, EVIOCGRAB, 1)
        except OSError as error:
            self.close()
            raise self._not_grabbed(error) from error
        self._is_resyncing = False

    def close(self) -> None:
        """Let go of the keyboard; the kernel ends the grab with it."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def read(self, timeout_s: float) -> list[Key]:
        """Return the key events that came, waiting up to `timeout_s` for the first; LOST stands where some are missing.

        OfflineError once the keyboard is unplugged.
        """
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if not poll.poll(max(timeout_s, 0) * 1000):
            return []
        try:
            received = os.read(self._fd, EVENT.size * EVENTS_MAX)
        except BlockingIOError:
            return []
        except OSError as error:
            raise self._unplugged() from error
        if not received:
            raise self._unplugged()
        return self._keys(received)

    def drop_stale(self, settle_s: float) -> None:
        """Throw away what was typed before, and what still comes within `settle_s` or without a pause after it."""
        deadline = time.monotonic() + settle_s
        latest = time.monotonic() + max(settle_s, SETTLE_MAX_S)
        while self.read(0) and time.monotonic() < latest:
            pass
        while (left := deadline - time.monotonic()) > 0:
            if self.read(left):
                deadline = min(max(deadline, time.monotonic() + settle_s / 4), latest)

    def _keys(self, received: bytes) -> list[Key]:
        """After SYN_DROPPED everything up to the next SYN_REPORT is part of what was lost (Documentation/input)."""
        keys: list[Key] = []
        whole = len(received) - len(received) % EVENT.size  # the kernel never hands out half an event
        for _, _, kind, code, value in EVENT.iter_unpack(received[:whole]):
            if kind == EV_SYN and code == SYN_DROPPED:
                self._is_resyncing = True
                keys.append(LOST)
            elif kind == EV_SYN and code == SYN_REPORT:
                self._is_resyncing = False
            elif kind == EV_KEY and not self._is_resyncing:
                keys.append(Key(code, value))
        return keys

    def _not_grabbed(self, error: OSError) -> DeviceError:
        if error.errno not in {errno.ENOTTY, errno.EINVAL}:
            return device_error(error, f"keyboard {self._path}")
        return IllegalError(f"{self._path} is no keyboard", hint="name it by /dev/input/by-id/...-event-kbd")

    def _unplugged(self) -> DeviceError:
        return OfflineError(f"keyboard {self._path} does not answer: it was unplugged or switched off")
