"""The programmes a till has used: every version is kept, one is current."""

from __future__ import annotations

from agent.errors import ProgrammeError
from agent.ledger.ledger import Ledger
from agent.loyalty.programme import Programme, load

CURRENT = "programme"  # the key in `state` that holds the current version


def adopt(ledger: Ledger, data: bytes) -> Programme:
    """Check a programme file, keep it and make it current; raises ProgrammeError and changes nothing if it is bad.

    One in another currency than the till's books are in is bad: their amounts would be added up.
    """
    programme, before = load(data), current(ledger)
    if before is not None and before.currency != programme.currency:
        books = before.currency
        raise ProgrammeError(f"the programme is in {programme.currency}, the books of this till are in {books}")
    with ledger.write() as conn:
        conn.execute("INSERT OR IGNORE INTO programme VALUES (?, ?)", (programme.version, data))
        conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (CURRENT, programme.version.encode()))
    return programme


def current(ledger: Ledger) -> Programme | None:
    """Return the programme in force, or None if the till has none yet."""
    version = ledger.recall(CURRENT)
    return None if version is None else load(stored(ledger, version.decode()))


def stored(ledger: Ledger, version: str) -> bytes:
    """Return the file of a version this till has used."""
    with ledger.reading() as conn:
        return bytes(conn.execute("SELECT data FROM programme WHERE version = ?", (version,)).fetchone()[0])
