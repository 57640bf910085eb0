"""What tills give back of headquarters' own journal: entries of epochs that it has left, which its backup lacked.

A till keeps each entry with the signature it came with, and the root key's word for the keys that signed. An entry is
taken if it goes on where headquarters' own copy of that epoch ends, and a key that was delegated for the feed signed
it. A thief who has a stolen key and a till of the chain could make one up: it would stand in the journal, signed, under
the epoch that was left, and `tally-hq keys rotate` ends that key for everything after.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from agent.errors import ChainBrokenError, JournalError
from agent.journal.chain import GENESIS, check_place, link
from agent.journal.entry import decode_entry
from agent.journal.trust import Delegation, Role, check_entry
from agent.journal.wire.apart import Witness
from agent.journal.wire.place import HQ, Position
from hq.database import insert
from hq.receive import raw
from hq.receive.tills import raise_flag
from hq.tables import journal, witnessed
from hq.tables import raw as raw_table

log = logging.getLogger(__name__)


def left(conn: Connection, epoch: str) -> tuple[Position, ...]:
    """Return what is held of the epochs of headquarters' own journal that it has left."""
    return tuple(position for position in raw.where(conn, HQ) if position.epoch != epoch)


def take(conn: Connection, till_id: str, said: Witness, *, root: bytes, epoch: str) -> Position:
    """Take what a till gives back and return what is held of that epoch now; note what it bears witness to.

    Raises JournalError, and takes nothing, when the entries are none of ours, of an epoch that nothing here grew from,
    or do not lead to where the till says.
    """
    at = said.after
    rows, known = _checked(said, root=root), {position.epoch for position in left(conn, epoch)}
    if at.epoch == epoch or (at.epoch not in known and _parent_of(said) not in known):
        raise JournalError(f"this headquarters was never of epoch {at.epoch[:8]!r}")
    into = raw.open_journal(conn, HQ, at.epoch)
    if at.seq > into.held.seq:
        return into.held
    if _hash_at(conn, into, at.seq) != at.head:
        raise_flag(conn, HQ, "fork", f"till {till_id} has another history of our epoch {at.epoch[:8]} at {at.seq}")
        return into.held
    new = rows[into.held.seq - at.seq :]
    if new and link(into.held.head, new[0][1]) == new[0][0]:
        into = raw.Journal(into.id, HQ, raw.append(conn, into, new))
        log.warning("till=%s gave back %d own entries of epoch %s", till_id, len(new), at.epoch[:8])
    _note(conn, till_id, into, said.held)
    return into.held


def _parent_of(said: Witness) -> str | None:
    """Return which epoch the one of these entries grew from, None unless they begin it: we were put back to before."""
    if said.after.seq or not said.entries:
        return None
    parent = decode_entry(said.entries[0][0]).body.get("parent_epoch")
    return parent if isinstance(parent, str) else None


def _checked(said: Witness, *, root: bytes) -> list[tuple[bytes, bytes]]:
    """Return (hash, bytes) of the entries, each signed by a key that spoke for headquarters."""
    keys = [Delegation.check(one, root=root, role=Role.FEED).key for one in said.delegations]
    head, rows = said.after.head, []
    for seq, (data, signature) in enumerate(said.entries, said.after.seq + 1):
        check_place(decode_entry(data), till=HQ, epoch=said.after.epoch, seq=seq)
        head = link(head, data)
        _check_signed(head, signature, keys)
        rows.append((head, data))
    return rows


def _check_signed(head: bytes, signature: bytes, keys: Iterable[bytes]) -> None:
    for key in keys:
        try:
            check_entry(head, signature, key=key)
        except JournalError:
            continue
        return
    raise ChainBrokenError("no key of this headquarters signed the entry that is given back")


def _hash_at(conn: Connection, into: raw.Journal, seq: int) -> bytes | None:
    if seq == 0:
        return GENESIS
    return conn.scalar(select(raw_table.c.hash).where(raw_table.c.journal == into.id, raw_table.c.seq == seq))


def _note(conn: Connection, till_id: str, into: raw.Journal, held: Position) -> None:
    """Note up to where a till has our entries, if they are the ones we hold."""
    if _hash_at(conn, into, held.seq) == held.head:
        statement = insert(conn, witnessed).values(till=till_id, epoch=held.epoch, seq=held.seq)
        again = statement.on_conflict_do_update(index_elements=["till", "epoch"], set_={"seq": held.seq})
        conn.execute(again)


def never_left(conn: Connection, epoch: str) -> list[tuple[str, int, str, str]]:
    """Return (epoch, seq, kind, op) of own entries that no till bears witness to, of epochs that were left.

    As long as a till has not reported, it may still have them.
    """
    top = select(witnessed.c.epoch, func.max(witnessed.c.seq).label("seq")).group_by(witnessed.c.epoch)
    known = {row.epoch: row.seq for row in conn.execute(top)}
    found = []
    for position in left(conn, epoch):
        rows = conn.execute(
            select(raw_table.c.seq, raw_table.c.bytes)
            .join(journal, journal.c.id == raw_table.c.journal)
            .where(journal.c.till == HQ, journal.c.epoch == position.epoch)
            .where(raw_table.c.seq > known.get(position.epoch, 0))
            .order_by(raw_table.c.seq)
        )
        for row in rows:
            entry = decode_entry(row.bytes)
            found.append((position.epoch, entry.seq, entry.kind, entry.op))
    return found
