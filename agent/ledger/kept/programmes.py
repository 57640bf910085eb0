"""The programmes a till has used: every version is kept, one is current."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import tomllib

from agent.errors import ProgrammeError
from agent.journal.entry import decode, encode
from agent.journal.feed import ProgrammeRow
from agent.journal.trust import Delegation
from agent.ledger.ledger import Ledger
from agent.loyalty.closures import MoneyUnits, money_of
from agent.loyalty.programme import Programme, load

CURRENT = "programme"  # the key in `state` that holds the current version
_WORD = "feed.programme"  # ... and the one that holds serial and number of headquarters' last word on it

log = logging.getLogger(__name__)


def adopt(ledger: Ledger, data: bytes) -> Programme:
    """Check a programme file, keep it and make it current; raises ProgrammeError and changes nothing if it is bad.

    One in another currency than the till's books are in is bad: their amounts would be added up.
    """
    programme, books = load(data), _currency(ledger)
    if books not in (None, programme.currency):
        raise ProgrammeError(f"the programme is in {programme.currency}, the books of this till are in {books}")
    with ledger.write() as conn:
        conn.execute("INSERT OR IGNORE INTO programme VALUES (?, ?)", (programme.version, data))
        conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (CURRENT, programme.version.encode()))
    return programme


def take(conn: sqlite3.Connection, row: ProgrammeRow) -> bool:
    """Put what headquarters sends in force; its signature was checked. True if it is news.

    An older word, or a programme that this agent cannot read, leaves the last good one in force. Words are ordered by
    the serial of the key that signed them, then by number: who steals a key cannot outbid the next one.
    """
    kept = conn.execute("SELECT value FROM state WHERE key = ?", (_WORD,)).fetchone()
    word = [Delegation.stated(row.delegation).serial, row.number]
    if kept is not None and word <= (known := decode(kept[0])["word"]):
        log.log(
            logging.INFO if word == known else logging.WARNING,
            "a programme from headquarters is no news: serial and number are %s, known are %s",
            word,
            known,
        )
        return False
    try:
        version = load(row.data).version
    except ProgrammeError as error:
        log.warning("a programme from headquarters cannot be used here: %s", error)
        return False
    conn.execute("INSERT OR IGNORE INTO programme VALUES (?, ?)", (version, row.data))
    for key, value in ((CURRENT, version.encode()), (_WORD, encode({"word": word}))):
        conn.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))
    return True


def current(ledger: Ledger) -> Programme | None:
    """Return the programme in force, or None if the till has none yet."""
    version = ledger.recall(CURRENT)
    return None if version is None else load(stored(ledger, version.decode()))


def _currency(ledger: Ledger) -> object:
    """Return the currency of the programme in force, though its file be one that this version cannot read any more."""
    version = ledger.recall(CURRENT)
    return None if version is None else tomllib.loads(stored(ledger, version.decode()).decode()).get("currency")


def stored(ledger: Ledger, version: str) -> bytes:
    """Return the file of a version this till has used."""
    with ledger.reading() as conn:
        return bytes(conn.execute("SELECT data FROM programme WHERE version = ?", (version,)).fetchone()[0])


def money_units(ledger: Ledger) -> MoneyUnits:
    """Return what says which units of a version are money.

    None are of a version that this till does not have, or of one whose format is of before there were such units.
    """
    known: dict[str | None, frozenset[str]] = {}

    def money(version: str | None) -> frozenset[str]:
        if version not in known:
            known[version] = frozenset()
            with ledger.reading() as conn:
                row = conn.execute("SELECT data FROM programme WHERE version = ?", (version,)).fetchone()
            if row is not None:
                with contextlib.suppress(ProgrammeError):
                    known[version] = money_of(load(bytes(row[0])))
        return known[version]

    return money
