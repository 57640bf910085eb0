"""Verify the file and the whole chain."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agent.errors import ChainBrokenError, LedgerDamagedError
from agent.journal import chain
from agent.journal.entry import decode_entry
from agent.ledger.audit.stretches import follow_epoch
from agent.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` saw of one epoch."""

    epoch: str
    entries: int
    head: str


def verify(ledger: Ledger) -> list[Verified]:
    """Verify the file and every entry of every epoch.

    Raises ChainBrokenError naming the first that does not fit, LedgerDamagedError when SQLite's own check finds damage
    or the end of an epoch is gone.
    """
    seen: list[Verified] = []
    with ledger.reading() as conn:
        found = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise LedgerDamagedError(f"ledger {ledger.path.name!r}: {found}")
        for identity in ledger.epochs():
            first_n = conn.execute("SELECT first_n FROM epoch WHERE id = ?", (identity.epoch,)).fetchone()[0]
            follow_epoch(conn, ledger.path, identity, first_n)
            _check_parent(conn, first_n, seen[-1] if seen else None)
            seen.append(Verified(identity.epoch, identity.seq, identity.head.hex()))
        _check_outside(conn)
    return seen


def _check_parent(conn: sqlite3.Connection, first_n: int, parent: Verified | None) -> None:
    """An epoch's first entry witnesses the epoch before it, even if that one was rewritten from end to end."""
    data = conn.execute("SELECT bytes FROM entry WHERE n = ?", (first_n,)).fetchone()[0]
    body = decode_entry(data).body
    named = (body.get("parent_epoch"), body.get("parent_seq"), body.get("parent_head"))
    stood = (parent.epoch, parent.entries, parent.head) if parent else (None, 0, chain.GENESIS.hex())
    if named != stood:
        raise ChainBrokenError(f"entry number {first_n} grew from {named}, but the epoch before it stands at {stood}")


def _check_outside(conn: sqlite3.Connection) -> None:
    """What no epoch covers: an entry before the first, and the epochs' numbers."""
    row = conn.execute("SELECT n FROM entry WHERE n < (SELECT min(first_n) FROM epoch) ORDER BY n LIMIT 1").fetchone()
    if row is not None:
        raise ChainBrokenError(f"entry number {row[0]} is outside every epoch")
    numbers = [no for (no,) in conn.execute("SELECT no FROM epoch ORDER BY no")]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ChainBrokenError(f"epochs are numbered {numbers}, not from 1 without a gap")
