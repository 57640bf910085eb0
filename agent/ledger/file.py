"""The ledger's file: one SQLite file with one writer, whose commits are durable before they are acknowledged.

WAL with `synchronous=FULL` is the only setting under which SQLite promises that a power cut takes nothing that was
committed (sqlite.org/pragma.html#pragma_synchronous); it is read back at every open. SQLite before 3.51.3 can corrupt a
WAL that two connections write and reset (sqlite.org/wal.html#walresetbug), so there is one writing connection, which
alone checkpoints: in pauses, or at 4,000 pages.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from agent.errors import LedgerDamagedError, LedgerDownError, LedgerError, NoRoomError, OutcomeUnknownError, TallyError
from agent.journal import chain
from agent.ledger.disk.ballast import BALLAST_FILE, Ballast
from agent.ledger.disk.settling import settle, settle_wal
from agent.ledger.disk.trouble import says_full, trouble_of
from agent.ledger.opening import KEYS_FILE, connect, hold_file, refuse_emptied, take_lock
from agent.ledger.reading import Reading
from agent.ledger.schema import migrations, step_names
from agent.ledger.selfcheck.database import mark_ours
from agent.ledger.selfcheck.holding import check_process
from agent.ledger.selfcheck.place import check_place
from agent.ledger.selfcheck.wal import is_hot, mark_closed, mark_open

TAIL_ENTRIES = 100  # verified at every open


class LedgerFile:
    """The file under a till's ledger: taken, written to in commits, left after an error and taken anew.

    What is held of it in memory is where its chain stands, verified, and which accounts are joined. Every public method
    may be called from any thread.
    """

    def __init__(self, path: Path, *, till: str, read_only: bool, keys: Path | None, ballast: int) -> None:
        self.path = path
        self._keys_path = keys or path.with_name(KEYS_FILE)
        self.till = till
        self._read_only = read_only
        self._lock = threading.RLock()
        self._reading = Reading(
            self._lock, ready=self._recovered, there=lambda: self._conn, trouble=self._trouble_reading
        )
        self._opened_by = os.getpid()
        self._held: list[int] = []  # open files: the lock's, the ledger's own
        self._conn: sqlite3.Connection | None = None
        self._trouble: LedgerError | None = None  # the connection saw an error: it is left before the next use
        self._ballast = Ballast(path.with_name(BALLAST_FILE), ballast)
        self._epoch: tuple[str, int] | None = None  # its id, and the number of its first entry
        self._n = 0
        self._head = chain.GENESIS
        self._joined: dict[str, str] = {}

    def _take(self) -> None:
        """Take the file, beside whoever writes it or as its one writer, and read where its chain stands."""
        if self._read_only:
            if not self.path.exists():
                raise LedgerError(f"there is no ledger at {str(self.path)!r}", hint="start the agent once: `tally run`")
            refuse_emptied(self.path)
            self._conn = connect(self.path, read_only=True)
        else:
            self._hold()
            settle(self.path)
            self._conn = connect(self.path, read_only=False)
            mark_ours(self._conn)
            migrations.apply(Database(self._conn))
        self.reload_joined()
        self._load_head()

    def _hold(self) -> None:
        """Become the one writer of a file that may be written to; what does not verify is not touched.

        A WAL that is not this file's replays without an error, and closing a connection that may write moves it into
        the file.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_place(self.path)
        self._held.append(take_lock(self.path))
        self._ballast.look()  # even looking at a database takes some room
        self._held.append(hold_file(self._held[0], self.path, known=step_names()))
        if is_hot(self.path) and self._keys_path.exists():
            self._check_hot()

    def _check_hot(self) -> None:
        """Verify the tail as it reads with the WAL; raises LedgerDamagedError."""
        self._conn = connect(self.path, read_only=True)
        try:
            self._load_head()
        finally:
            self._conn.close()
            self._conn = None

    def _load_head(self) -> None:
        """Find where the chain stands and verify its tail."""
        row = self.conn.execute("SELECT id, first_n FROM epoch ORDER BY no DESC LIMIT 1").fetchone()
        self._epoch = row
        self._n = int(self.conn.execute("SELECT coalesce(max(n), 0) FROM entry").fetchone()[0])
        self._head = chain.GENESIS
        if row is None:
            return
        epoch, first_n = row
        start = max(first_n, self._n - TAIL_ENTRIES + 1)
        if start > first_n:
            self._head = self._hash_at(start - 1)
        rows = self.conn.execute("SELECT hash, bytes FROM entry WHERE n >= ? ORDER BY n", (start,))
        try:
            seq, self._head = chain.verify(rows, till=self.till, epoch=epoch, seq=start - first_n, head=self._head)
        except TallyError as error:
            raise LedgerDamagedError(f"ledger {self.path.name!r}: {error}") from error
        if seq != self._n - first_n + 1:
            raise LedgerDamagedError(f"ledger {self.path.name!r} holds {self._n - first_n + 1} entries, read {seq}")

    def _hash_at(self, n: int) -> bytes:
        row = self.conn.execute("SELECT hash FROM entry WHERE n = ?", (n,)).fetchone()
        if row is None or row[0] is None:  # SQLite reads NULL where a page is damaged
            raise LedgerDamagedError(f"ledger {self.path.name!r}: entry number {n} is missing")
        return bytes(row[0])

    @property
    def conn(self) -> sqlite3.Connection:
        """The connection, for reading under `reading()`."""
        check_process(self._opened_by, self.path)
        if self._conn is None:
            raise LedgerError(f"ledger {str(self.path)!r} is closed")
        return self._conn

    def close(self) -> None:
        """Close the file and let go of its lock."""
        with self._lock:
            self._disconnect()
            self._trouble = None  # nothing is opened anew after this
            while self._held:
                os.close(self._held.pop())

    def _disconnect(self) -> None:
        """Close the connection; its WAL goes with it, unless somebody else reads."""
        if self._conn is not None:
            with suppress(OSError):  # of a disk that fails: closing is all that is left to do
                if self._held:
                    mark_closed(self._held[0])
            self._conn.close()
            self._conn = None

    def reading(self) -> Reading:
        """Give the connection for reading, nobody else writing meanwhile; LedgerDamagedError if it cannot be read."""
        return self._reading

    def _recovered(self) -> sqlite3.Connection:
        self._recover()
        return self.conn

    def _trouble_reading(self, error: sqlite3.DatabaseError) -> LedgerError:
        self._trouble = trouble_of(f"ledger {self.path.name!r}", error)
        return self._trouble

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one commit: all of it is durable at the end, or none of it.

        After an error of the disk the outcome is unknown: nothing is acknowledged, the file is opened and checked anew,
        and the caller asks again with the same op.
        """
        if self._read_only:
            raise LedgerError(f"ledger {self.path.name!r} is open for reading only")
        with self._lock:
            conn = self._recovered()
            assert not self._reading.is_writing, "a write inside a write"
            before = (self._epoch, self._n, self._head)
            try:
                self._reading.end()
                self._reading.is_writing = True
                conn.execute("BEGIN IMMEDIATE")
                yield conn
                conn.execute("COMMIT")
            except sqlite3.Error as error:
                if says_full(error):
                    self._ballast.give_up()
                self._epoch, self._n, self._head = before  # what stands for sure, should it not open anew
                self._reopen()
                raise OutcomeUnknownError(f"the disk refused a commit: {error}") from error
            except BaseException:
                self._roll_back(conn, before)
                raise
            finally:
                self._reading.is_writing = False

    def _roll_back(self, conn: sqlite3.Connection, before: tuple[tuple[str, int] | None, int, bytes]) -> None:
        try:
            conn.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._trouble = trouble_of(f"ledger {self.path.name!r}", error)
        self._epoch, self._n, self._head = before

    def _recover(self) -> None:
        """Leave a connection that saw an error; raises LedgerError as long as there is no better one."""
        if self._trouble is not None:
            self._reopen()

    def _reopen(self) -> None:
        """Leave a connection that saw an error and take a new one, which recovers and verifies the tail.

        What a failed sync left in memory is made durable first: the next look would believe it.
        """
        self._trouble = LedgerDownError(f"ledger {self.path.name!r} is being opened anew")
        self._disconnect()
        try:
            if not self._read_only:
                self._ballast.look()
                settle_wal(self.path)
            self._conn = connect(self.path, read_only=self._read_only)
            self._load_head()
            self.reload_joined()
            if not self._read_only:
                mark_open(self._held[0], self.path)
        except (sqlite3.DatabaseError, OSError, TallyError) as error:
            self._disconnect()  # nothing may be appended to a chain that does not verify
            self._trouble = trouble_of(f"ledger {self.path.name!r}", error)
            raise self._trouble from error
        self._trouble = None

    def require_room(self) -> None:
        """Raise NoRoomError if the disk is so full that nothing new may begin: only what RECORDED_ALWAYS names.

        And LedgerDownError if it does not even say how full it is.
        """
        with self._lock:
            try:
                has_room = self._ballast.look()
            except OSError as error:
                raise trouble_of(f"ledger {self.path.name!r}", error) from error
            if not has_room:
                raise NoRoomError(f"the disk of ledger {self.path.name!r} is full")

    @property
    def trouble(self) -> LedgerError | None:
        """Why nothing new is recorded at the moment, looked at now; None if all is well."""
        try:
            with self.reading():
                self.require_room()
        except LedgerError as error:
            return error
        return None

    def reload_joined(self) -> None:
        """Read again which accounts are joined, after the feed changed it."""
        with self._lock:
            self._joined = dict(self.conn.execute("SELECT account, into_account FROM joined"))

    def checkpoint(self) -> None:
        """Move the WAL's pages into the database file; called in pauses between sales."""
        with self.reading() as conn:
            self._reading.end()
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def empty_wal(self) -> bool:
        """Move the WAL's pages into the database file and leave it empty; False if somebody reads it: try again."""
        with self.reading() as conn:
            self._reading.end()
            try:
                conn.execute("PRAGMA busy_timeout = 0")  # nobody waits for a reader with the ledger in hand
                return not conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                conn.execute("PRAGMA busy_timeout = 5000")
