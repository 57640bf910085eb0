"""Rows about a whole till with headquarters beside it: `sale_while_busy`, `replay`, `sync_entries`, `agent_*`."""

from __future__ import annotations

import os
import signal
import sqlite3
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
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Line
from agent.sync.loop import hold
from agent.sync.meeting import Meeting
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import open_feeder
from agent.upkeep.replay.plan import plan
from agent.upkeep.replay.player import play
from play.house import PROGRAMME, House
from rows.row import Row, bare_commits_per_s, paired, percentile
from rows.till import BASKETS, BenchTill, as_asks, bundled_sales, entry_bytes, fresh_till

BACKLOG_PASSES = 6  # times the bundled sales wait, unsynced and unprinted, when the till comes up
PAUSE_S = 0.005  # between two sales: two hundred a second, more than any checkout
BUSY_SALES = 400
BATCH = 1000
MIB = 1024 * 1024


@contextmanager
def _own_ledger(house: House) -> Iterator[BenchTill]:
    """The house's ledger, opened here while its agent is not running."""
    ledger: Ledger = open_ledger(load_config(house.config), read_only=False)
    try:
        programme = programmes.current(ledger) or programmes.adopt(ledger, PROGRAMME.read_bytes())
        yield BenchTill(ledger, Counter(ledger, programme, recorded=lambda: None))
    finally:
        ledger.close()


def _sell_all(till: BenchTill, passes: int, name: str) -> list[SaleAsk]:
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
            with _own_ledger(house) as till:
                _sell_all(till, BACKLOG_PASSES, "backlog")
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


def sync_entries(folder: Path) -> list[Row]:
    """Entries a second from a till's ledger to durable at HQ, against the same rows put into bare SQLite in batches."""
    rows: list[bytes] = []

    def measure(pair: int) -> float:
        house = House(folder / f"sync-{pair}")
        try:
            house.prepare()
            with _own_ledger(house) as till:
                asks = _sell_all(till, BACKLOG_PASSES, "sync")
                rows[:] = entry_bytes(till, asks)
                waiting = till.ledger.identity.seq
                seconds = _meet(till.ledger, house)
        finally:
            house.__exit__()
        return waiting / seconds

    return [paired("sync_entries", "entries/s", measure, lambda pair: _batched_rows_per_s(folder, pair, rows), pairs=3)]


def _meet(ledger: Ledger, house: House) -> float:
    settings = load_config(house.config).sync
    assert settings is not None
    enrolled, keys = require_pinned(ledger), load_keys(ledger.path.parent)
    meeting = Meeting(ledger, enrolled, keys.profile)
    with Line(ledger, enrolled, keys, settings) as line:
        started = time.perf_counter()
        hold(meeting, line)
        return time.perf_counter() - started


def _batched_rows_per_s(folder: Path, pair: int, rows: list[bytes]) -> float:
    conn = sqlite3.connect(folder / f"batched-{pair}.db", isolation_level=None)
    try:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("CREATE TABLE raw (n INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        started = time.perf_counter()
        for at in range(0, len(rows), BATCH):
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany("INSERT INTO raw VALUES (?, ?)", list(enumerate(rows))[at : at + BATCH])
            conn.execute("COMMIT")
        return len(rows) / (time.perf_counter() - started)
    finally:
        conn.close()


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
        value = _resident_mib(house.running.pid)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bare:
        time.sleep(0.5)  # until the interpreter is up
        baseline = _resident_mib(bare.pid)
        bare.communicate(b"\n")
    return [Row("agent_rss", value, "MiB", baseline, value / baseline)]


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / MIB
