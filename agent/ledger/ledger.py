"""The ledger: one SQLite file, one writer, entries appended in commits that are durable before they are acknowledged.

WAL with `synchronous=FULL` is the only setting under which SQLite promises that a power cut takes nothing that was
committed (sqlite.org/pragma.html#pragma_synchronous); it is read back at every open. SQLite before 3.51.3 can corrupt a
WAL that two connections write and reset (sqlite.org/wal.html#walresetbug), so there is one writing connection, which
alone checkpoints: in pauses, or at 4,000 pages.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import orjson
from sqlite_utils import Database

from agent.errors import LedgerDamagedError, LedgerError, OutcomeUnknownError, TallyError
from agent.journal import chain
from agent.journal.entry import Entry, decode_entry, encode_entry
from agent.journal.fold import changes, check_conservation
from agent.ledger.clock import TillClock
from agent.ledger.derived import apply_changes
from agent.ledger.kept.profiles import Keys, put_profile
from agent.ledger.opening import KEYS_FILE, connect, refuse_emptied, take_lock
from agent.ledger.records import Draft, Identity, Recorded
from agent.ledger.schema import migrations

TAIL_ENTRIES = 100  # verified at every open


class Ledger:
    """A till's own half of the tally. Every public method may be called from any thread."""

    def __init__(self, path: Path, *, till: str, clock: TillClock, read_only: bool) -> None:
        self.path = path
        self.till = till
        self.clock = clock
        self._read_only = read_only
        self._lock = threading.RLock()
        self._lock_fd: int | None = None
        self._conn: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, *, till: str, clock: TillClock, read_only: bool = False) -> Self:
        """Open (or begin) the ledger at `path` after its self-check.

        Raises LedgerInUseError when another process writes to it and LedgerDamagedError, naming what was found, when
        the self-check fails. `read_only` opens beside a running agent.
        """
        ledger = cls(path, till=till, clock=clock, read_only=read_only)
        try:
            ledger._open()
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:  # a damaged page may read as any value
            ledger.close()
            raise LedgerDamagedError(f"ledger {path.name!r} cannot be read: {error}") from error
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _open(self) -> None:
        if self._read_only:
            if not self.path.exists():
                raise LedgerError(f"there is no ledger at {str(self.path)!r}", hint="start the agent once: `tally run`")
            refuse_emptied(self.path)
            self._conn = connect(self.path, read_only=True)
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock_fd = take_lock(self.path)
            refuse_emptied(self.path)
            self._conn = connect(self.path, read_only=False)
            migrations.apply(Database(self._conn))
        self._joined: dict[str, str] = dict(self._conn.execute("SELECT account, into_account FROM joined"))
        self._load_head()
        if not self._read_only and self._epoch is None:
            self.begin_epoch()
        elif not self.path.with_name(KEYS_FILE).exists():
            hint = "put the file back: without it this till knows no card and no name"
            raise LedgerDamagedError(f"{KEYS_FILE!r} is missing beside ledger {self.path.name!r}", hint=hint)
        self.keys = Keys(self.path.with_name(KEYS_FILE), read_only=self._read_only)  # made after the first entry

    def _load_head(self) -> None:
        """Find where the chain stands and verify its tail."""
        row = self.conn.execute("SELECT id, first_n FROM epoch ORDER BY no DESC LIMIT 1").fetchone()
        self._epoch: tuple[str, int] | None = row
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
        if self._conn is None:
            raise LedgerError(f"ledger {str(self.path)!r} is closed")
        return self._conn

    def close(self) -> None:
        """Close the ledger and let go of its lock."""
        with self._lock:
            if self._conn is not None:
                self._conn.close()
                self._conn = None
            if hasattr(self, "keys"):
                self.keys.close()
            if self._lock_fd is not None:
                os.close(self._lock_fd)
                self._lock_fd = None

    def begin_epoch(self) -> None:
        """Begin a new epoch, whose first entry names where the one before it stood."""
        with self._lock:
            parent = self._epoch
            seq, head = (self._n - parent[1] + 1, self._head.hex()) if parent else (0, chain.GENESIS.hex())
            epoch = os.urandom(16).hex()
            body = {"parent_epoch": parent[0] if parent else None, "parent_head": head, "parent_seq": seq}
            with self.write() as conn:
                conn.execute("INSERT INTO epoch (id, first_n) VALUES (?, ?)", (epoch, self._n + 1))
                self._epoch, self._head = (epoch, self._n + 1), chain.GENESIS
                draft = Draft(
                    id=self.clock.new_id(),
                    op=f"epoch:{epoch}",
                    ask=b"",
                    kind="epoch_opened",
                    day=self.clock.today().isoformat(),
                    by="agent",
                    body=body,
                )
                self._insert(conn, draft)

    @property
    def identity(self) -> Identity:
        """Where the journal stands."""
        with self._lock:
            epoch, first_n = self._current_epoch
            return Identity(self.till, epoch, self._n - first_n + 1, self._head)

    @property
    def _current_epoch(self) -> tuple[str, int]:
        if self._epoch is None:
            raise LedgerError(f"ledger {str(self.path)!r} has no epoch yet")
        return self._epoch

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for reading, nobody else writing meanwhile; LedgerDamagedError if it cannot be read."""
        with self._lock:
            try:
                yield self.conn
            except sqlite3.DatabaseError as error:
                raise LedgerDamagedError(f"ledger {self.path.name!r} cannot be read: {error}") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one commit: all of it is durable at the end, or none of it.

        After an error of the disk the outcome is unknown: nothing is acknowledged, the file is opened and checked anew,
        and the caller asks again with the same op.
        """
        if self._read_only:
            raise LedgerError(f"ledger {self.path.name!r} is open for reading only")
        with self._lock:
            conn = self.conn
            assert not conn.in_transaction, "a write inside a write"
            before = (self._epoch, self._n, self._head)
            try:
                conn.execute("BEGIN IMMEDIATE")
                yield conn
                conn.execute("COMMIT")
            except sqlite3.Error as error:
                self._reopen()
                raise OutcomeUnknownError(f"the disk refused a commit: {error}") from error
            except BaseException:
                conn.execute("ROLLBACK")
                self._epoch, self._n, self._head = before
                raise

    def _reopen(self) -> None:
        """Leave a connection that saw an error and take a new one, which recovers and verifies the tail."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
        try:
            self._conn = connect(self.path, read_only=False)
            self._load_head()
            self.reload_joined()
        except (sqlite3.DatabaseError, TallyError) as error:
            if self._conn is not None:
                self._conn.close()
                self._conn = None  # nothing may be appended to a chain that does not verify
            raise LedgerDamagedError(f"ledger {self.path.name!r} cannot be read: {error}") from error

    def append(self, draft: Draft) -> Recorded:
        """Append an entry with all that belongs to it, in one durable commit.

        Raises JournalError before anything is written when the entry is too large or does not balance, and
        OutcomeUnknownError when the disk failed: ask again with the same op.
        """
        with self._lock, self.write() as conn:
            return self._insert(conn, draft)

    def _insert(self, conn: sqlite3.Connection, draft: Draft) -> Recorded:
        check_conservation(draft.postings)
        epoch, first_n = self._current_epoch
        n = self._n + 1
        entry = Entry(
            till=self.till,
            epoch=epoch,
            seq=n - first_n + 1,
            id=draft.id,
            op=draft.op,
            kind=draft.kind,
            day=draft.day,
            clock=self.clock.read().to_map(),
            by=draft.by,
            staff=draft.staff,
            programme=draft.programme,
            postings=draft.postings,
            profiles=tuple((profile.subject, profile.digest) for profile in draft.profiles),
            body=draft.body,
        )
        data = encode_entry(entry)
        link = chain.link(self._head, data)
        conn.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", (n, draft.op, draft.ask, link, data))
        apply_changes(conn, n, changes(entry), self._joined)
        for profile in draft.profiles:
            put_profile(conn, profile)
        if draft.slip is not None:
            kind, facts = draft.slip
            row = (n, kind, "queued", orjson.dumps(facts, option=orjson.OPT_SORT_KEYS))
            conn.execute("INSERT INTO slip (n, kind, state, facts) VALUES (?, ?, ?, ?)", row)
        _keep(conn, draft.state)
        self._n, self._head = n, link
        return Recorded(n, link, draft.ask, entry)

    def find(self, op: str) -> Recorded | None:
        """Return the entry that was recorded under `op`, or None."""
        with self.reading() as conn:
            row = conn.execute("SELECT n, hash, ask, bytes FROM entry WHERE op = ?", (op,)).fetchone()
        return None if row is None else Recorded(row[0], bytes(row[1]), bytes(row[2]), decode_entry(row[3]))

    def epochs(self) -> list[Identity]:
        """Return where each epoch of this till ends, the oldest first."""
        with self.reading() as conn:
            rows = conn.execute("SELECT id, first_n FROM epoch ORDER BY no").fetchall()
            ends = [first_n - 1 for _, first_n in rows[1:]] + [self._n]
            heads = [self._hash_at(end) for end in ends]
        return [
            Identity(self.till, epoch, end - first_n + 1, head)
            for (epoch, first_n), end, head in zip(rows, ends, heads, strict=True)
        ]

    def resolve(self, account: str) -> str:
        """Return the account that `account` is part of by now: itself, unless headquarters joined it to another."""
        with self._lock:
            return self._joined.get(account, account)

    def reload_joined(self) -> None:
        """Read again which accounts are joined, after the feed changed it."""
        with self._lock:
            self._joined = dict(self.conn.execute("SELECT account, into_account FROM joined"))

    def recall(self, key: str) -> bytes | None:
        """Return a value kept by `remember`."""
        with self.reading() as conn:
            row = conn.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def remember(self, values: Mapping[str, bytes]) -> None:
        """Keep small values (sync counter, cursor, pinned root) durably."""
        with self.write() as conn:
            _keep(conn, values)

    def checkpoint(self) -> None:
        """Move the WAL's pages into the database file; called in pauses between sales."""
        with self.reading() as conn:
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _keep(conn: sqlite3.Connection, values: Mapping[str, bytes]) -> None:
    conn.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", list(values.items()))
