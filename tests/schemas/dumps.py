"""Dumps of ledgers at each schema there ever was, as SQL text, and ledgers restored from them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from agent.ledger.schema import migrations

HERE = Path(__file__).parent
FILES = ("ledger", "keys")


def known() -> list[str]:
    """The names of the ledger's migrations, the first one first."""
    return [migration.name for migration in migrations.pending(Database(memory=True))]


def dumped() -> list[str]:
    """The schemas that there is a dump of, by the last migration they have."""
    return sorted(path.parent.name for path in HERE.glob("*/ledger.sql"))


def dump(folder: Path, into: Path) -> None:
    """Write ledger and keys as SQL text."""
    into.mkdir(exist_ok=True)
    for name in FILES:
        with closing(sqlite3.connect(folder / f"{name}.db")) as conn:
            (into / f"{name}.sql").write_text("\n".join(conn.iterdump()) + "\n")


def restored(schema: str, folder: Path) -> Path:
    """A ledger and its keys as they were at that schema; the path of the ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        with closing(sqlite3.connect(folder / f"{name}.db")) as conn:
            conn.executescript((HERE / schema / f"{name}.sql").read_text())
            conn.execute("PRAGMA journal_mode = WAL")
    return folder / "ledger.db"
