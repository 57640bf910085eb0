"""Rows about the programme: `evaluate`, `evaluate_growth`, `backtest`."""

from __future__ import annotations

import os
import statistics
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme, load
from agent.loyalty.sale import Holder, Line, Lot, Moment, Sale, Status
from agent.upkeep.backtest.reading import BasketsFile
from agent.upkeep.backtest.run import Question, backtest
from rows.row import Row, paired, percentile
from rows.till import BASKETS, PROGRAMME

FULL = "online_retail_2010_2011.parquet"
MOMENT = Moment("2026-11-22", confirmed=True, time="11:00")
MEMBER = Holder("m", Status.REGULAR, {"points": (Lot("x", 500),), "spend": (Lot("2026", 60_000),)})
SHELVES = ("dairy", "bread", "gift-card", "fruit")
RULE = """
[[earn]]
id = "rule-{n}"
unit = "points"
give = 1
per = "2.00"
categories = ["{shelf}", "shelf-{n}"]
weekdays = ["sat", "sun"]
"""
TIMES = 10  # how much larger the large case of the growth is
US = 1_000_000


def _sale(lines: int) -> Sale:
    return Sale(tuple(Line(f"a{i}", 1000, 199 + i, SHELVES[i % len(SHELVES)]) for i in range(lines)))


def _with_rules(count: int) -> Programme:
    rules = [RULE.format(n=n, shelf=SHELVES[n % len(SHELVES)]) for n in range(count)]
    return load(PROGRAMME.read_bytes() + "".join(rules).encode())


def _seconds(call: Callable[[], object], times: int) -> list[float]:
    """Measure each of many calls, in processor time: what else the machine does is not what is asked."""
    found: list[float] = []
    for _ in range(times):
        started = time.process_time()
        call()
        found.append(time.process_time() - started)
    return found


def evaluate_row(_folder: Path) -> list[Row]:
    """Microseconds of one judgement, against adding up what the same lines cost: p50 of a shop, p99 of 30 rules."""
    shop, thirty, sale = load(PROGRAMME.read_bytes()), _with_rules(30), _sale(20)

    def judged(programme: Programme, share: float, times: int) -> float:
        seconds = _seconds(lambda: evaluate(programme, MEMBER, sale, MOMENT, lot="entry"), times)
        return percentile(seconds, share) * US

    def added(_pair: int) -> float:
        return percentile(_seconds(lambda: sale.total, 2000), 0.5) * US

    return [
        paired("evaluate", "us", lambda _pair: judged(shop, 0.5, 2000), added),
        paired("evaluate_p99", "us", lambda _pair: judged(thirty, 0.99, 500), added),
    ]


def evaluate_growth(_folder: Path) -> list[Row]:
    """How much longer ten times the rules (30 to 300) or lines (20 to 200) take, the worse of both, against ten.

    The small case is judged ten times over, so that both take equally long and a busy machine disturbs them alike;
    processor time is what counts.
    """
    thirty, many, few_lines, many_lines = _with_rules(30), _with_rules(30 * TIMES), _sale(20), _sale(20 * TIMES)

    def seconds(programme: Programme, sale: Sale, times: int) -> float:
        timer = timeit.Timer(lambda: evaluate(programme, MEMBER, sale, MOMENT, lot="entry"), timer=time.process_time)
        return min(timer.repeat(number=times, repeat=15))

    def grown(programme: Programme, sale: Sale) -> float:
        return TIMES * statistics.median(
            seconds(programme, sale, 1) / seconds(thirty, few_lines, TIMES) for _ in range(9)
        )

    value = max(grown(many, few_lines), grown(thirty, many_lines))
    return [Row("evaluate_growth", value, "times", TIMES, value / TIMES)]


def backtest_row(_folder: Path) -> list[Row]:
    """Lines a second through a back-test on every core, against reading the same baskets in one process."""
    data = os.environ.get("TALLYSTICK_DATA")
    path = BASKETS if data is None else Path(data) / FULL
    source = BasketsFile(path)
    lines = source.extent().lines

    def measure(_pair: int) -> float:
        started = time.perf_counter()
        backtest(Question(PROGRAMME.read_bytes(), source))
        return lines / (time.perf_counter() - started)

    def bare(_pair: int) -> float:
        started = time.perf_counter()
        for _ in source.pasts(0, 1):
            pass
        return lines / (time.perf_counter() - started)

    return [paired("backtest", "lines/s", measure, bare, pairs=3)]
