"""What an error under an open ledger is taken for."""

import errno
import os
import sqlite3

import pytest

from agent.errors import LedgerDamagedError, LedgerDownError, LedgerError
from agent.ledger.disk.trouble import says_full, trouble_of


def _sqlite(code: int | None) -> sqlite3.Error:
    error = sqlite3.OperationalError("said SQLite")
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OSError(errno.EIO, os.strerror(errno.EIO)), LedgerDownError, "the disk failed under keys: Input/output error"),
        (_sqlite(sqlite3.SQLITE_IOERR_WRITE), LedgerDownError, "the disk failed under keys: said SQLite"),
        (_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), LedgerDownError, "the disk failed under keys: said SQLite"),
        (_sqlite(sqlite3.SQLITE_READONLY_DBMOVED), LedgerDownError, "the disk failed under keys: said SQLite"),
        (_sqlite(sqlite3.SQLITE_FULL), LedgerDownError, "the disk failed under keys: said SQLite"),
        (_sqlite(sqlite3.SQLITE_CORRUPT), LedgerDamagedError, "keys cannot be read: said SQLite"),
        (_sqlite(None), LedgerDamagedError, "keys cannot be read: said SQLite"),
        (ValueError("a page"), LedgerDamagedError, "keys cannot be read: a page"),
    ],
)
def test_a_disk_that_fails_is_told_from_a_file_that_is_damaged(
    error: Exception, kind: type[LedgerError], said: str
) -> None:
    trouble = trouble_of("keys", error)

    assert (type(trouble), str(trouble)) == (kind, said)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), _sqlite(sqlite3.SQLITE_FULL)])
def test_a_full_disk_is_called_full_and_not_failing(error: Exception) -> None:
    assert trouble_of("keys", error).hint.endswith("the disk of this till is full")


def test_an_error_of_the_ledger_is_the_trouble_itself() -> None:
    error = LedgerError("closed")

    assert trouble_of("keys", error) is error


@pytest.mark.parametrize(
    ("code", "is_full"), [(sqlite3.SQLITE_FULL, True), (sqlite3.SQLITE_IOERR_WRITE, False), (None, False), (0, False)]
)
def test_only_sqlites_own_word_means_that_the_disk_is_full(
    code: int | None,
    is_full: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert says_full(_sqlite(code)) is is_full
