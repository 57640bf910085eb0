"""A row of the bench: a figure, the baseline of the same run, and their ratio."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    measured: list[tuple[float, float]] = [(measure(pair), baseline(pair)) for pair in range(pairs)]
    return Row(
        name,
        statistics.median(value for value, _ in measured),
        unit,
        statistics.median(base for _, base in measured),
        statistics.median(value / base for value, base in measured),
    )


def bare_commits_per_s(folder: Path, rows: Sequence[bytes]) -> float:
    """One durable row after the other into bare SQLite with the ledger's pragmas: what the disk allows."""
    path = folder / f"bare-{time.monotonic_ns()}.db"
    conn = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "wal_autocheckpoint = 4000"):
            conn.execute(f"PRAGMA {pragma}")
        conn.execute("CREATE TABLE entry (n INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        started = time.perf_counter()
        for n, data in enumerate(rows, 1):
            conn.execute("BEGIN IMMEDIATE")
            conn.execute("INSERT INTO entry VALUES (?, ?)", (n, data))
            conn.execute("COMMIT")
        return len(rows) / (time.perf_counter() - started)
    finally:
        conn.close()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / KIB_PER_MIB
