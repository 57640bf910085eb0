"""Heads known from elsewhere, printed or said by headquarters: they show a cut tail and a rewritten chain."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from agent.errors import ChainBrokenError, InvalidError
from agent.journal.entry import decode_entry
from agent.journal.wire.place import Position
from agent.ledger.kept.held import held
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import restored_over

HEAD_DIGITS = 16  # of a head on paper: nobody finds another entry with the same 64 bits
_HEAD = re.compile(r"[0-9a-f]{16,64}")
_BY_HEAD = "SELECT n, bytes FROM entry WHERE hex(substr(hash, 1, 8)) = ? AND lower(hex(hash)) LIKE ? || '%'"
_AT = "SELECT hash FROM entry WHERE n = (SELECT first_n FROM epoch WHERE id = ?) + ? - 1"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a head stands: the entry, and how many of this ledger are after it."""

    epoch: str
    seq: int
    day: str
    kind: str
    after: int


def find_head(ledger: Ledger, typed: str, *, seq: int | None = None) -> Standing:
    """Find the entry whose head is on paper, 16 to 64 hexadecimal digits, spaces or not; `seq` is its number there.

    Raises InvalidError for what is no head, ChainBrokenError when this ledger has none such.
    """
    digits = "".join(typed.split()).lower()
    if not _HEAD.fullmatch(digits):
        raise InvalidError(f"head {typed[:80]!r} must be {HEAD_DIGITS} to 64 hexadecimal digits, as a slip has them")
    with ledger.reading() as conn:
        found = conn.execute(_BY_HEAD, (digits[:HEAD_DIGITS].upper(), digits)).fetchone()
        if found is None:
            raise _missing(ledger, digits, seq)
        last = conn.execute("SELECT max(n) FROM entry").fetchone()[0]
    entry = decode_entry(found[1])
    if seq not in (None, entry.seq):
        raise InvalidError(f"the head {digits[:HEAD_DIGITS]} is that of entry {entry.seq}, not of {seq}")
    return Standing(entry.epoch, entry.seq, entry.day, entry.kind, last - found[0])


def _missing(ledger: Ledger, digits: str, seq: int | None) -> ChainBrokenError:
    longest = max(identity.seq for identity in ledger.epochs())
    why = "its end was cut or it was rewritten"
    if restored_over(ledger):
        why = "its entry came after the backup that was put back here, or this ledger was cut or rewritten"
    elif seq is not None:
        why = "it was rewritten" if seq <= longest else f"its end was cut: it has {longest} entries, not {seq}"
    return ChainBrokenError(
        f"this ledger does not contain the head {digits[:HEAD_DIGITS]} on this paper: {why}",
        hint="read the digits again; if they are right, keep the paper and the file as they are and call headquarters",
    )


def check_held(ledger: Ledger) -> None:
    """Raise ChainBrokenError unless this ledger contains all that headquarters said it holds of it.

    Of an epoch that ended by a restore headquarters may hold more, and epochs that began since the backup: the restore
    is an entry, and says so.
    """
    restored, ends = restored_over(ledger), {identity.epoch: identity.seq for identity in ledger.epochs()}
    with ledger.reading() as conn:
        for position in held(ledger) or ():
            end = ends.get(position.epoch, 0)
            if position.seq > end and (position.epoch in restored or (restored and not end)):
                continue
            if position.seq and _head_at(conn, position) != position.head:
                raise ChainBrokenError(
                    f"headquarters holds entry {position.seq} of epoch {position.epoch[:8]}, which this ledger does "
                    "not contain: its end was cut, it was rewritten, or its disk was copied",
                    hint="keep the file as it is and call headquarters: it holds the entries",
                )


def _head_at(conn: sqlite3.Connection, position: Position) -> bytes | None:
    row = conn.execute(_AT, (position.epoch, position.seq)).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])
