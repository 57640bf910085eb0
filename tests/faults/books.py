"""What must be true of a ledger whatever happened to its disk, as long as what was synced is still there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.journal.entry import decode_entry
from agent.journal.sealed import digest
from agent.ledger import audit
from agent.ledger.ledger import Ledger
from agent.ledger.members import profile_of
from tests.faults.day import REMEMBERED
from tests.ledger.tills import derived, opened, sale

Row = tuple[Any, ...]
Derived = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Books:
    """Everything a whole day wrote: (n, op, hash, bytes) of every entry, and (n, kind, facts) of every slip job."""

    entries: tuple[Row, ...]
    slips: tuple[Row, ...]


def read_books(ledger: Ledger) -> Books:
    """Read what a ledger holds."""
    with ledger.reading() as conn:
        entries = tuple(conn.execute("SELECT n, op, hash, bytes FROM entry ORDER BY n").fetchall())
        slips = tuple(conn.execute("SELECT n, kind, facts FROM slip ORDER BY n").fetchall())
    return Books(entries, slips)


def check_books(path: Path, whole: Books, folded: dict[bytes, Derived], *, entries: int, remembered: int) -> int:
    """Open the ledger and check it against the whole day's; at least so many entries were acknowledged.

    `folded` keeps what entries say, so that it is worked out once for each length. Returns how many it holds. Raises
    AssertionError, or what the ledger itself says.
    """
    with closing(opened(path)) as ledger:
        found = read_books(ledger)
        count = len(found.entries)
        assert count >= entries, f"{entries} entries were acknowledged, {count} are left"
        assert found.entries == whole.entries[:count], "an entry is not what it was"
        assert found.slips == tuple(slip for slip in whole.slips if slip[0] <= count), "a sale without its slip job"
        assert int(ledger.recall(REMEMBERED) or b"0") >= remembered, "what was remembered is forgotten"
        _check_profiles(ledger, found)
        _check_derived(ledger, found, folded)
        with ledger.reading() as conn:
            assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert ledger.append(sale("afterwards")).n == count + 1
    return count


def _check_profiles(ledger: Ledger, found: Books) -> None:
    """Every profile an entry names is there and opens."""
    for _, _, _, data in found.entries:
        if b'"profiles":[]' in data:
            continue
        for subject, named in decode_entry(data).profiles:
            with ledger.reading() as conn:
                row = conn.execute("SELECT sealed FROM profile WHERE subject = ?", (subject,)).fetchone()
            assert row is not None, "a profile is missing"
            assert digest(row[0]) == named, "a profile is another"
            assert profile_of(ledger, subject) is not None, "the key of a profile is gone"


def _check_derived(ledger: Ledger, found: Books, folded: dict[bytes, Derived]) -> None:
    """What is derived is what the entries say; `folded` keeps that by the head of the chain."""
    stands, head = derived(ledger), found.entries[-1][2]
    if head not in folded:
        audit.rebuild(ledger)
        folded[head] = derived(ledger)
    assert stands == folded[head], "what is derived is not what the entries say"
