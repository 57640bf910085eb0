"""Rows about two halves that meet: `sync_vs_ceiling`, `sync_vs_pouchdb`, `sync_growth`, and what comes with them.

The till has a backlog of the bundled invoices, headquarters is a process of its own. What is measured is from the first
question to the last acknowledgement: bytes durable on both ends; the books follow, and have a row of their own.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.ledger.ledger import Ledger
from agent.sync.enrol import require_pinned
from agent.sync.keys import load_keys
from agent.sync.line import Line
from agent.sync.meeting import Meeting, Met
from play.house import House
from rows import pouch
from rows.house import own_ledger, sell_all
from rows.row import Row, paired

PASSES = 24  # times the bundled invoices wait
BATCH = 1000
PAIRS = 5
HELD = (10_000, 100_000, 1_000_000)
_HELD_BYTES = 300
_BOOKS_S = 120
_NODE = Path(".cache/bench-node")
_COLUMNS = "journal INTEGER NOT NULL, seq BIGINT NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL, received_ms BIGINT"

RawRow = tuple[int, int, bytes, bytes, int]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a meeting took: entries a second, bytes an entry, headquarters' processor; books' rate and lag (s)."""

    per_s: float
    wire_bytes: float
    hq_cpu_ms: float
    booked_per_s: float = 0.0
    books_lag_s: float = 0.0


class Backlog:
    """A till with a backlog and its headquarters, made once; every measurement takes a copy."""

    def __init__(self, folder: Path) -> None:
        self._house = House(folder)
        try:
            self._house.prepare()
            with own_ledger(self._house) as till:
                sell_all(till, PASSES, "sync")
                with till.ledger.reading() as conn:
                    found = conn.execute("SELECT n, hash, bytes FROM entry ORDER BY n").fetchall()
        finally:
            self._house.__exit__()
        self.rows: list[RawRow] = [(1, n, digest, data, 1_700_000_000_000) for n, digest, data in found]

    def send(self, folder: Path, *, held: int = 0, books: bool = False) -> Sent:
        """Send it all to a headquarters that holds `held` entries of another till."""
        shutil.copytree(self._house.folder, folder)
        house = House(folder)
        house.hq_url = self._house.hq_url
        house.config.write_text(house.config.read_text().replace(str(self._house.folder), str(folder)))
        if held:
            _fill(folder / "hq" / "hq.sqlite", held)
        house.start_hq()
        try:
            ledger: Ledger = open_ledger(load_config(house.config), read_only=False)
            with closing(ledger):
                return self._meet(ledger, house, books=books)
        finally:
            house.__exit__()
            shutil.rmtree(folder)

    def _meet(self, ledger: Ledger, house: House, *, books: bool) -> Sent:
        settings = load_config(house.config).sync
        assert settings is not None
        enrolled, keys = require_pinned(ledger), load_keys(ledger.path.parent)
        met, count = Met(), len(self.rows)
        with Line(ledger, enrolled, keys, settings) as line:
            steps = Meeting(ledger, enrolled, keys.profile, batch_entries=BATCH).steps(met)
            cpu_s, started = house.hq_cpu_s, time.perf_counter()
            ask = next(steps)
            with suppress(StopIteration):  # there may be no news to take afterwards
                while met.entries < count:
                    ask = steps.send(line.ask(ask))
            ended = time.perf_counter()
        hq_cpu_ms = (house.hq_cpu_s - cpu_s) * 1000 / count * BATCH
        lag_s = _wait_for_books(house.folder / "hq" / "hq.sqlite", count) if books else 0.0
        booked_per_s = count / (ended - started + lag_s)
        return Sent(count / (ended - started), met.sent / count, hq_cpu_ms, booked_per_s, lag_s)


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


def sync_growth(folder: Path) -> list[Row]:
    """Entries a second at the most entries that headquarters holds, against the fewest; each size in turn."""
    backlog = Backlog(folder / "growth")

    def at(held: int) -> float:
        return backlog.send(folder / f"held-{held}", held=held).per_s

    few, some, many = HELD
    return [
        paired("sync_growth_1e5", "entries/s", lambda _: at(some), lambda _: at(few), pairs=3),
        paired("sync_growth", "entries/s", lambda _: at(many), lambda _: at(few), pairs=3),
    ]


def _bare_per_s(folder: Path, pair: int, backlog: Backlog) -> float:
    conn = sqlite3.connect(folder / f"batched-{pair}.db", isolation_level=None)
    with closing(conn):
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute(f"CREATE TABLE raw ({_COLUMNS}, PRIMARY KEY (journal, seq))")
        started = time.perf_counter()
        for at in range(0, len(backlog.rows), BATCH):
            _put(conn, backlog.rows[at : at + BATCH])
        return len(backlog.rows) / (time.perf_counter() - started)


def _put(conn: sqlite3.Connection, rows: Iterable[RawRow]) -> None:
    conn.execute("BEGIN IMMEDIATE")
    conn.executemany("INSERT INTO raw (journal, seq, hash, bytes, received_ms) VALUES (?, ?, ?, ?, ?)", rows)
    conn.execute("COMMIT")


def _fill(path: Path, held: int) -> None:
    """Let headquarters hold entries of another till, which its books have, too."""
    conn = sqlite3.connect(path, isolation_level=None)
    with closing(conn):
        insert = "INSERT INTO journal (till, epoch, seq, head) VALUES ('elsewhere/1', ?, ?, ?)"
        journal = int(conn.execute(insert, ("e" * 32, held, bytes(32))).lastrowid or 0)
        conn.execute("INSERT INTO booked (journal, seq) VALUES (?, ?)", (journal, held))
        _put(conn, ((journal, seq, bytes(32), bytes(_HELD_BYTES), 0) for seq in range(1, held + 1)))


def _wait_for_books(path: Path, count: int) -> float:
    """Wait until the books hold `count` entries of the tills, and return how long that took."""
    started = time.perf_counter()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as conn:
        query = "SELECT sum(booked.seq) FROM booked JOIN journal ON journal.id = booked.journal WHERE till <> 'hq'"
        while (conn.execute(query).fetchone()[0] or 0) < count:
            if time.perf_counter() - started > _BOOKS_S:
                raise TimeoutError(f"the books do not hold {count} entries after {_BOOKS_S} s")
            time.sleep(0.02)
    return time.perf_counter() - started
