"""Hears from udev that something was plugged in, so that a replugged device need not wait for the next try.

Source: udev's own multicast group of NETLINK_KOBJECT_UEVENT: 2, sent after the rules ran and with them the permissions;
the kernel's is 1 and comes too early. What it says is taken as a hint only, because any local program may have sent it.
"""

from __future__ import annotations

import errno
import logging
import socket
from typing import Final

KOBJECT_UEVENT: Final = 15  # NETLINK_KOBJECT_UEVENT in linux/netlink.h
UDEV_GROUP: Final = 2
ADDED: Final = b"ACTION=add\x00"
MESSAGE_MAX: Final = 16384  # bytes
MESSAGES_MAX: Final = 64  # looked at in one go; what is left is looked at in the next

_log = logging.getLogger(__name__)


class Hotplug:
    """A listener for udev's messages. Where there are none, in a container perhaps, nothing is ever heard."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Begin to listen."""
        try:
            listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, KOBJECT_UEVENT)
        except OSError as error:
            self._give_up(error)
            return
        self._socket = listener
        try:
            listener.setblocking(False)
            listener.bind((0, UDEV_GROUP))
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Stop listening."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def was_added(self) -> bool:
        """Say whether something was plugged in since the last look; returns at once."""
        added = False
        for _ in range(MESSAGES_MAX):
            message = self._next()
            if message is None:
                break
            added |= ADDED in message
        return added

    def _next(self) -> bytes | None:
        if self._socket is None:
            return None
        try:
            return self._socket.recv(MESSAGE_MAX)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.ENOBUFS:  # more came than was kept: one of them may have been it
                return ADDED
            self._give_up(error)
            return None

    def _give_up(self, error: OSError) -> None:
        self.close()
        _log.info("hot-plug: udev is not heard here (%s); devices that come back are found by trying again", error)
