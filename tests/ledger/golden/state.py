"""What a journal adds up to, without a ledger: the fold into tables in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from agent.journal import chain
from agent.journal.entry import decode_entry
from agent.journal.fold import changes
from agent.ledger.derived import apply_changes
from agent.ledger.schema import migrations

HERE = Path(__file__).parent
# Named one by one: a table or a column that comes later is no part of what was said then.
TABLES = {
    "accounts": "SELECT id, status FROM account ORDER BY 1",
    "cards": "SELECT id, account, role FROM card ORDER BY 1",
    "lots": "SELECT account, unit, lot, expires, amount FROM lot WHERE amount != 0 ORDER BY 1, 2, 3",
    "returned": "SELECT op, line, quantity FROM returned ORDER BY 1, 2",
    "redemptions": "SELECT op, settled_n FROM redemption ORDER BY 1",
}


def state_of(lines: Iterable[bytes]) -> dict[str, list[list[Any]]]:
    """Fold entries, in order, and return what every table holds."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
        migrations.apply(Database(conn))
        for n, data in enumerate(lines, 1):
            apply_changes(conn, n, changes(decode_entry(data)), {})
        return {name: [list(row) for row in conn.execute(query)] for name, query in TABLES.items()}


def heads_of(lines: Iterable[bytes]) -> dict[str, str]:
    """Return the head of each epoch's chain."""
    heads: dict[str, bytes] = {}
    for data in lines:
        epoch = decode_entry(data).epoch
        heads[epoch] = chain.link(heads.get(epoch, chain.GENESIS), data)
    return {epoch: head.hex() for epoch, head in heads.items()}
