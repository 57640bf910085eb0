"""A serial line whose other end a test holds: a pseudo-terminal behind a name that stays, as /dev/serial/by-id does."""

from __future__ import annotations

import os
import select
import tty
from pathlib import Path
from typing import Self

CHUNK = 65536


class SerialLine:
    """The device's end of the line. `unplug` takes it away, `plug_in` brings it back under the same name."""

    def __init__(self, folder: Path) -> None:
        self._name = folder / "port"
        self._device = -1
        self._held = -1
        self.plug_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    @property
    def path(self) -> str:
        """The name a driver opens."""
        return str(self._name)

    @property
    def is_there(self) -> bool:
        """False while it is unplugged."""
        return self._device >= 0

    def plug_in(self) -> None:
        """Make the line."""
        self._device, self._held = os.openpty()
        tty.setraw(self._held)
        self._name.symlink_to(os.ttyname(self._held))

    def unplug(self) -> None:
        """Take the line away: whoever has it open meets its end. Nothing happens if it is not there."""
        if self._device >= 0:
            self._name.unlink()
            os.close(self._held)
            os.close(self._device)
            self._device = self._held = -1

    def send(self, data: bytes) -> None:
        """Send to the driver."""
        os.write(self._device, data)

    def receive(self, timeout_s: float) -> bytes:
        """Return what the driver sent, waiting up to `timeout_s` for it."""
        ready, _, _ = select.select([self._device], [], [], timeout_s)
        return os.read(self._device, CHUNK) if ready else b""
