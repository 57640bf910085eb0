"""Reading the ledger: one holder of its lock at a time, and all that a use case reads in one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from types import TracebackType

from agent.errors import LedgerError


class Reading:
    """What `Ledger.reading` gives, one inside the other as often as one likes; a write in between ends the transaction.

    No generator, and one transaction for a dozen reads: a sale took longer to begin and end them than to read.
    """

    def __init__(
        self,
        lock: threading.RLock,
        *,
        ready: Callable[[], sqlite3.Connection],
        there: Callable[[], sqlite3.Connection | None],
        trouble: Callable[[sqlite3.DatabaseError], LedgerError],
    ) -> None:
        self._lock = lock
        self._ready = ready  # raises LedgerError as long as nothing can be read
        self._there = there
        self._trouble = trouble
        self._depth = 0
        self.is_writing = False  # whoever holds the lock

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        try:
            conn = self._ready()
            if not conn.in_transaction:
                conn.execute("BEGIN")
        except BaseException:
            self._lock.release()
            raise
        self._depth += 1
        return conn

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        try:
            if not (self._depth or self.is_writing):
                try:
                    self.end()
                except sqlite3.DatabaseError as failed:
                    error = failed
            if isinstance(error, sqlite3.DatabaseError):
                raise self._trouble(error) from error
        finally:
            self._lock.release()

    def end(self) -> None:
        """End the transaction that is read in; what is read after it is read in the next one."""
        assert not self.is_writing, "a write inside a write"
        conn = self._there()
        if conn is not None and conn.in_transaction:
            conn.execute("COMMIT")
