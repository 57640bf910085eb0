"""A keyboard without a kernel: its events through a FIFO, and the kernel's grab played by a lock on that file.

Both the grab and such a lock end when the file is closed, and a second one is refused.
"""

from __future__ import annotations

import errno
import fcntl
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers import _evdev
from drivers._evdev import EV_KEY, EV_SYN, EVENT, EVIOCGRAB, SYN_REPORT
from tests.drivers.device_file import DeviceFile

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "keyboard_reads.json").read_text())
EV_MSC, MSC_SCAN = 4, 4
LEFT_SHIFT, ENTER = 42, 28

_KEY_OF = {char: int(code) for code, (plain, _) in reversed(CASES["keys"].items()) for char in plain}
_SHIFTED_KEY_OF = {char: int(code) for code, (_, shifted) in reversed(CASES["keys"].items()) for char in shifted}


def play_grabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let EVIOCGRAB on a FIFO do what the kernel does on an event device."""

    def grab(fd: int, request: int, argument: int) -> None:
        assert (request, argument) == (EVIOCGRAB, 1)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(errno.EBUSY, "Device or resource busy") from None

    monkeypatch.setattr(_evdev, "ioctl", grab)


def keys_for(text: str) -> Iterator[tuple[int, int]]:
    """Yield the key events (code, value) with which a reader set to the us layout types `text`."""
    for char in text:
        if char in _KEY_OF:
            yield from ((_KEY_OF[char], 1), (_KEY_OF[char], 0))
        else:
            code = _SHIFTED_KEY_OF[char]
            yield from ((LEFT_SHIFT, 1), (code, 1), (code, 0), (LEFT_SHIFT, 0))


def events(keys: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield, for each key, what the kernel writes: the scan code, the key, and the end of the report."""
    for code, value in keys:
        yield (
            EVENT.pack(1, 2, EV_MSC, MSC_SCAN, 0x70000 + code)
            + EVENT.pack(1, 2, EV_KEY, code, value)
            + EVENT.pack(1, 2, EV_SYN, SYN_REPORT, 0)
        )


class Keyboard(DeviceFile):
    """A reader that types."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder, name, packets=False)

    def press(self, keys: Iterable[tuple[int, int]]) -> None:
        """Send key events (code, value)."""
        self.send(b"".join(events(keys)))

    def type(self, text: str) -> None:
        """Type as a reader set to the us layout does."""
        self.press(keys_for(text))
