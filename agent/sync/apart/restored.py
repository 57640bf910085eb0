"""Giving headquarters back what this till keeps of the epochs that headquarters has left, after it was put back."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from agent.journal.wire.apart import Witness
from agent.journal.wire.form import WITNESS_TYPE, compress, read
from agent.journal.wire.place import Position
from agent.ledger.kept.apart import delegations, epochs_left, hq_entries, hq_head
from agent.ledger.ledger import Ledger
from agent.sync.line import Ask, Told

_TOLD = "hq.witnessed"  # in `state`: the epoch in which this till has given back what it had


def give_back(ledger: Ledger, own: Iterable[Position], epoch: str) -> Generator[Ask, Told, None]:
    """Yield what to ask until headquarters has all that this till keeps of the epochs that it has left.

    `own` is what headquarters holds of these. Of one that it does not name it holds nothing: it was put back twice.
    """
    if has_given_back(ledger, epoch):
        return
    for at in _all(ledger, own):
        end, before = hq_head(ledger, at.epoch), at
        while end.seq > 0:
            said = _say(ledger, before, end)
            told = yield Ask("witness", compress(said.pack()), type=WITNESS_TYPE)
            held = read(told.body, lambda value: Position.from_map(value["held"]))
            if held.seq <= before.seq or held.seq >= end.seq:
                break
            before = held
    ledger.remember({_TOLD: epoch.encode()})


def kept_of_left(ledger: Ledger, own: Iterable[Position]) -> Iterator[Witness]:
    """Yield what this till keeps of the epochs that headquarters has left, whole: by stick nobody answers between."""
    for before in _all(ledger, own):
        end, at = hq_head(ledger, before.epoch), before
        while end.seq > 0:
            said = _say(ledger, at, end)
            yield said
            if said.held.seq >= end.seq:
                break
            at = said.held


def has_given_back(ledger: Ledger, epoch: str) -> bool:
    """Say whether this till has given back all it keeps, over the line, to headquarters in this epoch."""
    return ledger.recall(_TOLD) == epoch.encode()


def _all(ledger: Ledger, own: Iterable[Position]) -> Iterable[Position]:
    """Return where headquarters stands in each epoch that it has left: of one that it does not name at nothing."""
    named = {at.epoch: at for at in own}
    return (named | {left: named.get(left, Position(left)) for left in epochs_left(ledger)}).values()


def _say(ledger: Ledger, after: Position, end: Position) -> Witness:
    """Return what this till keeps after a position, up to its `end`, as far as one request holds it."""
    rows = hq_entries(ledger, after) if after.seq < end.seq else []
    return Witness(
        after=after,
        held=Position(after.epoch, after.seq + len(rows), rows[-1][0]) if rows else end,
        delegations=delegations(ledger) if rows else (),
        entries=tuple((data, signature) for _, data, signature in rows),
    )
