"""Reading what the radar looks at from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from agent.journal.entry import Entry, decode_entry
from agent.ledger.ledger import Ledger
from agent.loyalty.programme.radar import Radar
from agent.loyalty.radar.detecting import Note, detect
from agent.loyalty.radar.facts import Fact, fact_of

_CHUNK = 2000  # entries read at once
_KINDS = (b'"kind":"sale"', b'"kind":"refund"', b'"kind":"adjustment"')
_QUERY = """
    SELECT n, bytes FROM entry WHERE n > ? AND n <= ? AND (instr(bytes, ?) OR instr(bytes, ?) OR instr(bytes, ?))
    ORDER BY n DESC
"""


def notes_of(ledger: Ledger, radar: Radar) -> tuple[Note, ...]:
    """Return what a supervisor should look at, of the last days."""
    since = ledger.clock.today() - timedelta(days=radar.days)
    return detect(_facts(ledger, since), radar)


def _facts(ledger: Ledger, since: date) -> Iterator[Fact]:
    for entry in _entries(ledger, since.isoformat()):
        fact = fact_of(entry, _redeemed(ledger, entry))
        if fact is not None:
            yield fact


def _entries(ledger: Ledger, since: str) -> Iterator[Entry]:
    """Yield the entries that may matter, the latest first, until a whole chunk of them is older."""
    with ledger.reading() as conn:
        upto = int(conn.execute("SELECT coalesce(max(n), 0) FROM entry").fetchone()[0])
    while upto > 0:
        with ledger.reading() as conn:
            rows = conn.execute(_QUERY, (upto - _CHUNK, upto, *_KINDS)).fetchall()
        entries = [decode_entry(data) for _, data in rows]
        recent = [entry for entry in entries if entry.day >= since]
        yield from recent
        if entries and not recent:
            return
        upto -= _CHUNK


def _redeemed(ledger: Ledger, entry: Entry) -> frozenset[str]:
    """Return which of the sales that a refund names redemptions paid a part of."""
    if entry.kind != "refund":
        return frozenset()
    named = {line["sale"] for line in entry.body["lines"] if line.get("sale") is not None}
    found = {op: ledger.find(op) for op in named}
    return frozenset(op for op, sale in found.items() if sale is not None and sale.entry.body.get("redemptions"))
