"""What headquarters is still to get: whole entries in order, with the sealed profiles they name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from agent.errors import LedgerError
from agent.journal.batch import BatchItem, SealedProfile
from agent.journal.chain import GENESIS
from agent.journal.entry import decode_entry
from agent.journal.sealed import digest, wrap_key
from agent.ledger.ledger import Ledger

RESTORED = "restored"  # why an epoch ended, as the first entry of the next one says

_HEAD = "SELECT hash FROM entry WHERE n = (SELECT first_n FROM epoch WHERE id = ?) + ? - 1"
_ENTRIES = "SELECT bytes FROM entry WHERE n BETWEEN ? AND ? ORDER BY n LIMIT ?"


@dataclass(frozen=True, slots=True)
class _Held:
    """A sealed profile and its key."""

    subject: str
    sealed: bytes
    key: bytes

    def wrapped(self, receiver: X25519PublicKey) -> SealedProfile:
        return SealedProfile(self.subject, self.sealed, wrap_key(self.key, receiver))


def items_after(
    ledger: Ledger, epoch: str, seq: int, *, entries_max: int, bytes_max: int, receiver: X25519PublicKey
) -> list[BatchItem]:
    """Return the entries of `epoch` that follow `seq`, whole, with the profiles they name for `receiver`.

    At least one entry is returned if there is one; then no more than `entries_max` and about `bytes_max` bytes. A
    profile that was replaced or erased since is left out: the newer one travels with the entry that names it.
    """
    found: list[tuple[bytes, list[_Held]]] = []
    size = 0
    with ledger.reading() as conn:
        first, last = _bounds(ledger, conn, epoch)
        for (data,) in conn.execute(_ENTRIES, (first + seq, last, entries_max)):
            if found and size + len(data) > bytes_max:
                break
            size += len(data)
            found.append((data, list(_profiles_named_in(ledger, conn, data))))
    # Wrapping is slow (0.1 ms a key) and must not hold up a sale.
    return [BatchItem(data, tuple(held.wrapped(receiver) for held in profiles)) for data, profiles in found]


def head_at(ledger: Ledger, epoch: str, seq: int) -> bytes:
    """Return the head of this till's chain at entry `seq` of an epoch."""
    if seq == 0:
        return GENESIS
    with ledger.reading() as conn:
        return bytes(conn.execute(_HEAD, (epoch, seq)).fetchone()[0])


def restored_over(ledger: Ledger) -> frozenset[str]:
    """Return the epochs that a restore ended: headquarters may hold what was recorded in them after the backup."""
    with ledger.reading() as conn:
        rows = conn.execute("SELECT bytes FROM entry WHERE n IN (SELECT first_n FROM epoch)").fetchall()
    bodies = [decode_entry(data).body for (data,) in rows]
    return frozenset(body["parent_epoch"] for body in bodies if body.get("reason") == RESTORED)


def _bounds(ledger: Ledger, conn: sqlite3.Connection, epoch: str) -> tuple[int, int]:
    row = conn.execute("SELECT no, first_n FROM epoch WHERE id = ?", (epoch,)).fetchone()
    if row is None:
        raise LedgerError(f"ledger {ledger.path.name!r} has no epoch {epoch!r}")
    after = conn.execute("SELECT first_n FROM epoch WHERE no = ?", (row[0] + 1,)).fetchone()
    last = after[0] - 1 if after else conn.execute("SELECT max(n) FROM entry").fetchone()[0]
    return row[1], last


def _profiles_named_in(ledger: Ledger, conn: sqlite3.Connection, data: bytes) -> Iterator[_Held]:
    if b'"profiles":[]' in data:
        return
    for subject, named in decode_entry(data).profiles:
        row = conn.execute("SELECT account, sealed FROM profile WHERE subject = ?", (subject,)).fetchone()
        key = None if row is None else ledger.keys.get(row[0])
        if row is not None and key is not None and digest(row[1]) == named:
            yield _Held(subject, bytes(row[1]), key)
