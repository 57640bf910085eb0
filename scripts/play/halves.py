"""The two halves side by side: what the till's ledger says, and what headquarters' books say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.journal.entry import decode_entry
from agent.ledger.audit import verify


@dataclass(frozen=True, slots=True)
class Half:
    """Sales and refunds in number and money (minor units), and what members hold of each unit."""

    sales: int
    sales_money: int
    refunds: int
    refunds_money: int
    units: dict[str, int]


def till_half(config: Path) -> Half:
    """Verify the till's whole chain and add up its entries; raises ChainBrokenError."""
    ledger = open_ledger(load_config(config), read_only=True)
    try:
        verify(ledger)
        sums = {"sale": [0, 0], "refund": [0, 0]}
        units: dict[str, int] = {}
        with ledger.reading() as conn:
            for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n"):
                entry = decode_entry(data)
                for posting in entry.postings:
                    if posting.lot is not None:
                        units[posting.unit] = units.get(posting.unit, 0) + posting.amount
                if entry.kind in sums:
                    sums[entry.kind][0] += 1
                    sums[entry.kind][1] += entry.body["total"] if entry.kind == "sale" else entry.body["money"]
    finally:
        ledger.close()
    (sales, sales_money), (refunds, refunds_money) = sums["sale"], sums["refund"]
    return Half(sales, sales_money, refunds, refunds_money, units)


def hq_half(books: dict[str, Any]) -> Half:
    """Return what headquarters' books say."""
    takings = books["takings"]
    keys = ("sales", "sales_money", "refunds", "returns_money")
    sales, sales_money, refunds, refunds_money = (sum(row[key] for row in takings) for key in keys)
    return Half(sales, sales_money, refunds, refunds_money, {unit["unit"]: unit["lots"] for unit in books["units"]})
