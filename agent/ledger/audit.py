"""Looking the ledger over: verify the whole chain, rebuild what is derived, export the entries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from agent.errors import ChainBrokenError, LedgerDamagedError
from agent.journal import chain
from agent.journal.entry import decode_entry
from agent.journal.fold import changes
from agent.ledger.derived import apply_changes
from agent.ledger.kept.feed import restore_snapshots
from agent.ledger.ledger import Ledger
from agent.ledger.schema import DERIVED_TABLES

_PAGE_ENTRIES = 500  # of an export, read at a time


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
            rows = conn.execute(
                "SELECT hash, bytes FROM entry WHERE n BETWEEN ? AND ? ORDER BY n",
                (first_n, first_n + identity.seq - 1),
            )
            seq, head = chain.verify(rows, till=ledger.till, epoch=identity.epoch)
            if (seq, head) != (identity.seq, identity.head):
                raise ChainBrokenError(f"epoch {identity.epoch[:8]} holds {identity.seq} entries, {seq} were read")
            _check_parent(conn, first_n, seen[-1] if seen else None)
            seen.append(Verified(identity.epoch, seq, head.hex()))
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
    """What no hash covers: an entry before the first epoch, and the column that entries are found by."""
    query = """
        SELECT n FROM entry WHERE n < (SELECT min(first_n) FROM epoch)
        OR op != json_extract(CAST(bytes AS TEXT), '$.op') ORDER BY n LIMIT 1
    """
    row = conn.execute(query).fetchone()
    if row is not None:
        raise ChainBrokenError(f"entry number {row[0]} is outside every epoch or stands under another op")


def rebuild(ledger: Ledger) -> int:
    """Drop everything derived and fold the journal anew, in one commit; returns how many entries were folded."""
    folded = 0
    with ledger.write() as conn:
        for table in DERIVED_TABLES:
            conn.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant of the schema
        joined = dict(conn.execute("SELECT account, into_account FROM joined").fetchall())
        for n, data in conn.execute("SELECT n, bytes FROM entry ORDER BY n"):
            apply_changes(conn, n, changes(decode_entry(data)), joined)
            folded += 1
        restore_snapshots(conn, joined)
    return folded


def export(ledger: Ledger) -> Iterator[bytes]:
    """Yield every entry as a line of JSON: {"hash": hex, "entry": {...}}, the entry's bytes exactly as they are.

    The ledger is held for a page at a time, so selling goes on however slowly the export is read.
    """
    n = 0
    while rows := _page_after(ledger, n):
        for n, digest, data in rows:  # noqa: B007 - the last one is where the next page begins
            yield b'{"hash":"' + bytes(digest).hex().encode() + b'","entry":' + bytes(data) + b"}\n"


def _page_after(ledger: Ledger, n: int) -> list[tuple[int, bytes, bytes]]:
    with ledger.reading() as conn:
        query = "SELECT n, hash, bytes FROM entry WHERE n > ? ORDER BY n LIMIT ?"
        return conn.execute(query, (n, _PAGE_ENTRIES)).fetchall()
