"""What may be spent here whatever headquarters says: so the cashier knows before she promises anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.ledger.kept.apart import said_forked
from agent.ledger.kept.offered import unseen_lots
from agent.ledger.ledger import Ledger
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Holder
from agent.loyalty.spending.between import within


@dataclass(frozen=True, slots=True)
class Way:
    """How this till and headquarters speak: `asks` if somebody can be asked for a promise, `by_stick` if entries leave
    so, and nobody knows what headquarters has seen of them.
    """

    asks: bool = False
    by_stick: bool = False


def spendable_here(
    ledger: Ledger, programme: Programme, held: Holder, units: Iterable[str], way: Way
) -> dict[str, int]:
    """Return how much of each of these units may be spent here without a word of headquarters.

    `held` is what the member may spend by now. Of a unit that needs a promise that is what headquarters has not seen
    yet; more may be had by asking. Nothing while two machines speak as this till.
    """
    if said_forked(ledger):
        return dict.fromkeys(units, 0)
    units = tuple(units)
    promised = {unit for unit in units if way.asks and programme.asks(unit)}
    looks = not way.by_stick and any(held.balance(unit) for unit in promised)
    own = unseen_lots(ledger, held.account) if looks else {}
    parts = {unit: within(held, unit, {}, own.get(unit, {})) if unit in promised else held for unit in units}
    return {unit: max(0, part.balance(unit)) for unit, part in parts.items()}
