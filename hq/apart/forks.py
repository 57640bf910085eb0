"""Deciding which of several machines is the till. What the others recorded is booked as journals of their own.

The machine that is kept goes on as if nothing had been; the others are told to enrol anew, and spend nothing until
then. Their entries stand in the books once, under the till's name, `~`, and the end of the nonce that they were refused
under (its beginning is that of all who know the same last one): no sale is lost, and none counts twice.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from agent.errors import NotAllowedError, UnknownError
from agent.journal.chain import GENESIS, link
from agent.journal.wire.place import Position
from agent.journal.wire.signing import Nonce
from hq.apart.copies import is_held, is_restored, lost_epochs, places
from hq.books.own import Decision, decide
from hq.books.worker import catch_up, derive
from hq.clock import now_ms
from hq.database import Turn, insert, take_turn
from hq.keys import Keys
from hq.receive import raw
from hq.receive.tills import go_on_from
from hq.tables import branch, copy, flag, fork, journal, till
from hq.tables import raw as raw_table

FLAGS = ("counter", "fork", "copied")  # what was to be looked at, and is decided
_NAMED_BY = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that speaks as a till: where its journal stands, and the nonce it was refused under.

    `entries` are those of its own, which headquarters keeps beside the till's journal. The machine that headquarters
    goes by has no nonce until it was refused, too; nor has one that lost before.
    """

    till: str
    at_ms: int
    epoch: str
    seq: int
    head: str
    entries: int
    nonce: str | None
    lost: bool


def machines(conn: Connection, till_id: str | None = None) -> list[Machine]:
    """Return the machines of tills that were copied or restored, those that lost their till included."""
    query = select(copy).order_by(copy.c.till, copy.c.at_ms, copy.c.nonce)
    if till_id is not None:
        query = query.where(copy.c.till == till_id)
    rows = conn.execute(query).all()
    found = [_machine(conn, row) for row in rows]
    return found + [
        one for name in sorted({row.till for row in rows if not row.lost}) if (one := _main(conn, name, found))
    ]


def _machine(conn: Connection, row: Any) -> Machine:
    own = _beside(conn, row.till, Position(row.epoch, row.seq, row.head))
    head = row.head.hex()
    nonce = None if row.nonce == head else row.nonce
    return Machine(row.till, row.at_ms, row.epoch, row.seq, head, len(own), nonce, row.lost)


def _main(conn: Connection, name: str, known: Sequence[Machine]) -> Machine | None:
    """Return the machine that headquarters goes by, unless it was refused as well and is known."""
    contact_ms = conn.execute(select(till.c.contact_ms).where(till.c.id == name)).scalar_one()
    of_lost = lost_epochs(conn, name)
    held = [place for place in raw.where(conn, name) if place.epoch not in of_lost]
    stands = {(one.epoch, one.head) for one in known if one.till == name}
    if not held or (held[-1].epoch, held[-1].head.hex()) in stands:
        return None
    last = held[-1]
    return Machine(name, contact_ms, last.epoch, last.seq, last.head.hex(), 0, None, lost=False)


def keep(conn: Connection, till_id: str, head: str, *, epoch: str, keys: Keys) -> list[Machine]:
    """Decide that the machine whose journal stands at `head` (hex, its beginning is enough) is the till.

    Returns the machines that are not. Raises UnknownError or NotAllowedError when no single machine is meant.
    """
    take_turn(conn, Turn.BOOKS)
    found = [one for one in machines(conn, till_id) if not one.lost]
    if not found:
        raise UnknownError(f"no two machines speak as till {till_id[:80]!r}", hint="list them: `tally-hq forks`")
    meant = [one for one in found if one.head.startswith(head.lower())]
    if len(meant) != 1 or not head:
        raise NotAllowedError(f"{len(meant)} machines stand at head {head[:64]!r}", hint="list them: `tally-hq forks`")
    (kept,) = meant
    others = [one for one in found if one is not kept]
    before = {position.epoch: position for position in raw.where(conn, till_id)}
    last, *left = path = places(conn, till_id, _position(kept))
    # Of an epoch that a restore ended, headquarters may hold more of this very machine.
    left = [place for place, later in zip(left, path, strict=False) if not is_restored(conn, till_id, later)]
    swapped = [place.epoch for place in (last, *left) if _make_main(conn, till_id, place)]
    known = {place for one in others for place in places(conn, till_id, _position(one))}
    others += [_gone(till_id, before[name]) for name in swapped if name in before and before[name] not in known]
    shared = {place.epoch for place in path}
    for one in others:
        _let_go(conn, till_id, one, shared=shared)
    if kept.nonce is not None:
        conn.execute(delete(copy).where(copy.c.till == till_id, copy.c.nonce == kept.nonce))
        go_on_from(conn, till_id, Nonce.parse(kept.nonce))
    conn.execute(delete(flag).where(flag.c.till == till_id, flag.c.what.in_(FLAGS)))
    body = {"kept": _position(kept).to_map(), "lost": [_position(one).to_map() for one in others], "till": till_id}
    refused_under = Nonce.parse(kept.nonce).random if kept.nonce else "none"
    decide(conn, epoch, Decision(f"fork:{kept.head[:28]}:{refused_under[:28]}", "fork_decided", body))
    (derive if swapped else catch_up)(conn, epoch, keys)
    log.warning("till=%s is the machine at head %s", till_id, kept.head)
    return others


def _gone(till_id: str, at: Position) -> Machine:
    """Return the machine that a till's journal was of until now, which has not been refused yet."""
    return Machine(till_id, 0, at.epoch, at.seq, at.head.hex(), 0, None, lost=True)


def _position(machine: Machine) -> Position:
    return Position(machine.epoch, machine.seq, bytes.fromhex(machine.head))


def _beside(conn: Connection, till_id: str, end: Position) -> list[Any]:
    """Return the rows of `fork` that lead to `end` from what is held, the first one first."""
    into = raw.open_journal(conn, till_id, end.epoch)
    rows = conn.execute(select(fork).where(fork.c.journal == into.id, fork.c.seq <= end.seq)).all()
    kept = {(row.seq, row.hash): row for row in rows}
    found: list[Any] = []
    at = (end.seq, end.head)
    while at in kept:
        row = kept[at]
        found.insert(0, row)
        before = _hash_at(conn, into.id, row.seq - 1)
        others = (head for seq, head in kept if seq == row.seq - 1)
        at = next(
            ((row.seq - 1, head) for head in (before, *others) if head and link(head, row.bytes) == row.hash), (0, b"")
        )
    return found


def _hash_at(conn: Connection, journal_id: int, seq: int) -> bytes | None:
    if seq == 0:
        return GENESIS
    return conn.scalar(select(raw_table.c.hash).where(raw_table.c.journal == journal_id, raw_table.c.seq == seq))


def _make_main(conn: Connection, till_id: str, place: Position) -> bool:
    """Let the till's journal lead to `place`; what it was is kept beside it. False if it does already."""
    own, held = _beside(conn, till_id, place), raw.open_journal(conn, till_id, place.epoch)
    if held.held == place:
        return False
    if not own and not is_held(conn, till_id, place):
        raise NotAllowedError(f"what that machine recorded in epoch {place.epoch[:8]} is another machine's by now")
    into, first = held.id, own[0].seq if own else place.seq + 1
    beyond = (raw_table.c.journal == into) & (raw_table.c.seq >= first)
    columns = ("journal", "seq", "hash", "bytes", "received_ms")
    aside = conn.execute(select(*(raw_table.c[name] for name in columns)).where(beyond)).all()
    conn.execute(delete(raw_table).where(beyond))
    for row in own:
        conn.execute(delete(fork).where(fork.c.journal == into, fork.c.seq == row.seq, fork.c.hash == row.hash))
    for table, rows in ((fork, aside), (raw_table, own)):
        if rows:
            conn.execute(insert(conn, table), [{name: getattr(row, name) for name in columns} for row in rows])
    conn.execute(update(journal).where(journal.c.id == into).values(seq=place.seq, head=place.head))
    return True


def _let_go(conn: Connection, till_id: str, machine: Machine, *, shared: Collection[str]) -> None:
    """Give a machine that is not the till a journal of its own, from where it parted with the till's.

    `shared` are the epochs of the machine that is the till.
    """
    end = _position(machine)
    is_known = machine.nonce is not None or end.epoch not in shared
    if is_known:
        _note_lost(conn, till_id, machine, shared)
    name = f"{till_id}~{(Nonce.parse(machine.nonce).random if machine.nonce else machine.head)[-_NAMED_BY:]}"
    for place in places(conn, till_id, end):
        own = _beside(conn, till_id, place)
        goes_on = place == end and is_known and is_held(conn, till_id, end)
        if own or goes_on:
            _begin_branch(conn, name, place, _before(conn, own[0], place.epoch) if own else end, own)


def _note_lost(conn: Connection, till_id: str, machine: Machine, shared: Collection[str]) -> None:
    """Note that a machine lost: by its nonce, or before it was refused by its head, and by the epoch it speaks in."""
    if machine.nonce is None:
        end = _position(machine)
        place = {"epoch": end.epoch, "seq": end.seq, "head": end.head, "own": end.epoch}
        noted = insert(conn, copy).values(till=till_id, nonce=machine.head, at_ms=now_ms(), lost=True, **place)
        conn.execute(noted.on_conflict_do_nothing())
        return
    row = (copy.c.till == till_id) & (copy.c.nonce == machine.nonce)
    conn.execute(update(copy).where(row).values(lost=True))
    conn.execute(update(copy).where(row, copy.c.own.in_(shared)).values(own=None))


def _begin_branch(conn: Connection, name: str, end: Position, parted: Position, own: Sequence[Any]) -> None:
    made = insert(conn, journal).values(till=name, epoch=end.epoch, seq=end.seq, head=end.head)
    journal_id = conn.execute(made.returning(journal.c.id)).scalar_one()
    conn.execute(insert(conn, branch).values(journal=journal_id, seq=parted.seq))
    for row in own:
        moved = {"journal": journal_id, "seq": row.seq, "hash": row.hash, "bytes": row.bytes}
        conn.execute(insert(conn, raw_table).values(**moved, received_ms=row.received_ms))
        conn.execute(delete(fork).where(fork.c.journal == row.journal, fork.c.seq == row.seq, fork.c.hash == row.hash))


def _before(conn: Connection, row: Any, epoch: str) -> Position:
    return Position(epoch, row.seq - 1, _hash_at(conn, row.journal, row.seq - 1) or GENESIS)
