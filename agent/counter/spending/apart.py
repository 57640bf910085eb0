"""No units are spent while two machines speak as this till: each could spend the same ones."""

from __future__ import annotations

from agent.counter.bench import Bench
from agent.errors import NotAllowedError, Said
from agent.ledger.kept.apart import said_forked


def check_not_forked(bench: Bench) -> None:
    """Raise NotAllowedError while headquarters knows of another machine that speaks as this till."""
    if said_forked(bench.ledger):
        raise NotAllowedError(
            f"two machines speak as till {bench.ledger.till!r}: no units are spent here until headquarters has decided",
            said=Said("two_machines"),
            hint="sell without the reward, the customer goes on earning; call headquarters",
        )
