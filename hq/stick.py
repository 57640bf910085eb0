"""A till's half that came by stick: its entries are taken as at the door, and the answer is a file to carry back.

No counter and no nonce: entries follow one another by their hashes, and the answer says only what may be said twice. So
a stick may come late, again, or after a later one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from agent.errors import JournalError, RejectedError
from agent.journal import batch, feed
from agent.journal.entry import decode_entry
from agent.journal.feed import Cursor
from agent.journal.stick.messages import Batch, FromHq, FromTill
from agent.journal.stick.sealing import STICK_BYTES_MAX, Sealed, open_sealed
from agent.journal.wire.apart import Standing, Witness
from agent.journal.wire.form import compress, expand
from agent.journal.wire.meeting import Outcome
from agent.journal.wire.signing import Nonce
from hq.apart import copies, witness
from hq.apart.epochs import is_awaited
from hq.books.worker import advance
from hq.clock import now_ms
from hq.database import Database
from hq.keys import Keys
from hq.publish.feed import page_for
from hq.receive import raw, tills
from hq.receive.replacing import old_keys
from hq.tables import journal
from hq.tables import raw as raw_table

_PAGES_BYTES_MAX = STICK_BYTES_MAX // 2  # what does not fit goes with the next stick

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was on a stick: how many entries were new, and what kept others from being taken, if anything.

    `answer` is the file to carry back; None if the till's place was taken by another machine since.
    """

    till: str
    entries: int
    trouble: str | None
    answer: bytes | None


def take(database: Database, keys: Keys, data: bytes) -> Taken:
    """Take a stick, book what it brought and make the answer.

    Raises RejectedError when no till that is known here signed it, JournalError when it is none or does not hold.
    """
    sealed = open_sealed(data)
    stick = FromTill.unpack(sealed)
    with database.read() as conn:
        last_journal = _signer(conn, stick.till, sealed)
    entries, trouble = 0, None
    for one in stick.batches:
        with database.write() as conn:
            if last_journal is not None and not _is_of_old(conn, stick.till, one.after.epoch, last_journal):
                raise RejectedError(f"epoch {one.after.epoch[:8]} was begun by another machine than the one replaced")
            taken, outcome = (_take if stick.apart is None else _take_aside)(conn, stick.till, one)
        entries += taken
        if outcome is not Outcome.HELD:
            trouble = f"{outcome} in epoch {one.after.epoch[:8]} after entry {one.after.seq}"
            log.warning("stick of till=%s: %s", stick.till, trouble)
    if last_journal is None:
        trouble = _take_back(database, keys, stick) or trouble
        if trouble is None:
            _note_reported(database, stick)
    while advance(database, keys):
        pass
    log.info("stick of till=%s: entries=%d", stick.till, entries)
    return Taken(stick.till, entries, trouble, None if last_journal is not None else _answer(database, keys, stick))


def _note_reported(database: Database, stick: FromTill) -> None:
    """Note that the till gave all it had, unless there may be another machine in its name."""
    is_till = stick.apart is None and stick.cursor.epoch == database.epoch
    if is_till and stick.heard_ms is not None:
        with database.write() as conn:
            tills.reported(conn, stick.till, stick.heard_ms)


def _take_back(database: Database, keys: Keys, stick: FromTill) -> str | None:
    """Take what a till gives back of headquarters' own entries; returns what kept one from being taken."""
    for data in stick.witnesses:
        try:
            said = Witness.unpack(expand(data, bytes_max=batch.BATCH_BYTES_MAX))
            with database.write() as conn:
                witness.take(conn, stick.till, said, root=keys.root, epoch=database.epoch)
        except JournalError as error:
            log.warning("stick of till=%s: %s", stick.till, error)
            return str(error)
    return None


def write(path: Path, data: bytes) -> None:
    """Write a file that is whole or absent, and on the stick when this returns."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _signer(conn: Connection, till_id: str, sealed: Sealed) -> int | None:
    """Return None if the till as it is now signed the stick; if one that was replaced, the last journal before that.

    Raises RejectedError when nobody known did.
    """
    known: dict[bytes, int | None] = {**old_keys(conn, till_id)}
    own = tills.key_of(conn, till_id)
    if own is not None:
        known[own] = None
    for key, last_journal in known.items():
        try:
            sealed.check(key)
        except JournalError:
            continue
        return last_journal
    log.warning("a stick is refused: no key of till=%s signed it", till_id)
    raise RejectedError(f"no key of till {till_id!r} signed this stick", hint="export again at the till")


def _is_of_old(conn: Connection, till_id: str, epoch: str | None, last_journal: int) -> bool:
    """Say whether a machine that was replaced may bring entries of an epoch: its own, or one that grew from those."""
    seen: set[str] = set()
    while epoch is not None and epoch not in seen:
        seen.add(epoch)
        query = select(journal.c.id, raw_table.c.bytes).outerjoin(
            raw_table, (raw_table.c.journal == journal.c.id) & (raw_table.c.seq == 1)
        )
        row = conn.execute(query.where(journal.c.till == till_id, journal.c.epoch == epoch)).one_or_none()
        if row is None or row.id <= last_journal:
            return True
        epoch = None if row.bytes is None else _parent_of(row.bytes)
    return False


def _parent_of(data: bytes) -> str | None:
    """Return the epoch that an epoch grew from, as its first entry says."""
    try:
        parent = decode_entry(data).body.get("parent_epoch")
    except JournalError:
        return None
    return parent if isinstance(parent, str) else None


def _take(conn: Connection, till_id: str, one: Batch) -> tuple[int, Outcome]:
    items = batch.unpack(expand(one.data, bytes_max=batch.BATCH_BYTES_MAX))
    before = raw.open_journal(conn, till_id, one.after.epoch).held.seq
    outcome, held = raw.take(conn, till_id, one.after, items, to=one.to)
    if held.seq > before:
        tills.heard(conn, till_id)
    return held.seq - before, outcome


def _take_aside(conn: Connection, till_id: str, one: Batch) -> tuple[int, Outcome]:
    """Take what a machine brings that heard of another in its till's name, as a request `branch` would."""
    items = batch.unpack(expand(one.data, bytes_max=batch.BATCH_BYTES_MAX))
    before = raw.open_journal(conn, till_id, one.after.epoch).held.seq
    brought = copies.Brought(one.after, items, one.to, done=False)
    if not copies.store(conn, till_id, brought):
        return 0, Outcome.GAP
    tills.heard(conn, till_id)
    return raw.open_journal(conn, till_id, one.after.epoch).held.seq - before, Outcome.HELD


def _answer(database: Database, keys: Keys, stick: FromTill) -> bytes:
    """Return what headquarters holds by now, and the feed from where the till stood."""
    with database.read() as conn:
        answer = FromHq(
            till=stick.till,
            hq_epoch=database.epoch,
            delegation=keys.feed.delegation,
            now_ms=now_ms(),
            held=raw.where(conn, stick.till),
            pages=tuple(_pages(conn, database.epoch, stick, keys)),
            forked=copies.are_several(conn, stick.till),
            standing=_standing(conn, stick),
            own=witness.left(conn, database.epoch) if is_awaited(conn, stick.till) else None,
        )
    return answer.pack(keys.feed.private)


def _standing(conn: Connection, stick: FromTill) -> tuple[Standing, str] | None:
    if stick.apart is None:
        return None
    nonce = Nonce.parse(stick.apart.nonce)
    return copies.standing_of(conn, stick.till, nonce, stick.apart.at), stick.apart.token


def _pages(conn: Connection, epoch: str, stick: FromTill, keys: Keys) -> Iterator[bytes]:
    cursor, more, size = Cursor(epoch, stick.cursor.version if stick.cursor.epoch == epoch else 0), True, 0
    while more and size < _PAGES_BYTES_MAX:
        page = page_for(conn, stick.till, cursor, keys)
        data = compress(feed.pack(page))
        cursor, more, size = page.cursor, page.more, size + len(data)
        yield data
