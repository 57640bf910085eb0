"""A headquarters that was put back takes a new epoch, and waits for its tills before it decides by what it lacks.

Versions of the feed and counters of requests belong to an epoch: what an older copy of the database says of them is
not to be mixed with what tills heard since. Each till learns of the new epoch by a signed refusal, never goes back to
one it left, and gives what the copy lacks: its own entries, and headquarters' (hq.apart.witness).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from agent.errors import NotAllowedError, UnknownError
from agent.journal.wire.place import HQ
from hq.apart.copies import RESTORED
from hq.books.own import Decision, decide
from hq.clock import now_ms
from hq.database import insert
from hq.publish.announce import Kind, announce
from hq.receive import raw
from hq.receive.tills import NEVER_ASKED
from hq.tables import changed, copy, meta, programme, till, written_off

_EPOCH, _BEGUN = "epoch", "epoch.begun"  # in `meta`


@dataclass(frozen=True, slots=True)
class Awaited:
    """A till that has not reported since a moment, and when it was last heard of (Unix ms)."""

    till: str
    contact_ms: int


def begin_epoch(conn: Connection) -> str:
    """Begin a new epoch of headquarters and return it; its first entry names where the one before it stood.

    Whoever has the database open must open it again. From here on the feed is told from its beginning.
    """
    before = str(conn.execute(select(meta.c.value).where(meta.c.key == _EPOCH)).scalar_one())
    held = raw.open_journal(conn, HQ, before).held
    epoch = os.urandom(16).hex()
    conn.execute(update(meta).where(meta.c.key == _EPOCH).values(value=epoch))
    begun = {"value": str(now_ms())}
    noted = insert(conn, meta).values(key=_BEGUN, **begun)
    conn.execute(noted.on_conflict_do_update(index_elements=["key"], set_=begun))
    conn.execute(delete(changed).where(changed.c.kind == Kind.ENTRY))
    conn.execute(delete(copy).where(copy.c.lost.is_(False)))
    conn.execute(update(till).values(**NEVER_ASKED, reported_ms=None))
    body = {"parent_epoch": before, "parent_head": held.head.hex(), "parent_seq": held.seq, "reason": RESTORED}
    decide(conn, epoch, Decision(f"epoch:{epoch}", "epoch_opened", body))
    announce(conn, Kind.PROGRAMME, conn.scalars(select(programme.c.shop)).all())
    return epoch


def begun_ms(conn: Connection) -> int | None:
    """Return when the epoch began (Unix ms), None for a headquarters that was never put back."""
    text = conn.scalar(select(meta.c.value).where(meta.c.key == _BEGUN))
    return None if text is None else int(text)


def awaited(conn: Connection, since_ms: int) -> list[Awaited]:
    """Return the tills that have not given all they had since a moment and are not written off, by name."""
    gone = select(written_off.c.till).where(written_off.c.till == till.c.id, written_off.c.at_ms > till.c.contact_ms)
    silent = till.c.reported_ms.is_(None) | (till.c.reported_ms < since_ms)
    query = select(till.c.id, till.c.contact_ms).where(silent, ~gone.exists()).order_by(till.c.id)
    return [Awaited(row.id, row.contact_ms) for row in conn.execute(query)]


def everyone_reported(conn: Connection, since_ms: int) -> bool:
    """Say whether every till gave all it had since a moment, or is written off."""
    return not awaited(conn, since_ms)


def is_awaited(conn: Connection, till_id: str) -> bool:
    """Say whether headquarters was put back and a till has not reported since."""
    since_ms = begun_ms(conn)
    return since_ms is not None and till_id in {one.till for one in awaited(conn, since_ms)}


def is_whole(conn: Connection) -> bool:
    """Say whether nothing is missing that a till may still bring back since headquarters was put back.

    What is decided from absence, granted or ended waits until then.
    """
    since_ms = begun_ms(conn)
    return since_ms is None or everyone_reported(conn, since_ms)


def write_off(conn: Connection, till_id: str, *, by: str, epoch: str) -> None:
    """Wait for a till no more until it is heard of again; an entry of headquarters' own.

    Raises UnknownError when there is no such till, NotAllowedError without a name.
    """
    if not by.strip():
        raise NotAllowedError("somebody must answer for it", hint="say who decides: `--by NAME`")
    if conn.scalar(select(till.c.id).where(till.c.id == till_id)) is None:
        raise UnknownError(f"no till {till_id[:80]!r}", hint="list them: `tally-hq tills`")
    held = raw.where(conn, till_id)
    last = {"epoch": held[-1].epoch, "head": held[-1].head.hex(), "seq": held[-1].seq} if held else None
    at_ms = now_ms()
    values = {"at_ms": at_ms, "by_name": by}
    statement = insert(conn, written_off).values(till=till_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["till"], set_=values))
    body = {"by": by, "held": last, "till": till_id}
    decide(conn, epoch, Decision(f"off:{at_ms}:{till_id}"[:64], "till_written_off", body))
