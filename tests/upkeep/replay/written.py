"""Writes small basket files for tests."""

from __future__ import annotations

from pathlib import Path

HEAD = "invoice_no,stock_code,quantity,invoice_ts,unit_price,customer_id"


def write_csv(folder: Path, *rows: str) -> Path:
    """Write rows `invoice,article,quantity,HH:MM,price,customer`, all on 2011-03-01, as a basket file."""
    path = folder / "baskets.csv"
    lines = [HEAD]
    for row in rows:
        invoice, article, quantity, at, price, customer = row.split(",")
        lines.append(f"{invoice},{article},{quantity},2011-03-01 {at}:00,{price},{customer}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
