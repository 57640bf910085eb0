"""What the machine's own errors mean for a ledger, and what to do about them."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from agent.errors import LedgerDamagedError, LedgerInUseError, LedgerPlaceError, TallyError

_READ_ONLY = "the disk is mounted read-only, as a failing disk is: look at `dmesg`, mount it for writing or change it"
_PERMISSION = "run the agent under the account that owns the folder (`ls -ld`), or give the files to it (`chown`)"
_FULL = "make room on the disk"
_HINTS = {
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
}
_PLACE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY = 0xFF  # the low byte of an extended result code (sqlite.org/rescode.html)


def refusal(path: Path, error: Exception) -> TallyError:
    """Return the error that opening the ledger at `path` ends with: of its place, of who holds it, or damage."""
    if isinstance(error, OSError):
        return LedgerPlaceError(
            f"ledger {str(path)!r} cannot be opened: {error.strerror} ({str(error.filename or path)!r})",
            hint=_HINTS.get(error.errno or 0, LedgerPlaceError.hint),
        )
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & _PRIMARY
    if primary in _BUSY:
        return LedgerInUseError(f"ledger {str(path)!r} is locked by another program", hint="close what has it open")
    if primary == sqlite3.SQLITE_FULL:
        return LedgerPlaceError(f"ledger {str(path)!r} cannot be opened: {error}", hint=_FULL)
    if primary in _PLACE:
        return LedgerPlaceError(f"ledger {str(path)!r} cannot be opened: {error}", hint=_place_hint(path))
    return LedgerDamagedError(f"ledger {path.name!r} cannot be read: {error}")


def _place_hint(path: Path) -> str:
    """SQLite says only that it cannot: ask the folder why."""
    folder = path.parent
    if folder.exists() and os.statvfs(folder).f_flag & os.ST_RDONLY:
        return _READ_ONLY
    return _PERMISSION
