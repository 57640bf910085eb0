"""What headquarters last said it holds of this till's journal, kept as a witness of its own and to count what waits."""

from __future__ import annotations

from collections.abc import Iterable

from agent.journal.entry import decode, encode
from agent.journal.wire.place import Position
from agent.ledger.ledger import Ledger

_HELD = "hq.held"  # the key in `state`


def note_held(ledger: Ledger, positions: Iterable[Position]) -> None:
    """Keep what headquarters says it holds, each epoch's last entry and head; what it said of others stays."""
    before = held(ledger)
    known = {position.epoch: position for position in before or ()}
    now = {**known, **{position.epoch: position for position in positions}}
    if before is None or now != known:
        ledger.remember({_HELD: encode({"positions": [position.to_map() for position in now.values()]})})


def held(ledger: Ledger) -> tuple[Position, ...] | None:
    """Return what headquarters said it holds, None if it never said anything."""
    kept = ledger.recall(_HELD)
    if kept is None:
        return None
    return tuple(Position.from_map(position) for position in decode(kept)["positions"])


def unsynced(ledger: Ledger) -> int | None:
    """Return how many entries headquarters has not acknowledged; None if it never said what it holds."""
    positions = held(ledger)
    if positions is None:
        return None
    known = {position.epoch: position.seq for position in positions}
    return sum(max(identity.seq - known.get(identity.epoch, 0), 0) for identity in ledger.epochs())
