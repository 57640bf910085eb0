"""Ballast: room on the disk that is kept for what must be recorded even when the disk is full.

A file of some megabytes lies beside the ledger, really allocated. When the disk is full, or nearly, it is given up:
what corrects and closes books goes on in its room, and new loyalty is refused. When there is room again the ballast is
made again first.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

BALLAST_FILE = "ballast"  # beside the ledger
# What is recorded in the ballast's room: corrections, closures and what the till says of itself.
RECORDED_ALWAYS = frozenset(
    {
        "clock_changed",
        "clock_compared",
        "closure",
        "drawer_opened",
        "epoch_opened",
        "game_day_closed",
        "member_erased",
        "redemption_undone",
        "refund",
    }
)


class Ballast:
    """The ballast at `path`, of `size` bytes; with 0 there is none, and the disk is never called full."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._held = size == 0 or _allocated(path) >= size

    def look(self) -> bool:
        """Give the ballast up or make it again, by the room there is; return whether it is there.

        It is given up when less than a quarter of its size is free beside it, and made again when so much and as much
        again would be left.
        """
        if self._size:
            free = _free(self._path.parent)
            if self._held and free < self._size // 4:
                self.give_up()
            elif not self._held and free >= self._size + self._size // 2:
                self._held = self._make()
        return self._held

    def give_up(self) -> None:
        """Make room now: the disk said that it is full."""
        if self._size:
            with contextlib.suppress(OSError):  # a disk that was mounted read-only meanwhile
                self._path.unlink(missing_ok=True)
            self._held = False

    def _make(self) -> bool:
        """Say whether it could be made: a quota, or a disk that takes no more names, statvfs does not show."""
        try:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            os.posix_fallocate(opened, 0, self._size)
            os.fsync(opened)
        except OSError:
            self.give_up()
            return False
        finally:
            os.close(opened)
        return True


def _allocated(path: Path) -> int:
    return path.stat().st_blocks * 512 if path.exists() else 0


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
