"""A till with a backlog of the bundled invoices and its headquarters, a process of its own, made once.

Every measurement takes a copy. What is measured is from the first question to the last acknowledgement: bytes durable
on both ends; the books follow, and have a row of their own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
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
from rows.house import own_ledger, sell_all
from rows.line.postgres import Postgres

PASSES = 120  # times the bundled invoices wait: in a short backlog the first request weighs most, which compiles
BATCH = 1000
RAW_COLUMNS = "journal INTEGER NOT NULL, seq BIGINT NOT NULL, hash {0} NOT NULL, bytes {0} NOT NULL, received_ms BIGINT"
_HQ_FILE = "hq/hq.sqlite"
_HELD_BYTES = 300
_BOOKS_S = 120

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
    """The till and its headquarters, whose database is one of `postgres` if that is given, else a file."""

    def __init__(self, folder: Path, *, postgres: Postgres | None = None) -> None:
        self._postgres = postgres
        self._address = "hq.sqlite" if postgres is None else postgres.made()
        self._house = House(folder, database=self._address)
        try:
            self._house.prepare()
            with own_ledger(self._house) as till:
                sell_all(till, PASSES, "sync")
                with till.ledger.reading() as conn:
                    found = conn.execute("SELECT n, hash, bytes FROM entry ORDER BY n").fetchall()
        finally:
            self._house.__exit__()
        self.rows: list[RawRow] = [(1, n, digest, data, 1_700_000_000_000) for n, digest, data in found]

    def holding(self, held: int) -> Path:
        """Return headquarters' file as it is when it holds `held` entries of another till, too, and its books do."""
        file = self._house.folder.with_name(f"held-{held}.sqlite")
        with closing(sqlite3.connect(self._house.folder / _HQ_FILE)) as made, closing(sqlite3.connect(file)) as copy:
            made.backup(copy)  # with what its WAL holds
        with closing(sqlite3.connect(file, isolation_level=None)) as conn:
            insert = "INSERT INTO journal (till, epoch, seq, head) VALUES ('elsewhere/1', ?, ?, ?)"
            journal = int(conn.execute(insert, ("e" * 32, held, bytes(32))).lastrowid or 0)
            conn.execute("INSERT INTO booked (journal, seq) VALUES (?, ?)", (journal, held))
            body = bytes(_HELD_BYTES)
            put(conn, ((journal, seq, seq.to_bytes(32), body, 0) for seq in range(1, held + 1)))
        return file

    def send(self, folder: Path, *, to: Path | None = None, books: bool = False) -> Sent:
        """Send it all to headquarters, or to what the file `to` makes of it."""
        shutil.copytree(self._house.folder, folder)
        house = House(folder)
        house.hq_url = self._house.hq_url
        _replace(house.config, str(self._house.folder), str(folder))
        if self._postgres is not None:
            _replace(folder / "hq" / "hq.toml", self._address, self._postgres.copied(self._address))
        if to is not None:
            for left in (folder / "hq").glob("hq.sqlite-*"):
                left.unlink()
            shutil.copy(to, folder / _HQ_FILE)
        os.sync()  # what was copied is not to be written while the line is measured
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
        met = Met()
        with Line(ledger, enrolled, keys, settings) as line:
            steps = Meeting(ledger, enrolled, keys.profile, batch_entries=BATCH).steps(met)
            cpu_s, started = house.hq_cpu_s, time.perf_counter()
            ask = next(steps)
            with suppress(StopIteration):  # there may be no news to take afterwards
                while ask.word != "feed":
                    ask = steps.send(line.ask(ask))
            ended = time.perf_counter()
        count = met.entries  # without what went while headquarters was set up
        hq_cpu_ms = (house.hq_cpu_s - cpu_s) * 1000 / count * BATCH
        lag_s = _wait_for_books(house.folder / _HQ_FILE, len(self.rows)) if books else 0.0
        booked_per_s = count / (ended - started + lag_s)
        return Sent(count / (ended - started), met.sent / count, hq_cpu_ms, booked_per_s, lag_s)


def put(conn: sqlite3.Connection, rows: Iterable[RawRow]) -> None:
    """Put rows into the table of raw entries, in one commit."""
    conn.execute("BEGIN IMMEDIATE")
    conn.executemany("INSERT INTO raw (journal, seq, hash, bytes, received_ms) VALUES (?, ?, ?, ?, ?)", rows)
    conn.execute("COMMIT")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path.name} does not say {old}"
    path.write_text(text.replace(old, new))


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
