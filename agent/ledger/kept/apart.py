"""Whether two machines speak as this till, as headquarters last said; and which of its epochs headquarters has left.

A headquarters that was put back is of a new epoch. The word for it is a refusal that it signed for a request of this
till. An epoch that was left is never gone back to; counters and versions of the feed begin anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace

from agent.errors import RejectedError
from agent.journal.entry import decode, encode
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import from_text, to_text
from agent.journal.wire.place import Position
from agent.journal.wire.signing import Nonce
from agent.ledger.kept.in_flight import NONCE
from agent.ledger.ledger import Ledger

PINNED = "sync.pinned"  # the headquarters this till belongs to, in `state`
_FORKED, _LEFT, _WORDS = "hq.forked", "hq.left", "hq.delegations"  # keys in `state`
_OWN = "hq.own"
_TOKEN_BYTES = 16
_ENTRIES_MAX = 500


def note_forked(ledger: Ledger, *, is_forked: bool) -> None:
    """Keep what headquarters says: while two machines speak as this till, no units are spent here.

    Each time it says so has a token of its own: an answer by stick names the one it is about, and lifts no later one.
    """
    if is_forked or said_forked(ledger):
        ledger.remember({_FORKED: secrets.token_hex(_TOKEN_BYTES).encode() if is_forked else b""})


def said_forked(ledger: Ledger) -> bool:
    """Say whether headquarters knows of another machine that speaks as this till."""
    return bool(ledger.recall(_FORKED))


def forked_token(ledger: Ledger) -> str | None:
    """Return the token of when headquarters last spoke of another machine, None if this one is the till."""
    return (ledger.recall(_FORKED) or b"").decode() or None


def note_own(ledger: Ledger, epoch: str, own: Iterable[Position] | None) -> None:
    """Keep what a headquarters in its new `epoch` holds of those it left, as a stick told; None: it wants no more."""
    said = b"" if own is None else encode({"epoch": epoch, "own": [position.to_map() for position in own]})
    if said != (ledger.recall(_OWN) or b""):
        ledger.remember({_OWN: said})


def own_of(ledger: Ledger, epoch: str) -> tuple[Position, ...] | None:
    """Return what headquarters held of the epochs it left when a stick last told; None if it wants none of them."""
    kept = ledger.recall(_OWN)
    said = decode(kept) if kept else {}
    return tuple(map(Position.from_map, said["own"])) if said.get("epoch") == epoch else None


def epochs_left(ledger: Ledger) -> tuple[str, ...]:
    """Return headquarters' epochs that this till has left, and never goes back to."""
    kept = ledger.recall(_LEFT)
    return () if kept is None else tuple(decode(kept)["epochs"])


def moved(ledger: Ledger, enrolled: Enrolled, epoch: str) -> Enrolled:
    """Go to a new epoch of headquarters and return what this till knows of it now.

    Raises RejectedError for an epoch that this till has left.
    """
    left = epochs_left(ledger)
    if epoch in left:
        hint = "headquarters speaks of a time before it was put back: call headquarters"
        raise RejectedError(f"headquarters is of epoch {epoch[:8]} again, which this till has left", hint=hint)
    now = replace(enrolled, hq_epoch=epoch)
    start = str(Nonce(epoch, 0, "start")).encode()
    gone = encode({"epochs": [*left, enrolled.hq_epoch]})
    ledger.remember({PINNED: encode(now.to_map()), NONCE: start, _LEFT: gone})
    return now


def note_delegation(ledger: Ledger, signed: bytes) -> None:
    """Keep the root key's word for a key that signs headquarters' entries: a witness must show it."""
    known = delegations(ledger)
    if signed not in known:
        ledger.remember({_WORDS: encode({"delegations": [to_text(one) for one in (*known, signed)]})})


def delegations(ledger: Ledger) -> tuple[bytes, ...]:
    """Return the root key's words for the keys that signed headquarters' entries."""
    kept = ledger.recall(_WORDS)
    return () if kept is None else tuple(from_text(one) for one in decode(kept)["delegations"])


def hq_head(ledger: Ledger, epoch: str) -> Position:
    """Return up to where this till has an epoch of headquarters' own journal."""
    with ledger.reading() as conn:
        query = "SELECT seq, hash FROM hq_entry WHERE epoch = ? ORDER BY seq DESC LIMIT 1"
        row = conn.execute(query, (epoch,)).fetchone()
    return Position(epoch) if row is None else Position(epoch, row[0], bytes(row[1]))


def hq_entries(ledger: Ledger, after: Position) -> list[tuple[bytes, bytes, bytes]]:
    """Return (hash, bytes, signature) of entries of headquarters' own that follow a position, so many at once."""
    query = "SELECT hash, bytes, signature FROM hq_entry WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?"
    with ledger.reading() as conn:
        rows = conn.execute(query, (after.epoch, after.seq, _ENTRIES_MAX)).fetchall()
    return [(bytes(head), bytes(data), bytes(signature)) for head, data, signature in rows]
