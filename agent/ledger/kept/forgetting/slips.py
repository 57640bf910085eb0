"""Emptying slip jobs some days after they were printed: what a slip said stands in the journal, and on the slip."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from agent.ledger.kept.forgetting.deleting import EMPTY
from agent.ledger.ledger import Ledger

_AT_ONCE: Final = 500  # jobs in one commit
_SEEN = "slips.emptied"  # a key in `state`: the number of the last job that was looked at
_PRINTED: Final = frozenset({"confirmed", "unconfirmed"})
_NEXT = """
SELECT slip.id, slip.state, json_extract(CAST(entry.bytes AS TEXT), '$.day') FROM slip JOIN entry USING (n)
WHERE slip.id > ? ORDER BY slip.id LIMIT ?
"""


def empty_slips(ledger: Ledger, *, keep_days: int) -> int:
    """Empty the jobs of entries more than `keep_days` days old, some of them; returns how many were looked at.

    One that failed, or of which the cashier is asked, stays, for somebody may ask for it; so does everything while the
    clock is not confirmed. A printer that says nothing has printed what it was sent, as far as anybody will know.
    A day that is still to come was written by a wrong clock and counts as an old one.
    """
    if not ledger.clock.read().confirmed:
        return 0
    today = ledger.clock.today()
    last_day = today - timedelta(days=keep_days)
    with ledger.write() as conn:
        seen = conn.execute("SELECT value FROM state WHERE key = ?", (_SEEN,)).fetchone()
        old = []
        for number, state, day in conn.execute(_NEXT, (0 if seen is None else int(seen[0]), _AT_ONCE)).fetchall():
            if state in {"queued", "again", "sent"} or last_day.isoformat() <= day <= today.isoformat():
                break
            old.append((number, state))
        if old:
            printed = [(EMPTY, number) for number, state in old if state in _PRINTED]
            conn.executemany("UPDATE slip SET facts = ? WHERE id = ?", printed)
            conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (_SEEN, b"%d" % old[-1][0]))
    return len(old)
