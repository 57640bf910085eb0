"""A window beside the till: another program that has the keyboard's events open and would get what is typed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from drivers._evdev import EV_KEY, EVENT, EVENTS_MAX


class Desktop:
    """Counts the key events that reach a program which has not grabbed the keyboard."""

    def __init__(self, keyboard: Path) -> None:
        self._fd = os.open(keyboard, os.O_RDONLY | os.O_NONBLOCK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def keys(self) -> int:
        """Return how many key events came since the last look."""
        count = 0
        while True:
            try:
                received = os.read(self._fd, EVENT.size * EVENTS_MAX)
            except BlockingIOError:
                return count
            count += sum(kind == EV_KEY for _, _, kind, _, _ in EVENT.iter_unpack(received))
