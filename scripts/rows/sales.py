"""`sale_durable`: whole sales made durable per second, against bare one-row commits of the same bytes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.counter import SaleAsk
from agent.upkeep.replay.plan import PlannedSale
from rows.row import Row, bare_commits, row_of
from rows.till import BenchTill, as_asks, bundled_sales, entry_bytes, fresh_till

TILLS = 5
PASSES = 4  # times the bundled invoices are sold at a till, and then as many bare rows are committed


def sale_durable(folder: Path) -> list[Row]:
    """One thread, one commit a sale, Counter.sell: evaluate, entry, postings, lots, slip job.

    Sales and bare commits take turns by the hundred, so that whoever else is at the disk is in the way of both.
    """
    sales = bundled_sales()
    measured = [turn for till in range(TILLS) for turn in _turns(folder / f"sales-{till}", sales)]
    return [row_of("sale_durable", "sales/s", measured)]


def _turns(folder: Path, sales: list[PlannedSale]) -> Iterator[tuple[float, float]]:
    with fresh_till(folder) as till, bare_commits(folder) as bare_per_s:
        for turn in range(PASSES):
            asks = as_asks(till, sales, suffix=f"-{turn}")
            at_once = len(asks) // 2
            for some in (asks[:at_once], asks[at_once:]):
                yield _sales_per_s(till, some), bare_per_s(entry_bytes(till, some))


def _sales_per_s(till: BenchTill, asks: Sequence[SaleAsk]) -> float:
    started = time.perf_counter()
    for ask in asks:
        till.counter.sell(ask, by="bench")
    return len(asks) / (time.perf_counter() - started)
