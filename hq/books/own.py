"""Headquarters' own journal: what it decides is an entry, chained and booked as any till's."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from agent.journal.chain import link
from agent.journal.entry import Entry, Posting, encode, encode_entry
from agent.journal.wire.place import HQ
from hq.books.fold import Source, book
from hq.clock import now_ms
from hq.publish.announce import Kind, announce
from hq.receive.raw import append, open_journal
from hq.tables import decision as decided

POSTINGS_MAX = 400  # in an entry that may concern many lots; four take a lot's units by time, so that none is torn


@dataclass(frozen=True, slots=True)
class Decision:
    """What headquarters decided: `op` names it once for ever."""

    op: str
    kind: str
    body: Mapping[str, Any]
    postings: tuple[Posting, ...] = ()


def decide(conn: Connection, epoch: str, decision: Decision) -> bool:
    """Append a decision to headquarters' journal, book it and announce it, in the commit of what led to it.

    False if it was decided before: nothing is decided twice under one op.
    """
    if is_decided(conn, decision.op):
        return False
    journal = open_journal(conn, HQ, epoch)
    at_ms = now_ms()
    entry = Entry(
        till=HQ,
        epoch=epoch,
        seq=journal.held.seq + 1,
        id=_uuid7(at_ms),
        op=decision.op,
        kind=decision.kind,
        day=datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat(),
        clock={"wall_ms": at_ms},
        by=HQ,
        postings=decision.postings,
        body=decision.body,
    )
    data = encode_entry(entry)
    append(conn, journal, [(link(journal.held.head, data), data)])
    book(conn, Source(journal.id, HQ, epoch), [(entry.seq, data)])
    announce(conn, Kind.ENTRY, [str(entry.seq)])
    return True


def is_decided(conn: Connection, op: str) -> bool:
    """Say whether there is a decision of this name."""
    return conn.scalar(select(decided.c.op).where(decided.c.op == op)) is not None


def op_for(what: str, *parts: str) -> str:
    """Return the op of a decision about things whose names may be too long for one."""
    names = encode({"of": list(parts)})
    return f"{what}:{hashlib.sha256(names).hexdigest()[:32]}"


def _uuid7(at_ms: int) -> str:
    """Return a UUIDv7 (RFC 9562, 5.7)."""
    value = at_ms << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
