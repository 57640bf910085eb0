"""Taking a batch: the chain is followed, the bytes are stored, and nothing is interpreted.

What headquarters holds of a journal is a prefix of it. What it has already is a success, what has another history is
kept beside it, and a batch with a gap before it leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from agent.errors import ChainBrokenError, JournalError
from agent.journal.batch import BatchItem
from agent.journal.chain import GENESIS, link
from agent.journal.entry import decode_entry
from agent.journal.sealed import digest
from agent.journal.wire import Outcome, Position
from hq.clock import now_ms
from hq.database import copy_in, insert
from hq.receive.tills import raise_flag
from hq.tables import fork, journal, raw, sealed, sealed_key


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal of which headquarters holds a prefix."""

    id: int
    till: str
    held: Position


@dataclass(frozen=True, slots=True)
class Link:
    """An entry that came, and where it stands."""

    seq: int
    hash: bytes
    item: BatchItem


def where(conn: Connection, till_id: str) -> tuple[Position, ...]:
    """Return where each epoch of a till stands at headquarters, in the order in which they were first heard of."""
    rows = conn.execute(select(journal).where(journal.c.till == till_id).order_by(journal.c.id))
    return tuple(Position(row.epoch, row.seq, row.head) for row in rows)


def open_journal(conn: Connection, till_id: str, epoch: str) -> Journal:
    """Return a journal, begun now if nothing is held of it yet."""
    query = select(journal).where(journal.c.till == till_id, journal.c.epoch == epoch)
    row = conn.execute(query).one_or_none()
    if row is None:
        conn.execute(insert(conn, journal).values(till=till_id, epoch=epoch, seq=0, head=GENESIS))
        row = conn.execute(query).one()
    return Journal(row.id, till_id, Position(epoch, row.seq, row.head))


def take(
    conn: Connection, till_id: str, after: Position, items: Sequence[BatchItem], *, to: bytes
) -> tuple[Outcome, Position]:
    """Store the items that follow `after` and return what is held now.

    `to` is the head the till has after the last item; raises ChainBrokenError, and stores nothing, when the items do
    not lead there.
    """
    links = links_to(after, items, to)
    into = open_journal(conn, till_id, after.epoch)
    if after.seq > into.held.seq:
        return Outcome.GAP, into.held
    other = _fork_begins(conn, into, after, links)
    if other is not None:
        keep_fork(conn, into, links[other:])
        raise_flag(conn, till_id, "fork", f"epoch {after.epoch[:8]} has two histories at entry {after.seq + other + 1}")
        return Outcome.FORK, into.held
    keep_profiles(conn, items)
    return Outcome.HELD, append(conn, into, [(one.hash, one.item.data) for one in links if one.seq > into.held.seq])


def append(conn: Connection, into: Journal, rows: Sequence[tuple[bytes, bytes]]) -> Position:
    """Store (hash, bytes) of entries right after what is held, and return what is held now."""
    if not rows:
        return into.held
    first, received_ms = into.held.seq + 1, now_ms()
    copy_in(
        conn,
        raw,
        [
            {"journal": into.id, "seq": seq, "hash": head, "bytes": data, "received_ms": received_ms}
            for seq, (head, data) in enumerate(rows, first)
        ],
    )
    held = Position(into.held.epoch, into.held.seq + len(rows), rows[-1][0])
    conn.execute(update(journal).where(journal.c.id == into.id).values(seq=held.seq, head=held.head))
    return held


def links_to(after: Position, items: Iterable[BatchItem], to: bytes) -> list[Link]:
    """Return where entries stand that follow `after`; raises ChainBrokenError when they do not lead to `to`."""
    head, links = after.head, []
    for seq, item in enumerate(items, after.seq + 1):
        head = link(head, item.data)
        links.append(Link(seq, head, item))
    if head != to:
        raise ChainBrokenError(f"the batch after entry {after.seq} of epoch {after.epoch[:8]} leads to another head")
    return links


def _fork_begins(conn: Connection, into: Journal, after: Position, links: Sequence[Link]) -> int | None:
    """Return the index of the first item that has another history than what is held, or None."""
    if after.seq == into.held.seq:
        return None if after.head == into.held.head else 0
    last = after.seq + len(links)
    rows = conn.execute(
        select(raw.c.seq, raw.c.hash).where(raw.c.journal == into.id, raw.c.seq >= after.seq, raw.c.seq <= last)
    )
    held = {row.seq: row.hash for row in rows} | ({0: GENESIS} if after.seq == 0 else {})
    if held[after.seq] != after.head:
        return 0
    return next((i for i, one in enumerate(links) if held.get(one.seq, one.hash) != one.hash), None)


def keep_fork(conn: Connection, into: Journal, links: Sequence[Link]) -> None:
    """Keep entries that came with the numbers of others."""
    received_ms = now_ms()
    rows = [
        {"journal": into.id, "seq": one.seq, "hash": one.hash, "bytes": one.item.data, "received_ms": received_ms}
        for one in links
    ]
    if rows:
        conn.execute(insert(conn, fork).on_conflict_do_nothing(), rows)


def keep_profiles(conn: Connection, items: Iterable[BatchItem]) -> None:
    """Store the sealed profiles that their entries name, ciphertext and key apart; one that is not named is dropped."""
    for item in items:
        if not item.profiles:
            continue
        try:
            named = set(decode_entry(item.data).profiles)
        except JournalError:
            continue  # the entry will be in quarantine, and it is not known what it names
        for profile in item.profiles:
            identity = {"subject": profile.subject, "digest": digest(profile.sealed)}
            if profile.wrapped_key is not None and tuple(identity.values()) in named:
                conn.execute(insert(conn, sealed).values(**identity, sealed=profile.sealed).on_conflict_do_nothing())
                conn.execute(
                    insert(conn, sealed_key).values(**identity, wrapped=profile.wrapped_key).on_conflict_do_nothing()
                )
