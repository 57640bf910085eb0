"""Deleting what is known of the person behind an account, in the commit of the entry that says so.

What stays is the account with its lots and the cards' random ids, so that the books stay even and a refund finds where
units came from; nobody leads to it any more, and nothing is earned or spent on it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from agent.ledger.kept.profiles.rows import drop_profiles

EMPTY = b"{}"  # the facts of a slip job that was printed long ago, or whose member was erased
WIPES = "wipe.called"  # a key in `state`: how many wipes were called for, until one is done
ERASING = "erasing:"  # and an account: a key in `state` until its key is destroyed and no copy of it travels

_SUBJECTS = "SELECT subject FROM profile WHERE account = ? UNION SELECT id FROM card WHERE account = ?"
_EMPTY_SLIPS = """
UPDATE slip SET facts = ? WHERE state NOT IN ('queued', 'again', 'sent')
AND n IN (SELECT n FROM account_entry WHERE account = ?)
"""


def forget(conn: sqlite3.Connection, account: str, joined: Mapping[str, str]) -> None:
    """Delete the profiles and search rows of an account, of all persons on it and of all that was joined into it.

    Their keys, which lie in another file, are destroyed after the commit: `erasing.finish`.
    """
    root = joined.get(account, account)
    parts = [root, *(one for one, into in joined.items() if into == root)]
    subjects = {subject for part in parts for (subject,) in conn.execute(_SUBJECTS, (part, part))}
    drop_profiles(conn, sorted(subjects))
    _forget_taps(conn, sorted(subjects))
    conn.execute(_EMPTY_SLIPS, (EMPTY, root))
    conn.executemany("INSERT OR REPLACE INTO state VALUES (?, x'')", [(ERASING + part,) for part in parts])
    call_for_wipe(conn)


def call_for_wipe(conn: sqlite3.Connection) -> None:
    """Note in the commit of a deletion that its traces are to be wiped: `wiping.wipe`."""
    value = conn.execute("SELECT value FROM state WHERE key = ?", (WIPES,)).fetchone()
    conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (WIPES, b"%d" % (1 + int(value[0] if value else 0))))


def _forget_taps(conn: sqlite3.Connection, cards: Sequence[str]) -> None:
    conn.executemany("DELETE FROM state WHERE key = 'tap:' || ?", [(card,) for card in cards])
