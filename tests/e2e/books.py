"""Headquarters' books and the till's ledger, read straight from their files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.journal.entry import decode_entry
from agent.ledger.members import card_holder
from agent.loyalty.cards import Source
from agent.upkeep.replay.feed import card_number
from tests.upkeep.replay.truth import CustomerTruth

SPEND = """
    SELECT coalesce(sum(money), 0) FROM (
        SELECT total AS money FROM sale WHERE account = ?
        UNION ALL SELECT -money FROM refund WHERE account = ?
    )
"""
POINTS = "SELECT coalesce(sum(amount), 0) FROM lot WHERE account = ? AND unit = 'points'"


def customers_at_hq(hq: Path, config: Path, customers: list[int]) -> dict[int, CustomerTruth]:
    """Return each customer's spend and points in headquarters' books; the till says which account is whose card."""
    ledger = open_ledger(load_config(config), read_only=True)
    try:
        held = {customer: card_holder(ledger, card_number(customer), Source.NUMBER) for customer in customers}
    finally:
        ledger.close()
    with closing(sqlite3.connect(f"{(hq / 'hq.sqlite').as_uri()}?mode=ro", uri=True)) as conn:
        found: dict[int, CustomerTruth] = {}
        for customer, holder in held.items():
            assert holder is not None, customer
            spend = conn.execute(SPEND, (holder.account, holder.account)).fetchone()[0]
            found[customer] = CustomerTruth(spend, conn.execute(POINTS, (holder.account,)).fetchone()[0])
    return found


def ops_at_till(config: Path) -> list[str]:
    """Return the ops of the till's sales and refunds, in order."""
    ledger = open_ledger(load_config(config), read_only=True)
    try:
        with ledger.reading() as conn:
            entries = [decode_entry(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]
    finally:
        ledger.close()
    return [entry.op for entry in entries if entry.kind in {"sale", "refund"}]


def ops_at_hq(hq: Path) -> list[str]:
    """Return the ops of headquarters' sales and refunds."""
    with closing(sqlite3.connect(f"{(hq / 'hq.sqlite').as_uri()}?mode=ro", uri=True)) as conn:
        return [op for (op,) in conn.execute("SELECT op FROM sale UNION ALL SELECT op FROM refund")]
