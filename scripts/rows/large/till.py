"""Rows about a till whose ledger is large, each against the same till with a small one: `sale_at_10m`, `start_at_10m`.

TALLYSTICK_ENTRIES says how many entries are large.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from pathlib import Path

import httpx

from agent.counter import Counter, SaleAsk
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.loyalty.sale import Line
from agent.upkeep.running import Running, find_running
from rows.large.ledger import TILL, Size, account_of, build, card_of, large_ledger
from rows.row import Row, paired, percentile, resident_mib, row_of
from rows.till import THOUSANDTHS, BenchTill, bundled_sales

LARGE = int(os.environ.get("TALLYSTICK_ENTRIES", "10000000"))
SMALL = 10_000
PAIRS = 5
SALES = 600  # measured at a time
WARM_UP = 100
PAUSE_AFTER = 40  # sales comes a pause, in which the WAL is checkpointed as the daemon does
STARTS = 3
START_S = 60.0

_READ_THROUGH = (
    "SELECT count(*) FROM entry INDEXED BY sqlite_autoindex_entry_1",
    "SELECT count(*) FROM profile INDEXED BY sqlite_autoindex_profile_1",
    "SELECT count(*) FROM account",
    "SELECT count(*) FROM card NOT INDEXED",
    "SELECT count(*) FROM account_entry",
    "SELECT count(*) FROM lot",
    "SELECT count(*) FROM search NOT INDEXED",
)
_TILL_TOML = """\
[till]
shop = "bench"
till = "1"
zone = "Europe/London"
folder = "{folder}"

[slips]
shop = "Corner Shop"

[web]
port = 0
"""


def sale_at_10m(folder: Path) -> list[Row]:
    """Milliseconds a sale to a member picked at random, p50 and p99, at 10,000,000 entries against 10,000.

    The two tills sell in turn, so that whoever else is at the machine is in the way of both.
    """
    large = large_ledger(LARGE)
    measured = []
    for pair in range(PAIRS):
        small = folder / f"small-{pair}"
        build(small, Size(SMALL))
        measured.append(_sale_times_ms({LARGE: large, SMALL: small}))
    return [_compared("sale_at_10m", name, measured, share) for name, share in (("p50", 0.5), ("p99", 0.99))]


def _compared(name: str, unit: str, measured: list[dict[int, list[float]]], share: float) -> Row:
    shares = [(percentile(times[LARGE], share), percentile(times[SMALL], share)) for times in measured]
    return row_of(name, f"ms {unit}", shares)


def _sale_times_ms(ledgers: Mapping[int, Path]) -> dict[int, list[float]]:
    """Sell to members nobody sold to yet; `ledgers` are by how many entries they have.

    They are warm: what finds a member or an op has been read once.
    """
    found: dict[int, list[float]] = {entries: [] for entries in ledgers}
    with ExitStack() as stack:
        tills = {entries: stack.enter_context(_warm_till(folder)) for entries, folder in ledgers.items()}
        asks = {entries: list(_asks(entries, WARM_UP + SALES)) for entries in ledgers}
        for number in range(WARM_UP + SALES):
            for entries, till in tills.items():
                if number % PAUSE_AFTER == 0:
                    till.ledger.checkpoint()
                started = time.perf_counter()
                till.counter.sell(asks[entries][number], by="bench")
                found[entries].append((time.perf_counter() - started) * 1000)
    return {entries: times[WARM_UP:] for entries, times in found.items()}


@contextmanager
def _warm_till(folder: Path) -> Iterator[BenchTill]:
    path = folder / "ledger.db"
    _read_through(path)
    with closing(Ledger.open(path, till=TILL, clock=TillClock("Europe/London", alone=True))) as ledger:
        yield BenchTill(ledger, Counter(ledger, programmes.current(ledger), recorded=lambda: None))


def _read_through(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as conn:
        for query in _READ_THROUGH:
            conn.execute(query).fetchone()


def _asks(entries: int, count: int) -> Iterator[SaleAsk]:
    """Yield sales to as many members picked at random, under ops that fall anywhere among the others."""
    size, sales = Size(entries), cycle(sale for sale in bundled_sales() if sale.customer is not None)
    for member, sale in zip(random.sample(range(size.members), count), sales, strict=False):
        yield SaleAsk(
            f"receipt-{random.randrange(entries):09d}-{''.join(random.choices('abcdefghij', k=16))}",  # noqa: S311 - nothing secret
            tuple(Line(line.article, line.quantity * THOUSANDTHS, line.amount, line.category) for line in sale.lines),
            account=account_of(size, member),
            card=card_of(size, member),
            sold_at=sale.at.isoformat(),
        )


def start_at_10m(folder: Path) -> list[Row]:
    """Seconds from starting the agent to its first answer, nothing of the ledger in memory; then its resident memory.

    The one against a small ledger, the other, after SALES sales more, against itself before them.
    """
    large, small = large_ledger(LARGE), folder / "small"
    build(small, Size(SMALL))
    starts = paired(
        "start_at_10m",
        "s",
        lambda _pair: _start_s(large, folder),
        lambda _pair: _start_s(small, folder),
        pairs=STARTS,
    )
    with agent(large, folder) as running:
        _sell(running, SALES)
        before = resident_mib(running.pid)
        _sell(running, 5 * SALES)
        after = resident_mib(running.pid)
    return [starts, Row("rss_at_10m", after, "MiB", before, after / before)]


def _start_s(ledger: Path, folder: Path) -> float:
    for path in ledger.glob("*.db"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    started = time.perf_counter()
    with agent(ledger, folder):
        return time.perf_counter() - started


@contextmanager
def agent(ledger: Path, folder: Path, *, devices: str = "") -> Iterator[Running]:
    """Run the agent on a ledger until it answers, and to the end of the block; `devices` are sections of till.toml."""
    config = folder / "till.toml"
    config.write_text(_TILL_TOML.format(folder=ledger.resolve()) + devices)
    command = [str(Path(sys.executable).parent / "tally"), "run", "--config", str(config)]
    with (folder / "till.log").open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield _first_answer(ledger, process)
        finally:
            process.terminate()


def _first_answer(ledger: Path, process: subprocess.Popen[bytes]) -> Running:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        running = find_running(ledger)
        if running is not None and running.pid == process.pid:
            running.ask("GET", "/v1/status")
            return running
        time.sleep(0.01)
    raise SystemExit(f"the agent on {ledger} did not come up")


def _sell(running: Running, count: int) -> None:
    with httpx.Client(
        base_url=running.url, headers={"Authorization": f"Bearer {running.token}"}, trust_env=False, timeout=60
    ) as client:
        for ask in _asks(LARGE, count):
            lines = [{"article": line.article, "quantity": 1, "amount": line.amount} for line in ask.lines]
            body = {"op": ask.op, "account": ask.account, "card": ask.card, "sold_at": ask.sold_at, "lines": lines}
            client.post("/v1/sales", json=body).raise_for_status()
