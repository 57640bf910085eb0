"""The chain: every entry's hash covers the hash before it, so that no entry can be changed, taken out or put in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from agent.errors import ChainBrokenError, JournalError
from agent.journal.entry import Entry, decode_entry
from agent.journal.fold import check_conservation

GENESIS = bytes(32)  # what the first entry of an epoch follows


def link(previous: bytes, data: bytes) -> bytes:
    """Return the hash (32 bytes, SHA-256) of an entry's canonical bytes after the hash `previous`."""
    return hashlib.sha256(previous + data).digest()


def verify(  # what a chain is, in one place
    rows: Iterable[tuple[bytes, bytes]], *, till: str, epoch: str, seq: int = 0, head: bytes = GENESIS
) -> tuple[int, bytes]:
    """Check entries in order and return the last (seq, head).

    `rows` are (hash, canonical bytes) that follow (`seq`, `head`). Raises ChainBrokenError naming the first entry that
    does not fit: bytes changed, an entry missing, added or moved, postings that do not sum to zero.
    """
    for digest, data in rows:
        seq += 1
        follow(head, digest, data, till=till, epoch=epoch, seq=seq)
        head = digest
    return seq, head


def follow(head: bytes, digest: bytes, data: bytes, *, till: str, epoch: str, seq: int) -> Entry:
    """Return the entry that `data` is, if it follows `head` as number `seq`; raises ChainBrokenError naming it."""
    try:
        if not isinstance(data, bytes):
            raise ChainBrokenError("its bytes cannot be read")  # SQLite reads NULL where a page is damaged
        if link(head, data) != digest:
            raise ChainBrokenError("its hash does not fit")
        return check_place(decode_entry(data), till=till, epoch=epoch, seq=seq)
    except JournalError as error:
        raise ChainBrokenError(f"entry {seq} of till {till!r} epoch {epoch[:8]}: {error}") from error


def check_place(entry: Entry, *, till: str, epoch: str, seq: int) -> Entry:
    """Return `entry` if it stands where it says it does and its postings balance; raises ChainBrokenError."""
    if (entry.till, entry.epoch, entry.seq) != (till, epoch, seq):
        raise ChainBrokenError(
            f"it says it is entry {entry.seq} of till {entry.till!r} epoch {entry.epoch[:8]}, "
            f"not {seq} of {till!r} epoch {epoch[:8]}"
        )
    check_conservation(entry.postings)
    return entry
