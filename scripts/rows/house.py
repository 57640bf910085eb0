"""Rows about a whole till with headquarters beside it: `sale_while_busy`, `replay`, `agent_*`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.counter import Counter, SaleAsk
from agent.daemon import Till
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import open_feeder
from agent.upkeep.replay.plan import plan
from agent.upkeep.replay.player import play
from play.house import PROGRAMME, House
from rows.row import Row, bare_commits_per_s, paired, percentile, resident_mib
from rows.till import BASKETS, BenchTill, as_asks, bundled_sales, fresh_till

BACKLOG_PASSES = 6  # times the bundled sales wait, unsynced and unprinted, when the till comes up
PAUSE_S = 0.005  # between two sales: two hundred a second, more than any checkout
BUSY_SALES = 400


@contextmanager
def own_ledger(house: House) -> Iterator[BenchTill]:
    """Open the house's ledger here while its agent is not running."""
    ledger: Ledger = open_ledger(load_config(house.config), read_only=False)
    try:
        programme = programmes.current(ledger) or programmes.adopt(ledger, PROGRAMME.read_bytes())
        yield BenchTill(ledger, Counter(ledger, programme, recorded=lambda: None))
    finally:
        ledger.close()


def sell_all(till: BenchTill, passes: int, name: str) -> list[SaleAsk]:
    """Sell the bundled invoices `passes` times, and return what was asked."""
    sales = bundled_sales()
    asks = [ask for turn in range(passes) for ask in as_asks(till, sales, suffix=f"-{name}-{turn}")]
    for ask in asks:
        till.counter.sell(ask, by="bench")
    return asks


def _latencies_ms(counter: Counter, asks: list[SaleAsk]) -> list[float]:
    found: list[float] = []
    for ask in asks:
        time.sleep(PAUSE_S)
        started = time.perf_counter()
        counter.sell(ask, by="bench")
        found.append((time.perf_counter() - started) * 1000)
    return found


def sale_while_busy(folder: Path) -> list[Row]:
    """The slowest of a hundred sales (p99) while the till catches up with HQ and prints, against an idle till's."""

    def busy(pair: int) -> float:
        house = House(folder / f"busy-{pair}")
        try:
            house.prepare()
            with own_ledger(house) as till:
                sell_all(till, BACKLOG_PASSES, "backlog")
                asks = as_asks(till, bundled_sales(), suffix="-now-0") + as_asks(till, bundled_sales(), suffix="-now-1")
            with Till(load_config(house.config)) as whole:
                found = _latencies_ms(whole.counter, asks[:BUSY_SALES])
        finally:
            house.__exit__()
        return percentile(found, 0.99)

    def idle(pair: int) -> float:
        with fresh_till(folder / f"idle-{pair}") as till:
            asks = as_asks(till, bundled_sales(), suffix="-0") + as_asks(till, bundled_sales(), suffix="-1")
            return percentile(_latencies_ms(till.counter, asks[:BUSY_SALES]), 0.99)

    return [paired("sale_while_busy", "ms p99", busy, idle, pairs=3)]


def replay(folder: Path) -> list[Row]:
    """Invoices a second through reader, API, ledger, slips and sync, against bare one-row commits.

    The bundled excerpt is replayed, or the whole data set if TALLYSTICK_DATA names its folder.
    """
    data = os.environ.get("TALLYSTICK_DATA")
    baskets = Path(data) / "online_retail_2010_2011.parquet" if data else BASKETS
    house = House(folder / "replay", reader="serial")
    house.folder.mkdir()
    with open_feeder("serial", house.feed) as feeder, house:
        started = time.perf_counter()
        summary = play(plan(read_baskets(baskets)), url=house.running.url, token=house.token(), feeder=feeder)
        house.wait_for_agreement(900)
        seconds = time.perf_counter() - started
    value = (summary.sales + summary.refunds) / seconds
    baseline = bare_commits_per_s(folder, [bytes(1000)] * 2000)
    return [Row("replay", value, "invoices/s", baseline, value / baseline)]


def agent_start(folder: Path) -> list[Row]:
    """Seconds from starting the agent to its first answer with the reader enabled, against starting bare Python."""
    house = House(folder / "start")

    def measure(_pair: int) -> float:
        started = time.perf_counter()
        house.start_till()
        seconds = time.perf_counter() - started
        house.stop_till(signal.SIGTERM)
        return seconds

    try:
        house.prepare()
        return [paired("agent_start", "s", measure, _bare_start_s)]
    finally:
        house.__exit__()


def _bare_start_s(_pair: int) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


def agent_rss(folder: Path) -> list[Row]:
    """Resident memory of the agent after the bundled invoices, against bare Python's."""
    house = House(folder / "rss")
    with house, open_feeder(house.reader, house.feed) as feeder:
        play(plan(read_baskets(BASKETS)), url=house.running.url, token=house.token(), feeder=feeder)
        value = resident_mib(house.running.pid)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bare:
        time.sleep(0.5)  # until the interpreter is up
        baseline = resident_mib(bare.pid)
        bare.communicate(b"\n")
    return [Row("agent_rss", value, "MiB", baseline, value / baseline)]
