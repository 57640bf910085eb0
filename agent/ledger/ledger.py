"""The ledger: entries appended to one chain, each with all that belongs to it, in one durable commit."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import orjson

from agent.errors import LedgerDamagedError, LedgerError
from agent.journal import chain
from agent.journal.entry import Entry, decode_entry, encode_entry
from agent.journal.fold import changes, check_conservation
from agent.ledger.clock import TillClock
from agent.ledger.derived import apply_changes
from agent.ledger.disk.ballast import RECORDED_ALWAYS
from agent.ledger.file import LedgerFile
from agent.ledger.kept.forgetting.deleting import forget
from agent.ledger.kept.profiles import Keys, put_profile
from agent.ledger.kept.profiles.rows import has_tokens_of_this_rule, make_tokens
from agent.ledger.opening import KEYS_FILE
from agent.ledger.records import Draft, Identity, Recorded
from agent.ledger.selfcheck.refusals import refusal
from agent.ledger.selfcheck.wal import mark_open


class Ledger(LedgerFile):
    """A till's own half of the tally. Every public method may be called from any thread."""

    def __init__(
        self,
        path: Path,
        *,
        till: str,
        clock: TillClock,
        read_only: bool,
        keys: Path | None = None,
        ballast: int = 0,
    ) -> None:
        super().__init__(path, till=till, read_only=read_only, keys=keys, ballast=ballast)
        self.clock = clock

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        till: str,
        clock: TillClock,
        read_only: bool = False,
        keys: Path | None = None,
        ballast: int = 0,
    ) -> Self:
        """Open (or begin) the ledger at `path` after its self-check.

        Raises LedgerInUseError when another process writes to it, LedgerPlaceError when it cannot be there, and
        LedgerDamagedError, naming what was found, when the self-check fails. `read_only` opens beside a running agent.
        `keys` is the keys' file of a copy that lies apart from it.
        """
        ledger = cls(path, till=till, clock=clock, read_only=read_only, keys=keys, ballast=ballast)
        try:
            ledger._open()
        except (sqlite3.DatabaseError, OSError, TypeError, ValueError) as error:  # a damaged page reads as any value
            ledger.close()
            raise refusal(path, error) from error
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _open(self) -> None:
        self._take()
        if not self._read_only and self._epoch is None:
            self.begin_epoch()
        elif not self._keys_path.exists() and (self._read_only or self._n > 1):  # with one entry the start was cut
            hint = "put the file back: without it this till knows no card and no name"
            raise LedgerDamagedError(f"{KEYS_FILE!r} is missing beside ledger {self.path.name!r}", hint=hint)
        self.keys = Keys(self._keys_path, read_only=self._read_only)  # made after the first entry
        if not self._read_only:
            self._resume_clock()
            self._make_tokens()
            mark_open(self._held[0], self.path)

    def _resume_clock(self) -> None:
        """Let the clock see what the last entry said of it."""
        (data,) = self.conn.execute("SELECT bytes FROM entry WHERE n = ?", (self._n,)).fetchone()
        self.clock.resume(decode_entry(data).clock)

    def _make_tokens(self) -> None:
        """Make anew what profiles are found by, if another version of this software made it."""
        if not has_tokens_of_this_rule(self.conn):
            with self.write() as conn:
                make_tokens(conn, self.keys)

    def close(self) -> None:
        """Close the ledger and let go of its lock."""
        with self._lock:
            self._disconnect()
            if hasattr(self, "keys"):
                self.keys.close()
            super().close()

    def begin_epoch(self, *, reason: str | None = None) -> None:
        """Begin a new epoch, whose first entry names where the one before it stood, and a `reason` if there is one."""
        with self._lock:
            parent = self._epoch
            seq, head = (self._n - parent[1] + 1, self._head.hex()) if parent else (0, chain.GENESIS.hex())
            epoch = os.urandom(16).hex()
            body = {"parent_epoch": parent[0] if parent else None, "parent_head": head, "parent_seq": seq}
            if reason is not None:
                body["reason"] = reason
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

    def append(self, draft: Draft, *, clock_noted: bool = False) -> Recorded:
        """Append an entry with all that belongs to it, in one durable commit.

        `clock_noted`: the caller has called `note_clock` and wants no other entry in between. Raises JournalError
        before anything is written when the entry is too large or does not balance, NoRoomError when the disk is full
        and OutcomeUnknownError when it failed: ask again with the same op.
        """
        with self._lock:
            if not clock_noted:
                self.note_clock()
            if draft.kind not in RECORDED_ALWAYS:
                self.require_room()
            with self.write() as conn:
                return self._insert(conn, draft)

    def append_all(self, drafts: Sequence[Draft]) -> tuple[Recorded, ...]:
        """Append entries that stand or fall together, in one durable commit; raises as `append` does."""
        with self._lock:
            self.note_clock()
            self.require_room()
            with self.write() as conn:
                return tuple([self._insert(conn, draft) for draft in drafts])

    def note_clock(self) -> Recorded | None:
        """Record that the till's clock was changed, if it was: an entry of its own, in a commit of its own."""
        with self._lock:
            change = self.clock.change()
            if change is None:
                return None
            entry_id = self.clock.new_id()
            draft = Draft(
                id=entry_id,
                op=f"clock:{entry_id}",
                ask=b"",
                kind="clock_changed",
                day=self.clock.today().isoformat(),
                by="agent",
                body=change.to_body(),
            )
            with self.write() as conn:
                recorded = self._insert(conn, draft)
            self.clock.noted(change)
            return recorded

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
        changed = changes(entry)
        apply_changes(conn, n, changed, self._joined)
        for profile in draft.profiles:
            put_profile(conn, profile)
        if changed.erased is not None:
            forget(conn, changed.erased, self._joined)
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

    def recall(self, key: str) -> bytes | None:
        """Return a value kept by `remember`."""
        with self.reading() as conn:
            row = conn.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def remember(self, values: Mapping[str, bytes]) -> None:
        """Keep small values (sync counter, cursor, pinned root) durably."""
        with self.write() as conn:
            _keep(conn, values)


def _keep(conn: sqlite3.Connection, values: Mapping[str, bytes]) -> None:
    conn.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", list(values.items()))
