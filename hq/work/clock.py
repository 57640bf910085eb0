"""Doubting headquarters' own clock: a jump stops what is ended by it, until a person confirms the time.

It is compared with what it said when it was looked at last (on the same boot of the same machine with the boot clock
between, which nobody sets; else it must not have gone back), and with the middle of the tills' reports: what they write
and send at once has a time near ours.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from statistics import median

from sqlalchemy import Connection, select

from agent.errors import JournalError
from agent.journal.entry import decode_entry
from agent.journal.wire.place import HQ
from hq.clock import JUMP_MS, KEY, Noted
from hq.database import insert
from hq.tables import journal, meta, raw

_REPORTS_MS = 24 * JUMP_MS  # how old reports may be that we are compared with
_LAST = 20  # of each journal
_TILLS_MIN = 3

log = logging.getLogger(__name__)


def watch(conn: Connection, now: Noted | None = None) -> str | None:
    """Look at the clock (as it is `now`) and note it; returns why it is doubted, None if it is not."""
    now = Noted.now() if now is None else now
    before = Noted.read(conn)
    if before is None:
        doubt = _doubt_of_tills(conn, now)
    else:
        doubt = before.doubt or before.jump_to(now) or _doubt_of_tills(conn, now, accepted_ms=before.accepted_ms)
        now = replace(now, accepted_ms=before.accepted_ms, by=before.by)
    if doubt is not None and (before is None or before.doubt is None):
        log.error("headquarters doubts its clock: %s", doubt)
    _note(conn, replace(now, doubt=doubt))
    return doubt


def begin(conn: Connection) -> None:
    """Note the clock if nobody has looked at it yet: from then on a jump shows while tills are answered."""
    if Noted.read(conn) is None:
        _note(conn, Noted.now())


def confirm(conn: Connection, *, by: str) -> None:
    """Trust the clock as it stands, by a person's word, even if the middle of the tills says otherwise."""
    now = Noted.now()
    log.warning("the clock was confirmed by=%s", by)
    _note(conn, replace(now, accepted_ms=_middle_of_tills(conn, now) or 0, by=by))


def _note(conn: Connection, noted: Noted) -> None:
    value = {"value": noted.to_text()}
    statement = insert(conn, meta).values(key=KEY, **value)
    conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_=value))


def _doubt_of_tills(conn: Connection, now: Noted, *, accepted_ms: int = 0) -> str | None:
    middle_ms = _middle_of_tills(conn, now)
    if middle_ms is None or abs(middle_ms - accepted_ms) <= JUMP_MS:
        return None
    return f"the middle of the tills' clocks is {abs(middle_ms) // 1000} s {'behind' if middle_ms > 0 else 'ahead'}"


def _middle_of_tills(conn: Connection, now: Noted) -> int | None:
    """Return how far the middle of the tills is behind us, by the entry of each that came soonest after it was written.

    None if fewer than three have sent any of late: one clock that is wrong would be the middle.
    """
    lags: dict[str, list[int]] = defaultdict(list)
    for source in conn.execute(select(journal.c.id, journal.c.till).where(journal.c.till != HQ)).all():
        rows = conn.execute(
            select(raw.c.bytes, raw.c.received_ms)
            .where(raw.c.journal == source.id, raw.c.received_ms >= now.wall_ms - _REPORTS_MS)
            .order_by(raw.c.seq.desc())
            .limit(_LAST)
        )
        written = ((row.received_ms, _written_ms(row.bytes)) for row in rows)
        lags[source.till] += [received_ms - wall_ms for received_ms, wall_ms in written if wall_ms is not None]
    soonest = [min(several, key=abs) for several in lags.values() if several]
    return int(median(soonest)) if len(soonest) >= _TILLS_MIN else None


def _written_ms(data: bytes) -> int | None:
    """Return when its till says an entry was written, None if it says nothing of that kind."""
    try:
        wall_ms = decode_entry(data).clock.get("wall_ms")
    except JournalError:
        return None
    return wall_ms if type(wall_ms) is int else None
