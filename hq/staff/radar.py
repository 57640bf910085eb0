"""The radar over all tills: what no till can know alone, such as one card at two shops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from agent.journal.entry import Entry, decode_entry
from agent.journal.wire.place import HQ
from agent.loyalty.programme.radar import Radar
from agent.loyalty.radar.detecting import Note, detect
from agent.loyalty.radar.facts import Fact, fact_of
from hq.clock import now_ms
from hq.tables import journal, quarantine, raw

_DAY_MS = 24 * 3600 * 1000


def notes(conn: Connection, radar: Radar) -> tuple[Note, ...]:
    """Return what a supervisor should look at, of the last days, over all tills.

    A sale that redemptions paid a part of is known if it came within the last days, too.
    """
    day = datetime.fromtimestamp(now_ms() / 1000, UTC).date() - timedelta(days=radar.days)
    entries = [entry for entry in _entries(conn, now_ms() - (radar.days + 1) * _DAY_MS) if entry.day >= day.isoformat()]
    redeemed: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind == "sale" and entry.body.get("redemptions"):
            redeemed.setdefault(entry.till, set()).add(entry.op)
    return detect(_facts(entries, redeemed), radar)


def _facts(entries: list[Entry], redeemed: Mapping[str, set[str]]) -> Iterator[Fact]:
    for entry in entries:
        fact = fact_of(entry, frozenset(redeemed.get(entry.till, ())))
        if fact is not None:
            yield fact


def _entries(conn: Connection, since_ms: int) -> Iterator[Entry]:
    """Yield the entries of tills that came since a time, without those in quarantine."""
    aside = {(row.journal, row.seq) for row in conn.execute(select(quarantine.c.journal, quarantine.c.seq))}
    rows = conn.execute(
        select(raw.c.journal, raw.c.seq, raw.c.bytes)
        .join(journal, journal.c.id == raw.c.journal)
        .where(journal.c.till != HQ, raw.c.received_ms >= since_ms)
    )
    for at, seq, data in rows:
        if (at, seq) not in aside:
            yield decode_entry(data)
