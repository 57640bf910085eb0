"""The request to headquarters that is in flight: kept, byte for byte, until the next one takes its place.

Nobody knows whether it arrived, and it is sent again as it was: not a byte of it may be changed, whoever it is about.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agent.errors import JournalError
from agent.journal.batch import BATCH_BYTES_MAX, BatchItem, unpack
from agent.journal.wire.form import BATCH_TYPE, expand

NONCE, TARGET, TYPE, BODY = "sync.nonce", "sync.target", "sync.type", "sync.body"  # keys in `state`

_HAS_PROFILE = "SELECT 1 FROM profile WHERE subject = ? AND sealed = ?"


def holds_what_is_gone(conn: sqlite3.Connection) -> bool:
    """Say whether a sealed profile travels in the request that this till has no more, or no longer so."""
    kept = dict(conn.execute("SELECT key, value FROM state WHERE key IN (?, ?)", (TYPE, BODY)).fetchall())
    if bytes(kept.get(TYPE, b"")) != BATCH_TYPE.encode():
        return False
    try:
        items = unpack(expand(bytes(kept[BODY]), bytes_max=BATCH_BYTES_MAX))
    except (KeyError, JournalError):
        return True  # what cannot be looked into is not taken for clean
    return not are_here(conn, items)


def are_here(conn: sqlite3.Connection, items: Iterable[BatchItem]) -> bool:
    """Say whether this till still has every sealed profile of `items`, none replaced or erased since."""
    sealed = [(profile.subject, profile.sealed) for item in items for profile in item.profiles]
    return all(conn.execute(_HAS_PROFILE, one).fetchone() for one in sealed)
