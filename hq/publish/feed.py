"""The feed: what a till has not been told yet, as a page at one moment of the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection, select

from agent.journal.feed import Cursor, EntryRow, Page, TillRow
from agent.journal.feed import Row as FeedRow
from agent.journal.trust import sign_entry
from agent.journal.wire.place import HQ, Position
from hq.clock import beacon_ms
from hq.database import last_version
from hq.keys import Keys
from hq.publish.announce import Kind
from hq.publish.codes import Vouchers, shop_key_rows
from hq.publish.members import Asking, Members
from hq.publish.programmes import row_of as programme_row
from hq.publish.staff import rows_of as staff_rows
from hq.tables import booked, changed, journal, quarantine, raw, replaced, till

PAGE_ROWS = 25  # a till applies a page in one commit, and a sale waits for it: 100 took 20 ms
PAGE_LIGHT_ROWS = 250  # of tills, keys and vouchers, which are one statement each; ten take a row's place
PAGE_LOTS = 5000
_LIGHT = frozenset((Kind.TILL, Kind.SHOP_KEY, Kind.VOUCHER, Kind.STAFF))


def page_for(conn: Connection, till_id: str, after: Cursor, keys: Keys) -> Page:
    """Return what changed since `after`, for a till: its shop's programme, our own entries, members as it may see them.

    `upto` and `quarantined` are of the same moment as the members' lots.
    """
    asking = conn.execute(select(till.c.shop, till.c.profile_key).where(till.c.id == till_id)).one()
    receiver = X25519PublicKey.from_public_bytes(asking.profile_key)
    who = Asking(asking.shop, receiver, keys.profile)
    changes = _changes_since(conn, after.version, asking.shop)
    told = list(_page_of(changes))
    members = Members(conn, [row.subject for row in told if row.kind == Kind.MEMBER], who)
    taken = _fitting(told, members)
    more = len(taken) < len(changes)
    return Page(
        after=after,
        cursor=Cursor(after.epoch, taken[-1].version if more else max(after.version, last_version(conn))),
        more=more,
        now_ms=beacon_ms(conn),
        upto=tuple(upto_of(conn, till_id)),
        quarantined=tuple(quarantined_of(conn, till_id)),
        rows=(
            *_rows(conn, taken, members, keys, after.epoch),
            *_rows_of_codes(conn, taken, keys.profile, receiver),
        ),
    )


def _changes_since(conn: Connection, version: int, shop: str) -> Sequence[Any]:
    other_shop = changed.c.kind.in_((Kind.PROGRAMME, Kind.SHOP_KEY)) & (changed.c.subject != shop)
    other_staff = (changed.c.kind == Kind.STAFF) & ~changed.c.subject.startswith(f"{shop}/", autoescape=True)
    query = select(changed).where(changed.c.version > version, ~other_shop, ~other_staff)
    return conn.execute(query.order_by(changed.c.version).limit(PAGE_LIGHT_ROWS + 1)).all()


def _page_of(changes: Iterable[Any]) -> Iterator[Any]:
    """Yield as many changes as a page may hold rows for."""
    light = PAGE_LIGHT_ROWS // PAGE_ROWS
    left = light * PAGE_ROWS
    for row in changes:
        left -= 1 if row.kind in _LIGHT else light
        if left < 0:
            return
        yield row


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
                said = programme_row(conn, row.subject)
                if said is not None:
                    yield said
            case Kind.ENTRY:
                yield _own_entry(conn, int(row.subject), keys, epoch)
            case Kind.MEMBER:
                yield members.row_of(row.subject)


def _rows_of_codes(
    conn: Connection, taken: Iterable[Any], own: X25519PrivateKey, receiver: X25519PublicKey
) -> Iterator[FeedRow]:
    """Yield what a till needs to believe codes and people; its order among the others does not matter."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for row in taken:
        subjects[row.kind].append(row.subject)
    for keys in (
        select(till.c.id, till.c.key).where(till.c.id.in_(subjects[Kind.TILL])),
        select(replaced.c.till, replaced.c.key).where(replaced.c.till.in_(subjects[Kind.TILL])),
    ):
        for name, key in conn.execute(keys):
            yield TillRow(name, key)  # what a machine gave out counts when another stands in its place
    for shop in subjects[Kind.SHOP_KEY]:
        yield from shop_key_rows(conn, shop, own, receiver)
    vouchers = Vouchers(conn, subjects[Kind.VOUCHER], own)
    for subject in subjects[Kind.VOUCHER]:
        yield vouchers.row_of(subject)
    yield from staff_rows(conn, subjects[Kind.STAFF])


def _own_entry(conn: Connection, seq: int, keys: Keys, epoch: str) -> EntryRow:
    row = conn.execute(
        select(raw.c.bytes, raw.c.hash)
        .join(journal, journal.c.id == raw.c.journal)
        .where(journal.c.till == HQ, journal.c.epoch == epoch, raw.c.seq == seq)
    ).one()
    return EntryRow(row.bytes, row.hash, sign_entry(row.hash, keys.feed.private))


def upto_of(conn: Connection, till_id: str) -> Iterator[Position]:
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


def quarantined_of(conn: Connection, till_id: str) -> Iterator[tuple[str, int]]:
    """Yield which entries (epoch, seq) of a till the books leave out."""
    rows = conn.execute(
        select(journal.c.epoch, quarantine.c.seq)
        .join(quarantine, quarantine.c.journal == journal.c.id)
        .where(journal.c.till == till_id)
        .order_by(journal.c.id, quarantine.c.seq)
    )
    for row in rows:
        yield row.epoch, row.seq
