"""`sale_durable`: whole sales made durable per second, against bare one-row commits of the same bytes."""

from __future__ import annotations

import time
from pathlib import Path

from rows.row import Row, bare_commits_per_s, paired
from rows.till import as_asks, bundled_sales, entry_bytes, fresh_till

PASSES = 4  # times the bundled invoices are sold in one measurement, to outlast a hiccup of the disk


def sale_durable(folder: Path) -> list[Row]:
    """One thread, one commit a sale, Counter.sell: evaluate, entry, postings, lots, slip job."""
    sales = bundled_sales()
    rows: list[bytes] = []

    def measure(pair: int) -> float:
        with fresh_till(folder / f"sales-{pair}") as till:
            asks = [ask for turn in range(PASSES) for ask in as_asks(till, sales, suffix=f"-{turn}")]
            started = time.perf_counter()
            for ask in asks:
                till.counter.sell(ask, by="bench")
            seconds = time.perf_counter() - started
            rows[:] = entry_bytes(till, asks)
        return len(asks) / seconds

    return [paired("sale_durable", "sales/s", measure, lambda _pair: bare_commits_per_s(folder, rows))]
