"""Making backups of a test's till and putting them back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from agent.upkeep.backup.restoring import Restored, Source, restore
from agent.upkeep.backup.saving import Saved, save
from tests.ledger.tills import TILL, till_clock


def back_up(ledger: Path, target: Path, *, till: str = TILL) -> Saved:
    return save(ledger, target, till=till, clock=till_clock())


def put_back(
    file: Path,
    ledger: Path,
    *,
    keys: Path | None = None,
    new_keys: bool = False,
    replace: bool = False,
    till: str = TILL,
) -> Restored:
    return restore(Source(file, keys, new_keys), ledger, till=till, clock=till_clock(), replace=replace)


def read(file: Path, query: str) -> list[tuple[Any, ...]]:
    """What a file that nobody writes to holds."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as conn:
        return conn.execute(query).fetchall()


def lay_hands_on(file: Path) -> bytes:
    """Damage a byte in the middle of an entry, and return the file as it was."""
    before = file.read_bytes()
    at = before.rindex(b'"kind":"sale"')
    file.write_bytes(before[:at] + b'"kind":"sAle"' + before[at + 13 :])
    return before


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
