"""A device file whose other end a test holds: a FIFO under a name that stays, read as the kernel's input files are."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self


class DeviceFile:
    """The device's end. `unplug` takes it away, `plug_in` brings it back under the same name.

    `packets`: each `send` is read by itself (pipe(7), O_DIRECT), as a report of hidraw is.
    """

    def __init__(self, folder: Path, name: str, *, packets: bool = True) -> None:
        self._name = folder / name
        self._flags = os.O_RDWR | os.O_NONBLOCK | (os.O_DIRECT if packets else 0)
        self._fd = -1
        self.plug_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    @property
    def path(self) -> str:
        """The name a driver opens."""
        return str(self._name)

    def plug_in(self) -> None:
        """Make the file."""
        os.mkfifo(self._name)
        self._fd = os.open(self._name, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._fd, fcntl.F_SETFL, self._flags)

    def unplug(self) -> None:
        """Take the file away: whoever has it open meets its end. Nothing happens if it is not there."""
        if self._fd >= 0:
            self._name.unlink()
            os.close(self._fd)
            self._fd = -1

    def send(self, data: bytes) -> None:
        """Send to the driver."""
        os.write(self._fd, data)
