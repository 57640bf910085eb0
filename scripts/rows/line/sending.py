"""`sync_vs_ceiling`, `sync_vs_copy`, `sync_vs_pouchdb`, and what comes with them: how fast a backlog is sent."""

from __future__ import annotations

import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from rows import pouch
from rows.line import postgres
from rows.line.backlog import BATCH, RAW_COLUMNS, Backlog, RawRow, put
from rows.row import Row, paired

PAIRS = 5
_NODE = Path(".cache/bench-node")


def sync_vs_ceiling(folder: Path) -> list[Row]:
    """Entries a second to durable on both ends, against the same rows put into bare SQLite in the same batches."""
    backlog, sent = Backlog(folder / "sync"), []

    def measure(pair: int) -> float:
        sent.append(backlog.send(folder / f"sync-{pair}", books=True))
        return sent[-1].per_s

    row = paired("sync_vs_ceiling", "entries/s", measure, lambda pair: _bare_per_s(folder, pair, backlog), pairs=PAIRS)
    median = statistics.median
    plain = sum(len(data) for _, _, _, data, _ in backlog.rows) / len(backlog.rows)
    wire, cpu_ms = median(one.wire_bytes for one in sent), median(one.hq_cpu_ms for one in sent)
    booked, lag_s = median(one.booked_per_s for one in sent), median(one.books_lag_s for one in sent)
    return [
        row,
        Row("sync_wire", wire, "bytes/entry", plain, wire / plain),
        Row("sync_hq_cpu", cpu_ms, "ms/1,000", 1e6 / row.value, cpu_ms / (1e6 / row.value)),
        Row("books_entries", booked, "entries/s", row.value, booked / row.value),
        Row("books_lag", lag_s, "s", len(backlog.rows) / row.value, lag_s / (len(backlog.rows) / row.value)),
    ]


def sync_vs_copy(folder: Path) -> list[Row]:
    """The same with headquarters on PostgreSQL, against COPY of the same rows; no row where pgserver has no wheel."""
    if not postgres.is_here():
        print("sync_vs_copy: pgserver is not installed here", file=sys.stderr)
        return []
    with postgres.Postgres() as server:
        backlog = Backlog(folder / "copy", postgres=server)
        return [
            paired(
                "sync_vs_copy",
                "entries/s",
                lambda pair: backlog.send(folder / f"copy-{pair}").per_s,
                lambda _: _copied_per_s(server.made(), backlog),
                pairs=PAIRS,
            )
        ]


def sync_vs_pouchdb(folder: Path) -> list[Row]:
    """The same against PouchDB replicating the same bodies to express-pouchdb; no row where npm installs nothing."""
    if not pouch.install(_NODE):
        print("sync_vs_pouchdb: npm cannot install PouchDB here", file=sys.stderr)
        return []
    backlog = Backlog(folder / "pouch")
    documents = folder / "documents.jsonl"
    documents.write_bytes(b"\n".join(data for _, _, _, data, _ in backlog.rows))

    def theirs(pair: int) -> float:
        return pouch.documents_per_s(_NODE, folder / f"theirs-{pair}", documents, len(backlog.rows), BATCH)

    def ours(pair: int) -> float:
        return backlog.send(folder / f"ours-{pair}").per_s

    return [paired("sync_vs_pouchdb", "entries/s", ours, theirs, pairs=3)]


def _batches(backlog: Backlog) -> Iterator[list[RawRow]]:
    return (backlog.rows[at : at + BATCH] for at in range(0, len(backlog.rows), BATCH))


def _bare_per_s(folder: Path, pair: int, backlog: Backlog) -> float:
    conn = sqlite3.connect(folder / f"batched-{pair}.db", isolation_level=None)
    with closing(conn):
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute(f"CREATE TABLE raw ({RAW_COLUMNS.format('BLOB')}, PRIMARY KEY (journal, seq))")
        started = time.perf_counter()
        for batch in _batches(backlog):
            put(conn, batch)
        return len(backlog.rows) / (time.perf_counter() - started)


def _copied_per_s(address: str, backlog: Backlog) -> float:
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute(f"CREATE TABLE raw ({RAW_COLUMNS.format('BYTEA')}, PRIMARY KEY (journal, seq))")
        started = time.perf_counter()
        for batch in _batches(backlog):
            with conn.cursor().copy("COPY raw FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int4", "int8", "bytea", "bytea", "int8"])
                for row in batch:
                    copy.write_row(row)
        return len(backlog.rows) / (time.perf_counter() - started)
