"""What goes into the ledger and what comes out of it: drafts, recorded entries, where the journal stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.journal.entry import Entry, Posting
from agent.ledger.kept.profiles import NewProfile


@dataclass(frozen=True, slots=True)
class Identity:
    """Where a journal stands: the till, its epoch, the last sequence number and the head of the chain."""

    till: str
    epoch: str
    seq: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry about to be appended: everything but its place in the chain.

    `ask` is a digest of what the caller asked for, so that a repeated op can be told from a conflicting one; `slip`
    is (kind, facts) of the slip job that belongs to the entry, `state` small values kept with it as `Ledger.remember`
    keeps them.
    """

    id: str
    op: str
    ask: bytes
    kind: str
    day: str
    by: str
    body: Mapping[str, Any]
    staff: str | None = None
    programme: str | None = None
    postings: tuple[Posting, ...] = ()
    profiles: tuple[NewProfile, ...] = ()
    slip: tuple[str, Mapping[str, Any]] | None = None
    state: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry in the ledger: its place, its hash, what was asked, and the entry itself."""

    n: int
    hash: bytes
    ask: bytes
    entry: Entry
