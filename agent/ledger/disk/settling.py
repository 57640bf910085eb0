"""Making durable what an earlier process, or a failed sync, left in memory only.

A process that was killed between a write and its sync leaves the write in the kernel's memory: who opens the file next
reads it like any other, though a power cut would still take it. After a sync that failed it is worse: the kernel calls
the pages clean, reads go on showing them, and no later sync writes them (Rebello et al., "Can Applications Recover from
fsync Failures?", USENIX ATC 2020). SQLite believes what it reads. So before a database is opened its WAL is written
again as it reads, and synced; only what that succeeds with may be told to anybody.
"""

from __future__ import annotations

import os
from pathlib import Path

from agent.ledger.selfcheck.place import sync_folder
from agent.ledger.selfcheck.wal import wal_path

_PIECE = 1 << 20  # bytes


def settle(path: Path) -> None:
    """Make a database durable as it reads now, before any connection of this process has it open; raises OSError.

    Closing a file drops the locks that SQLite holds on it in this process (sqlite.org/howtocorrupt.html, 2.2).
    """
    if path.exists():
        sync_file(path)
    settle_wal(path)


def settle_wal(path: Path) -> None:
    """Make a database's WAL durable as it reads now; raises OSError.

    The database file needs no such care: SQLite keeps the WAL until its pages are synced there, and writes them again.
    """
    wal = wal_path(path)
    if wal.exists():
        _write_again(wal)
    sync_folder(path.parent)


def _write_again(path: Path) -> None:
    opened = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        for at in range(0, os.fstat(opened).st_size, _PIECE):
            piece = os.pread(opened, _PIECE, at)
            while piece:
                done = os.pwrite(opened, piece, at)
                at, piece = at + done, piece[done:]  # noqa: PLW2901 - the rest of a short write follows it
        os.fsync(opened)
    finally:
        os.close(opened)


def sync_file(path: Path) -> None:
    """Have a file's content on disk; raises OSError."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
