"""What an error under an open ledger means: a disk that fails, which may get well, or a file that is damaged."""

from __future__ import annotations

import errno
import sqlite3

from agent.errors import LedgerDamagedError, LedgerDownError, LedgerError, NoRoomError

_PRIMARY = 0xFF  # the low byte of an extended result code (sqlite.org/rescode.html)
_DISK = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def trouble_of(what: str, error: Exception) -> LedgerError:
    """Return the error to tell of `what` is read and written, and to keep until that could be opened anew."""
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, OSError):
        hint = NoRoomError.hint if error.errno in {errno.ENOSPC, errno.EDQUOT} else None
        return LedgerDownError(f"the disk failed under {what}: {error.strerror}", hint=hint)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code & _PRIMARY in _DISK:
        hint = NoRoomError.hint if code & _PRIMARY == sqlite3.SQLITE_FULL else None
        return LedgerDownError(f"the disk failed under {what}: {error}", hint=hint)
    return LedgerDamagedError(f"{what} cannot be read: {error}")


def says_full(error: sqlite3.Error) -> bool:
    """Say whether SQLite found no room on the disk."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_FULL
