"""Following the chain in stretches: each begins at the hash that the one before it is to end with, so they may be
followed beside each other, by as many processes as there are processors.
"""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ChainBrokenError
from agent.journal import chain
from agent.ledger.opening import connect
from agent.ledger.records import Identity

ENTRIES_MAX = 50_000  # of a stretch: about a second; an epoch of one stretch is followed here, without a process

_ROWS = "SELECT op, hash, bytes FROM entry WHERE n BETWEEN ? AND ? ORDER BY n"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries of one epoch, `first` to `last` by their sequence numbers; entry 1 is number `first_n` of the till."""

    till: str
    epoch: str
    first_n: int
    first: int
    last: int


def follow_epoch(conn: sqlite3.Connection, path: Path, identity: Identity, first_n: int) -> None:
    """Check every entry of an epoch; raises ChainBrokenError naming the first that does not fit."""
    stretches = list(_stretches(identity, first_n))
    if len(stretches) <= 1:
        ends = [follow(conn, stretch) for stretch in stretches]
    else:
        spawn = multiprocessing.get_context("spawn")  # a connection does not survive a fork
        with ProcessPoolExecutor(os.cpu_count(), spawn) as pool:
            ends = list(pool.map(_follow_elsewhere, [path] * len(stretches), stretches))
    if (ends[-1] if ends else chain.GENESIS) != identity.head:
        raise ChainBrokenError(f"epoch {identity.epoch[:8]} does not end with its head")


def _stretches(identity: Identity, first_n: int) -> Iterator[Stretch]:
    for first in range(1, identity.seq + 1, ENTRIES_MAX):
        last = min(first + ENTRIES_MAX - 1, identity.seq)
        yield Stretch(identity.till, identity.epoch, first_n, first, last)


def _follow_elsewhere(path: Path, stretch: Stretch) -> bytes:
    with closing(connect(path, read_only=True)) as conn:
        return follow(conn, stretch)


def follow(conn: sqlite3.Connection, stretch: Stretch) -> bytes:
    """Check the entries of a stretch and return the head after the last.

    Raises ChainBrokenError naming the first that does not fit, or is not found by its op.
    """
    before_n, seq, head = stretch.first_n - 1, stretch.first - 1, chain.GENESIS
    if seq:
        row = conn.execute("SELECT hash FROM entry WHERE n = ?", (before_n + seq,)).fetchone()
        head = b"" if row is None else row[0]  # which nothing follows; the stretch before names what is missing
    for op, digest, data in conn.execute(_ROWS, (before_n + stretch.first, before_n + stretch.last)):
        seq += 1
        if chain.follow(head, digest, data, till=stretch.till, epoch=stretch.epoch, seq=seq).op != op:
            raise ChainBrokenError(f"entry number {before_n + seq} stands under another op: {op!r}")
        head = digest
    if seq != stretch.last:
        raise ChainBrokenError(f"epoch {stretch.epoch[:8]} lacks entries after {seq}, {stretch.last} was to be read")
    return head
