"""Giving headquarters back what this till keeps of the epochs that headquarters has left, after it was put back."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from agent.journal.wire import WITNESS_TYPE, Position, Witness, compress, read
from agent.ledger.kept.apart import delegations, epochs_left, hq_entries, hq_head
from agent.ledger.ledger import Ledger
from agent.sync.line import Ask, Told

_TOLD = "hq.witnessed"  # in `state`: the epoch in which this till has given back what it had


def give_back(ledger: Ledger, own: Iterable[Position], epoch: str) -> Generator[Ask, Told, None]:
    """Yield what to ask until headquarters has all that this till keeps of the epochs that it has left.

    `own` is what headquarters holds of these. Of one that it does not name it holds nothing: it was put back twice.
    """
    if ledger.recall(_TOLD) == epoch.encode():
        return
    named = {at.epoch: at for at in own}
    for at in (named | {left: named.get(left, Position(left)) for left in epochs_left(ledger)}).values():
        end, before = hq_head(ledger, at.epoch), at
        while end.seq > 0:
            rows = hq_entries(ledger, before) if before.seq < end.seq else []
            said = Witness(
                after=before,
                held=Position(at.epoch, before.seq + len(rows), rows[-1][0]) if rows else end,
                delegations=delegations(ledger) if rows else (),
                entries=tuple((data, signature) for _, data, signature in rows),
            )
            told = yield Ask("witness", compress(said.pack()), type=WITNESS_TYPE)
            held = read(told.body, lambda value: Position.from_map(value["held"]))
            if held.seq <= before.seq or held.seq >= end.seq:
                break
            before = held
    ledger.remember({_TOLD: epoch.encode()})
