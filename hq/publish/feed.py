"""The feed: what a till has not been told yet, as a page at one moment of the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection, select

from agent.journal.feed import Cursor, EntryRow, Page, ProgrammeRow
from agent.journal.feed import Row as FeedRow
from agent.journal.trust import sign_entry
from agent.journal.wire import HQ, Position
from hq.clock import now_ms
from hq.database import last_version
from hq.keys import Keys
from hq.publish.announce import Kind
from hq.publish.members import Members, Wrapper
from hq.tables import booked, changed, journal, programme, quarantine, raw, till

PAGE_ROWS = 25  # a till applies a page in one commit, and a sale waits for it: 100 took 20 ms
PAGE_LOTS = 5000


def page_for(conn: Connection, till_id: str, after: Cursor, keys: Keys) -> Page:
    """Return what changed since `after`, for a till: its shop's programme, our own entries, members as it may see them.

    `upto` and `quarantined` are of the same moment as the members' lots.
    """
    asking = conn.execute(select(till.c.shop, till.c.profile_key).where(till.c.id == till_id)).one()
    wrapper = Wrapper(keys.profile, X25519PublicKey.from_public_bytes(asking.profile_key))
    told = _changes_since(conn, after.version, asking.shop)
    members = Members(conn, [row.subject for row in told if row.kind == Kind.MEMBER], wrapper)
    taken = _fitting(told[:PAGE_ROWS], members)
    more = len(taken) < len(told)
    upto = _upto(conn, till_id)
    return Page(
        after=after,
        cursor=Cursor(after.epoch, taken[-1].version if more else max(after.version, last_version(conn))),
        more=more,
        now_ms=now_ms(),
        upto=tuple(upto),
        quarantined=tuple(_quarantined(conn, till_id)),
        rows=tuple(_rows(conn, taken, members, keys, after.epoch)),
    )


def _changes_since(conn: Connection, version: int, shop: str) -> Sequence[Any]:
    other_shop = (changed.c.kind == Kind.PROGRAMME) & (changed.c.subject != shop)
    query = select(changed).where(changed.c.version > version, ~other_shop)
    return conn.execute(query.order_by(changed.c.version).limit(PAGE_ROWS + 1)).all()


def _fitting(told: Sequence[Any], members: Members) -> Sequence[Any]:
    """Return as many changes as a page may hold lots for, at least one."""
    lots = 0
    for at, row in enumerate(told):
        lots += members.lots_of(row.subject) if row.kind == Kind.MEMBER else 0
        if lots > PAGE_LOTS and at:
            return told[:at]
    return told


def _rows(conn: Connection, taken: Iterable[Any], members: Members, keys: Keys, epoch: str) -> Iterator[FeedRow]:
    for row in taken:
        match row.kind:
            case Kind.PROGRAMME:
                data = conn.execute(select(programme.c.data).where(programme.c.shop == row.subject)).scalar_one()
                yield ProgrammeRow(data)
            case Kind.ENTRY:
                yield _own_entry(conn, int(row.subject), keys, epoch)
            case Kind.MEMBER:
                yield members.row_of(row.subject)


def _own_entry(conn: Connection, seq: int, keys: Keys, epoch: str) -> EntryRow:
    row = conn.execute(
        select(raw.c.bytes, raw.c.hash)
        .join(journal, journal.c.id == raw.c.journal)
        .where(journal.c.till == HQ, journal.c.epoch == epoch, raw.c.seq == seq)
    ).one()
    return EntryRow(row.bytes, row.hash, sign_entry(row.hash, keys.online))


def _upto(conn: Connection, till_id: str) -> Iterator[Position]:
    """Yield up to where the books contain each epoch of a till."""
    rows = conn.execute(
        select(journal.c.epoch, booked.c.seq, raw.c.hash)
        .join(booked, booked.c.journal == journal.c.id)
        .join(raw, (raw.c.journal == journal.c.id) & (raw.c.seq == booked.c.seq))
        .where(journal.c.till == till_id)
        .order_by(journal.c.id)
    )
    for row in rows:
        yield Position(row.epoch, row.seq, row.hash)


def _quarantined(conn: Connection, till_id: str) -> Iterator[tuple[str, int]]:
    rows = conn.execute(
        select(journal.c.epoch, quarantine.c.seq)
        .join(quarantine, quarantine.c.journal == journal.c.id)
        .where(journal.c.till == till_id)
        .order_by(journal.c.id, quarantine.c.seq)
    )
    for row in rows:
        yield row.epoch, row.seq
