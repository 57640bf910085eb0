"""The rows of a database, read as they are and handed out as bytes, many at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

BATCH = 1 << 16  # bytes of one handful of rows
BETWEEN = b" | "  # values: no number runs on over it


@dataclass(frozen=True, slots=True)
class Rows:
    """Neighbouring rows of one table, their values one after the other; `where` says which rows they are."""

    where: str
    data: bytes


def read_rows(path: Path) -> Iterator[Rows]:
    """Yield every row of every table; raises sqlite3.Error for a file that cannot be read as a database.

    Without a write-ahead log nobody has it open, and it is read as what does not change: else SQLite would make that
    log and leave it behind.
    """
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)) as conn:
        conn.text_factory = bytes
        tables = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        for (name,) in tables:
            yield from _table(conn, name.decode())


def _table(conn: sqlite3.Connection, table: str) -> Iterator[Rows]:
    batch, first, number = bytearray(), 1, 0
    quoted = table.replace('"', '""')
    for number, row in enumerate(conn.execute(f'SELECT * FROM "{quoted}"'), start=1):  # noqa: S608 - a table's name
        batch += BETWEEN.join(_written(value) for value in row) + BETWEEN
        if len(batch) > BATCH:
            yield Rows(f"table {table}, rows {first} to {number}", bytes(batch))
            batch, first = bytearray(), number + 1
    if batch:
        yield Rows(f"table {table}, rows {first} to {number}", bytes(batch))


def _written(value: object) -> bytes:
    return value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
