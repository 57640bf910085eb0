"""The derived tables: what the fold says, kept up to date in the same commit as the entry, and rebuildable at will."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from agent.journal.fold import BLOCKED, Changes
from agent.loyalty.sale import Status

ERASED = "erased"  # the status of an account whose member was erased, for ever: nobody is behind it

_ADD_LOT = """
INSERT INTO lot (account, unit, lot, expires, amount) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount
"""
_LINK_CARD = f"""
INSERT INTO card (id, account, role, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET account = excluded.account,
role = CASE WHEN role = '{BLOCKED}' THEN role ELSE excluded.role END, n = excluded.n
"""  # noqa: S608 - a constant of ours
_DROP_USED_UP = "DELETE FROM lot WHERE account = ? AND unit = ? AND lot = ? AND amount = 0"
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
        conn.execute("INSERT OR IGNORE INTO account VALUES (?, ?)", (joined.get(account, account), status))
    if changes.enrolled is not None:
        conn.execute(
            "UPDATE account SET status = ? WHERE id = ? AND status = ?",
            (Status.REGULAR, joined.get(changes.enrolled, changes.enrolled), Status.PROVISIONAL),
        )
    for card, account, role in changes.cards:
        row = (card, joined.get(account, account), role, n)
        conn.execute(_LINK_CARD, row)
    for (op, line), quantity in changes.returned.items():
        conn.execute(_ADD_RETURNED, (op, line, quantity))
    settled = changes.used if changes.given_back is None else (changes.given_back,)
    conn.executemany("INSERT OR IGNORE INTO redemption VALUES (?, ?)", [(op, n) for op in settled])
    if changes.erased is not None:
        mark_erased(conn, joined.get(changes.erased, changes.erased))
    if changes.closed is not None:
        conn.execute("INSERT INTO closure VALUES (?, ?)", (n, changes.closed))


def mark_erased(conn: sqlite3.Connection, account: str) -> None:
    """Note that the member of an account was erased."""
    query = "INSERT INTO account (id, status) VALUES (?, ?) ON CONFLICT DO UPDATE SET status = excluded.status"
    conn.execute(query, (account, ERASED))


def add_lots(conn: sqlite3.Connection, n: int, changes: Changes, joined: Mapping[str, str]) -> None:
    """Add what entry number `n` moves in members' lots, and note which accounts it moves.

    A lot that a member has used up goes, and is there again when units come back to it. A voucher's stays: that it was
    spent is what it is there to tell.
    """
    lots = [(joined.get(key[0], key[0]), *key[1:], amount) for key, amount in changes.lots.items()]
    conn.executemany(_ADD_LOT, lots)  # without RETURNING, for which SQLite takes five times as long
    conn.executemany(_DROP_USED_UP, [lot[:3] for lot in lots if ":" not in lot[0]])
    for account in changes.accounts:
        conn.execute("INSERT OR IGNORE INTO account_entry VALUES (?, ?)", (joined.get(account, account), n))
