"""A row of the bench: a figure, the baseline of the same run, and their ratio."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """`value` and `baseline` are in `unit`; `ratio` is value / baseline, the median over the run's pairs."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float


def paired(
    name: str, unit: str, measure: Callable[[int], float], baseline: Callable[[int], float], *, pairs: int = 5
) -> Row:
    """Run measure and baseline in turn, so that a machine that changes its speed changes both; medians of `pairs`."""
    return row_of(name, unit, [(measure(pair), baseline(pair)) for pair in range(pairs)])


def row_of(name: str, unit: str, measured: Sequence[tuple[float, float]]) -> Row:
    """Return the medians of what was measured in turn: (value, baseline) and (value, baseline)."""
    return Row(
        name,
        statistics.median(value for value, _ in measured),
        unit,
        statistics.median(base for _, base in measured),
        statistics.median(value / base for value, base in measured),
    )


def bare_commits_per_s(folder: Path, rows: Sequence[bytes]) -> float:
    """One durable row after the other into bare SQLite with the ledger's pragmas: what the disk allows."""
    with bare_commits(folder) as per_s:
        return per_s(rows)


@contextmanager
def bare_commits(folder: Path) -> Iterator[Callable[[Sequence[bytes]], float]]:
    """Give what commits rows to one file of bare SQLite, with the ledger's pragmas, and says how many a second."""
    conn = sqlite3.connect(folder / f"bare-{time.monotonic_ns()}.db", isolation_level=None)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "wal_autocheckpoint = 4000"):
            conn.execute(f"PRAGMA {pragma}")
        conn.execute("CREATE TABLE entry (n INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        yield partial(_commit_each, conn)
    finally:
        conn.close()


def _commit_each(conn: sqlite3.Connection, rows: Sequence[bytes]) -> float:
    started = time.perf_counter()
    for data in rows:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("INSERT INTO entry (bytes) VALUES (?)", (data,))
        conn.execute("COMMIT")
    return len(rows) / (time.perf_counter() - started)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / KIB_PER_MIB
