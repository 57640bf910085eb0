"""What members have, by headquarters' books and by a till's: to be compared."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from hq.tables import account, card, lot

Lots = dict[tuple[str, str, str], int]  # account, unit, lot -> amount; what came to nothing is left out


def summed(amounts: Iterable[tuple[str, str, str, int]]) -> Lots:
    """Add up (account, unit, lot, amount)."""
    sums: Lots = defaultdict(int)
    for holder, unit, name, amount in amounts:
        sums[holder, unit, name] += amount
    return {key: amount for key, amount in sums.items() if amount}


def lots_of_books(conn: Connection) -> Lots:
    """Return the members' lots in headquarters' books, those of accounts that are one added up."""
    query = select(account.c.root, lot.c.unit, lot.c.lot, lot.c.amount).join(account, account.c.id == lot.c.account)
    return summed(tuple(row) for row in conn.execute(query))


def cards_of_books(conn: Connection) -> set[tuple[str, str, str]]:
    """Return card, account and role of every card in headquarters' books."""
    query = select(card.c.id, account.c.root, card.c.role).join(account, account.c.id == card.c.account)
    return {(row.id, row.root, row.role) for row in conn.execute(query)}


def cards_of_till(conn: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Return card, account and role of every card in a till's ledger."""
    return set(conn.execute("SELECT id, account, role FROM card").fetchall())


def lots_of_till(conn: sqlite3.Connection) -> Lots:
    """Return the members' lots in a till's ledger."""
    rows = conn.execute("SELECT account, unit, lot, amount FROM lot WHERE account IN (SELECT id FROM account)")
    return summed(rows.fetchall())
