"""Taking a batch: the chain is followed, the bytes are stored, and nothing is interpreted.

What headquarters holds of a journal is a prefix of it. What it has already is a success, what has another history is
kept beside it, and a batch with a gap before it leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from agent.errors import ChainBrokenError, JournalError
from agent.journal.batch import BatchItem, SealedProfile
from agent.journal.chain import GENESIS, link
from agent.journal.entry import decode_entry
from agent.journal.sealed import digest
from agent.journal.wire.meeting import Outcome
from agent.journal.wire.place import Position
from hq.clock import now_ms
from hq.database import copy_in, insert
from hq.receive.tills import raise_flag
from hq.tables import fork, journal, raw, sealed, sealed_key

Hashed = tuple[bytes, bytes]  # the hash of an entry and its bytes

_COLUMNS = ("journal", "seq", "hash", "bytes", "received_ms")


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal of which headquarters holds a prefix."""

    id: int
    till: str
    held: Position


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
    rows = follow(after, items, to)
    into = open_journal(conn, till_id, after.epoch)
    if after.seq > into.held.seq:
        return Outcome.GAP, into.held
    other = _fork_begins(conn, into, after, rows)
    if other is not None:
        first = after.seq + other + 1
        keep_fork(conn, into, rows[other:], first=first)
        raise_flag(conn, till_id, "fork", f"epoch {after.epoch[:8]} has two histories at entry {first}")
        return Outcome.FORK, into.held
    keep_profiles(conn, items)
    return Outcome.HELD, append(conn, into, rows[into.held.seq - after.seq :])


def append(conn: Connection, into: Journal, rows: Sequence[Hashed]) -> Position:
    """Store entries right after what is held, and return what is held now."""
    if not rows:
        return into.held
    received_ms = now_ms()
    numbered = enumerate(rows, into.held.seq + 1)
    copy_in(conn, raw, _COLUMNS, [(into.id, seq, head, data, received_ms) for seq, (head, data) in numbered])
    held = Position(into.held.epoch, into.held.seq + len(rows), rows[-1][0])
    conn.execute(update(journal).where(journal.c.id == into.id).values(seq=held.seq, head=held.head))
    return held


def follow(after: Position, items: Iterable[BatchItem], to: bytes) -> list[Hashed]:
    """Return the entries that follow `after`; raises ChainBrokenError when they do not lead to `to`."""
    head, rows = after.head, []
    for item in items:
        head = link(head, item.data)
        rows.append((head, item.data))
    if head != to:
        raise ChainBrokenError(f"the batch after entry {after.seq} of epoch {after.epoch[:8]} leads to another head")
    return rows


def _fork_begins(conn: Connection, into: Journal, after: Position, rows: Sequence[Hashed]) -> int | None:
    """Return the index of the first entry that has another history than what is held, or None."""
    if after.seq == into.held.seq:
        return None if after.head == into.held.head else 0
    last = after.seq + len(rows)
    found = conn.execute(
        select(raw.c.seq, raw.c.hash).where(raw.c.journal == into.id, raw.c.seq >= after.seq, raw.c.seq <= last)
    )
    held = {row.seq: row.hash for row in found} | ({0: GENESIS} if after.seq == 0 else {})
    if held[after.seq] != after.head:
        return 0
    numbered = enumerate(rows, after.seq + 1)
    return next((seq - after.seq - 1 for seq, (head, _) in numbered if held.get(seq, head) != head), None)


def keep_fork(conn: Connection, into: Journal, rows: Sequence[Hashed], *, first: int) -> None:
    """Keep entries that came with the numbers of others, from `first` on."""
    received_ms = now_ms()
    values = [
        dict(zip(_COLUMNS, (into.id, seq, head, data, received_ms), strict=True))
        for seq, (head, data) in enumerate(rows, first)
    ]
    if values:
        conn.execute(insert(conn, fork).on_conflict_do_nothing(), values)


def keep_profiles(conn: Connection, items: Iterable[BatchItem]) -> None:
    """Store the sealed profiles that their entries name, ciphertext and key apart; one that is not named is dropped."""
    kept = [one for item in items if item.profiles for one in _named_profiles(item)]
    if not kept:
        return
    identities = [{"subject": one.subject, "digest": digest(one.sealed)} for one in kept]
    for table, name, values in (
        (sealed, "sealed", (one.sealed for one in kept)),
        (sealed_key, "wrapped", (one.wrapped_key for one in kept)),
    ):
        rows = [{**identity, name: value} for identity, value in zip(identities, values, strict=True)]
        conn.execute(insert(conn, table).on_conflict_do_nothing(), rows)


def _named_profiles(item: BatchItem) -> list[SealedProfile]:
    """Return the profiles of an item that came with their keys and that its entry names."""
    try:
        named = set(decode_entry(item.data).profiles)
    except JournalError:
        return []  # the entry will be in quarantine, and it is not known what it names
    return [one for one in item.profiles if one.wrapped_key is not None and (one.subject, digest(one.sealed)) in named]
