"""An articles.csv for a file of baskets, with synthetic costs: the public data says what was paid, not what it cost.

The rule, the same on every machine: an article costs its usual price (the median) less a margin of 35 to 55 percent,
and which one is read off the SHA-256 of its number. So margins differ between articles as they do in a shop, and are
the same in every run. They are made up: nothing about the real shop follows from them.
"""

from __future__ import annotations

import csv
import hashlib
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.plan import PlannedSale, plan

MARGIN_MIN, MARGIN_MAX = 35, 55  # percent


def synthetic_cost(article: str, price: int) -> int:
    """Return the made-up cost of an article that usually sells for `price`, in the same minor units."""
    spread = MARGIN_MAX - MARGIN_MIN + 1
    margin = MARGIN_MIN + int.from_bytes(hashlib.sha256(article.encode()).digest()[:8]) % spread
    return price * (100 - margin) // 100


def main(
    baskets: Annotated[Path, typer.Argument(help="Baskets: Parquet or CSV, as `tally replay` reads them.")],
) -> None:
    """Write an articles.csv with synthetic costs to standard output."""
    prices: dict[str, list[int]] = defaultdict(list)
    categories: dict[str, str | None] = {}
    for planned in plan(read_baskets(baskets)):
        for line in planned.lines if isinstance(planned, PlannedSale) else ():
            prices[line.article].append(line.amount // line.quantity)
            categories[line.article] = line.category
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["sku", "name", "category", "cost"])
    for article in sorted(prices):
        cost = synthetic_cost(article, int(statistics.median_low(prices[article])))
        out.writerow([article, "synthetic cost", categories[article] or "", f"{cost // 100}.{cost % 100:02}"])


if __name__ == "__main__":
    typer.run(main)
