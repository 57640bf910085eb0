"""The derived tables: what the fold says, kept up to date in the same commit as the entry, and rebuildable at will."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from agent.journal.fold import Changes
from agent.loyalty.sale import Status

_ADD_LOT = """
INSERT INTO lot (account, unit, lot, expires, amount) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount
"""
_ADD_RETURNED = """
INSERT INTO returned (op, line, quantity) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity
"""


def apply_changes(conn: sqlite3.Connection, n: int, changes: Changes, joined: Mapping[str, str]) -> None:
    """Add what entry number `n` changes; `joined` says which accounts are part of another by now."""
    add_lots(conn, n, changes, joined)
    if changes.opened is not None:
        account, provisional = changes.opened
        status = Status.PROVISIONAL if provisional else Status.REGULAR
        conn.execute("INSERT OR IGNORE INTO account VALUES (?, ?)", (account, status))
    if changes.enrolled is not None:
        conn.execute(
            "UPDATE account SET status = ? WHERE id = ? AND status = ?",
            (Status.REGULAR, joined.get(changes.enrolled, changes.enrolled), Status.PROVISIONAL),
        )
    for card, account, role in changes.cards:
        row = (card, joined.get(account, account), role)
        conn.execute("INSERT OR REPLACE INTO card (id, account, role) VALUES (?, ?, ?)", row)
    for (op, line), quantity in changes.returned.items():
        conn.execute(_ADD_RETURNED, (op, line, quantity))
    settled = changes.used if changes.given_back is None else (changes.given_back,)
    conn.executemany("INSERT OR IGNORE INTO redemption VALUES (?, ?)", [(op, n) for op in settled])


def add_lots(conn: sqlite3.Connection, n: int, changes: Changes, joined: Mapping[str, str]) -> None:
    """Add what entry number `n` moves in members' lots, and note which accounts it moves."""
    for (account, unit, lot, expires), amount in changes.lots.items():
        conn.execute(_ADD_LOT, (joined.get(account, account), unit, lot, expires, amount))
    for account in changes.accounts:
        conn.execute("INSERT OR IGNORE INTO account_entry VALUES (?, ?)", (joined.get(account, account), n))
