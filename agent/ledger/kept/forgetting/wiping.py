"""Wiping: what was deleted leaves no copy in a page, a WAL or the keys' file.

Done after the deletion, in small commits between which others sell; what a reader of the files holds up is tried again.
"""

from __future__ import annotations

import time

from agent.ledger.kept.forgetting.deleting import WIPES
from agent.ledger.kept.profiles.rows import is_swept, sweep
from agent.ledger.ledger import Ledger

SEARCH, READER = "search", "reader"  # what a wipe waits for: more time for the search rows; somebody reads the files


def wipe(ledger: Ledger, *, seconds: float) -> str | None:
    """Wipe, if that was called for, for about so long; returns what it waits for, None if all is done."""
    with ledger.reading() as conn:
        called = conn.execute("SELECT value FROM state WHERE key = ?", (WIPES,)).fetchone()
    if called is None:
        return None
    if not sweep_search(ledger, seconds=seconds):
        return SEARCH
    if not (ledger.keys.wipe() and ledger.empty_wal()):
        return READER
    with ledger.write() as conn:
        conn.execute("DELETE FROM state WHERE key = ? AND value = ?", (WIPES, called[0]))
    return None


def sweep_search(ledger: Ledger, *, seconds: float) -> bool:
    """Sweep the search rows for about so long; True if none is left that leads nowhere."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with ledger.write() as conn:
            if is_swept(conn):
                return True
            sweep(conn)
    return False
