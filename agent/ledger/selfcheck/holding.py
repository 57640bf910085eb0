"""One writer: who holds the ledger's locks, by any name and though a lock file was deleted."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from agent.errors import LedgerError, LedgerInUseError

_LOCKS = Path("/proc/locks")


def lock_path(path: Path) -> Path:
    """Return the lock file of a ledger."""
    return path.with_name(path.name + ".lock")


def hold(path: Path, *, ledger: Path) -> int:
    """Return `path` as an open file, made if it is not there, that nobody else can hold; raises LedgerInUseError.

    The lock is flock(2)'s, which a process loses only with its last descriptor. SQLite's own locks on the database
    file are fcntl(2)'s and never in its way, but close(2) of any descriptor drops them: close SQLite's first.
    """
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = holder_of(path)
        os.close(held)
        who = "" if holder is None else f" (process {holder})"
        raise LedgerInUseError(f"ledger {str(ledger)!r} is held by another agent{who}") from None
    return held


def holder_of(path: Path) -> int | None:
    """Return the process that holds the lock on `path` (proc_locks(5)); None if nobody does or it cannot be told."""
    with contextlib.suppress(OSError):
        stat = path.stat()
        file = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
        for line in _LOCKS.read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5] == file:
                return int(fields[4]) or None
    return None


def check_process(opened_by: int, path: Path) -> None:
    """Raise LedgerError in a process that was forked from the one that opened the ledger.

    A connection carried across fork(2) corrupts its database (sqlite.org/howtocorrupt.html, 2.6).
    """
    if os.getpid() != opened_by:
        raise LedgerError(
            f"ledger {path.name!r} was opened by process {opened_by}, not by process {os.getpid()}",
            hint="start a process of its own instead of forking the agent",
        )
