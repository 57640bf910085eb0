"""Machines that speak as one till: what they bring is kept, and none goes on until it is clear which is the till.

A machine whose request is not the till's next one is told so, and brings what it holds under the nonce that was
refused: that opens its case. From then on whoever speaks as this till is told the same. No counter and no nonce is used
for it: entries follow one another by their hashes, and the same may come again.

One case closes by itself: a till that was restored says so in the first entry of its new epoch. If that grew from what
headquarters holds, and headquarters hears of that epoch for the first time, and no other machine has spoken since, it
is the till. Should the old one speak after all, or a copy of the new one, that is two machines again, and a person
decides: an epoch closes one case, and no more.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from agent.errors import JournalError
from agent.journal.batch import BatchItem
from agent.journal.chain import GENESIS
from agent.journal.entry import decode_entry
from agent.journal.wire.apart import Branched, Standing
from agent.journal.wire.place import Position
from agent.journal.wire.signing import Nonce
from hq.clock import now_ms
from hq.database import insert
from hq.receive import raw
from hq.receive.tills import go_on_from, is_next, raise_flag
from hq.tables import branch, copy, fork, journal
from hq.tables import raw as raw_table

RESTORED = "restored"  # why an epoch began, as its first entry says

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Brought:
    """A part of what a machine holds: the entries that follow `after` and lead to `to`; `done` if it is the last."""

    after: Position
    items: Sequence[BatchItem]
    to: bytes
    done: bool

    @property
    def end(self) -> Position:
        """Where the machine's journal stands after it."""
        return Position(self.after.epoch, self.after.seq + len(self.items), self.to)


def are_several(conn: Connection, till_id: str) -> bool:
    """Say whether two machines speak as a till, and nobody has decided which of them it is."""
    query = select(copy.c.till).where(copy.c.till == till_id, copy.c.lost.is_(False)).limit(1)
    return conn.scalar(query) is not None


def is_known(conn: Connection, till_id: str, nonce: Nonce) -> bool:
    """Say whether a machine brought what it holds under this nonce: until somebody decided it stays at that request."""
    return conn.scalar(select(copy.c.till).where(copy.c.till == till_id, copy.c.nonce == str(nonce))) is not None


def has_lost(conn: Connection, till_id: str, nonce: Nonce) -> bool:
    """Say whether a person decided that the machine with this nonce is not the till."""
    return bool(conn.scalar(select(copy.c.lost).where(copy.c.till == till_id, copy.c.nonce == str(nonce))))


def take(conn: Connection, till_id: str, nonce: Nonce, brought: Brought) -> Branched:
    """Keep what a machine brings and say how it stands with it.

    Raises ChainBrokenError, and keeps nothing, when the entries do not lead where it says.
    """
    lost = has_lost(conn, till_id, nonce)
    if not lost and is_next(conn, till_id, nonce) and not are_several(conn, till_id):
        return Branched(raw.open_journal(conn, till_id, brought.after.epoch).held, Standing.TILL)
    begun = raw.open_journal(conn, till_id, brought.after.epoch).held.seq == 0
    if not store(conn, till_id, brought):
        return Branched(raw.open_journal(conn, till_id, brought.after.epoch).held, Standing.GAP)
    lost = lost or _is_of_the_lost(conn, till_id, brought.end)
    _note(conn, till_id, nonce, brought.end, lost=lost, begun=begun)
    if lost:
        return Branched(brought.end, Standing.LOST)
    if brought.done and _is_the_restored(conn, till_id, nonce, brought.end) and _is_alone(conn, till_id, nonce):
        go_on_from(conn, till_id, nonce)
        conn.execute(delete(copy).where(copy.c.till == till_id, copy.c.nonce == str(nonce)))
        log.warning("till=%s was restored and goes on in epoch %s", till_id, brought.after.epoch[:8])
        return Branched(brought.end, Standing.TILL)
    if brought.done:
        raise_flag(conn, till_id, "copied", "two machines speak as this till: see `tally-hq forks`")
    return Branched(brought.end, Standing.OPEN)


def standing_of(conn: Connection, till_id: str, nonce: Nonce, at: Position) -> Standing:
    """Say how it stands with a machine without a line, whose journal ends at `at` and which last asked under a nonce.

    It is the till once somebody decided and its journal is the till's. One that lost and had recorded nothing of its
    own stands on that, too: then it is known by its nonce, or by where it stood, and whoever stands right there waits.
    """
    lost = conn.scalars(select(copy.c.head).where(copy.c.till == till_id, copy.c.lost)).all()
    if has_lost(conn, till_id, nonce) or _is_of_the_lost(conn, till_id, at):
        return Standing.LOST
    if are_several(conn, till_id) or not lost or at.head in lost or not is_held(conn, till_id, at):
        return Standing.OPEN
    return Standing.TILL


def _note(conn: Connection, till_id: str, nonce: Nonce, end: Position, *, lost: bool, begun: bool) -> None:
    """Note where a machine stands, and which epoch is its own: it was the first to bring of it (`begun`)."""
    values: dict[str, Any] = {"epoch": end.epoch, "seq": end.seq, "head": end.head, "lost": lost}
    if begun:
        values["own"] = end.epoch
    added = insert(conn, copy).values(till=till_id, nonce=str(nonce), at_ms=now_ms(), **values)
    conn.execute(added.on_conflict_do_update(index_elements=["till", "nonce"], set_=values))


def _is_alone(conn: Connection, till_id: str, nonce: Nonce) -> bool:
    others = select(copy.c.nonce).where(copy.c.till == till_id, copy.c.nonce != str(nonce), copy.c.lost.is_(False))
    return conn.scalar(others.limit(1)) is None


def _is_the_restored(conn: Connection, till_id: str, nonce: Nonce, end: Position) -> bool:
    """Say whether a machine was restored, and nobody else has spoken in its epoch, or come with a later one."""
    own = conn.scalar(select(copy.c.own).where(copy.c.till == till_id, copy.c.nonce == str(nonce)))
    return own == end.epoch and is_restored(conn, till_id, end) and raw.where(conn, till_id)[-1] == end


def is_restored(conn: Connection, till_id: str, end: Position) -> bool:
    """Say whether the epoch was begun by a restore, from entries that headquarters holds."""
    grown = grown_from(conn, till_id, end.epoch)
    return grown is not None and grown[1] == RESTORED and is_held(conn, till_id, grown[0])


def grown_from(conn: Connection, till_id: str, epoch: str) -> tuple[Position, str | None] | None:
    """Return where an epoch of a till grew from and why it was begun, None for its first one or an unknown one."""
    first = _bytes_at(conn, till_id, epoch, 1)
    try:
        body = {} if first is None else decode_entry(first).body
        if body.get("parent_epoch") is None:
            return None
        parent = Position.from_map({name: body[f"parent_{name}"] for name in ("epoch", "seq", "head")})
    except (JournalError, KeyError, TypeError, ValueError):
        return None
    return parent, body.get("reason")


def places(conn: Connection, till_id: str, end: Position) -> list[Position]:
    """Return where a machine's journal stands in each of its epochs, the last one first."""
    found = [end]
    while grown := grown_from(conn, till_id, found[-1].epoch):
        if grown[0].epoch in {one.epoch for one in found}:
            break  # no till of ours writes that
        found.append(grown[0])
    return found


def is_held(conn: Connection, till_id: str, position: Position) -> bool:
    """Say whether a position lies on what headquarters holds of a till's journal."""
    query = (
        select(raw_table.c.hash)
        .join(journal, journal.c.id == raw_table.c.journal)
        .where(journal.c.till == till_id, journal.c.epoch == position.epoch, raw_table.c.seq == position.seq)
    )
    return (GENESIS if position.seq == 0 else conn.scalar(query)) == position.head


def _bytes_at(conn: Connection, till_id: str, epoch: str, seq: int) -> bytes | None:
    query = (
        select(raw_table.c.bytes)
        .join(journal, journal.c.id == raw_table.c.journal)
        .where(journal.c.till == till_id, journal.c.epoch == epoch, raw_table.c.seq == seq)
    )
    return conn.scalar(query)


def store(conn: Connection, till_id: str, brought: Brought) -> bool:
    """Store entries where they belong: after the journal, in a branch that was decided on, or beside both.

    False if they follow nothing that is here. Raises ChainBrokenError when they do not lead where the machine says.
    """
    rows = raw.follow(brought.after, brought.items, brought.to)
    into = raw.open_journal(conn, till_id, brought.after.epoch)
    heads = [head for head, _ in rows]
    own = _branch_of(conn, till_id, brought.after, heads)
    if own is not None:
        raw.append(conn, own, rows[own.held.seq - brought.after.seq :])
        conn.execute(
            delete(fork).where(fork.c.journal == into.id, fork.c.hash.in_(heads))
        )  # it may have sent them before
    elif is_held(conn, till_id, brought.after):
        raw.take(conn, till_id, brought.after, brought.items, to=brought.to)
    elif _is_fork(conn, into.id, brought.after):
        raw.keep_fork(conn, into, rows, first=brought.after.seq + 1)
    else:
        return False
    raw.keep_profiles(conn, brought.items)
    return True


def _branch_of(conn: Connection, till_id: str, after: Position, heads: Sequence[bytes]) -> raw.Journal | None:
    """Return the branch that ends at `after`, or has one of the entries that follow it."""
    for row in conn.execute(_branches(till_id).where(journal.c.epoch == after.epoch)):
        ends = (row.seq, row.head) == (after.seq, after.head)
        if ends or _has(conn, row.id, [after.head, *heads]):
            return raw.Journal(row.id, row.till, Position(row.epoch, row.seq, row.head))
    return None


def _is_of_the_lost(conn: Connection, till_id: str, end: Position) -> bool:
    """Say whether an epoch of a machine is one of those that lost, or its last entry there one of theirs."""
    found = places(conn, till_id, end)
    if lost_epochs(conn, till_id) & {place.epoch for place in found}:
        return True
    heads = [place.head for place in found]
    return any(_has(conn, row.id, heads) for row in conn.execute(_branches(till_id)).all())


def lost_epochs(conn: Connection, till_id: str) -> set[str]:
    """Return the epochs of a till in which only machines speak that lost it."""
    return set(conn.scalars(select(copy.c.own).where(copy.c.till == till_id, copy.c.lost, copy.c.own.is_not(None))))


def _branches(till_id: str) -> Select[Any]:
    mine = journal.c.till.startswith(f"{till_id}~", autoescape=True)
    return select(journal).join(branch, branch.c.journal == journal.c.id).where(mine)


def _has(conn: Connection, journal_id: int, heads: Sequence[bytes]) -> bool:
    query = select(raw_table.c.seq).where(raw_table.c.journal == journal_id, raw_table.c.hash.in_(heads))
    return conn.scalar(query.limit(1)) is not None


def _is_fork(conn: Connection, journal_id: int, at: Position) -> bool:
    query = select(fork.c.seq).where(fork.c.journal == journal_id, fork.c.seq == at.seq, fork.c.hash == at.head)
    return conn.scalar(query) is not None
