"""Spending between tills: what headquarters may promise to one of them, and what that one may then take.

Both are sums over lots. A promise is exclusive: of no lot is more promised than there is, whoever asks in what order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.loyalty.programme import Programme
from agent.loyalty.sale import Holder, Lot

_NONE: Mapping[str, int] = MappingProxyType({})


def promise(
    lots: Iterable[Lot], units: int, *, others: Mapping[str, int] = _NONE, before: Mapping[str, int] = _NONE
) -> dict[str, int]:
    """Return which of a member's lots (of one unit) are promised for a redemption of `units`: all, or what there is.

    `others` is promised to others (lot -> units), `before` was promised for this very redemption and stays so. A debt
    counts against all lots; the lot that expires first is promised first.
    """
    lots = tuple(lots)
    there = sum(lot.amount for lot in lots) - sum(others.values())
    promised = dict(before)
    left = min(units, there) - sum(before.values())
    for lot in sorted(lots, key=lambda lot: (lot.expires or "9999-12-31", lot.lot)):
        free = lot.amount - others.get(lot.lot, 0) - before.get(lot.lot, 0)
        part = min(left, free)
        if part > 0:
            left -= part
            promised[lot.lot] = promised.get(lot.lot, 0) + part
    return promised


def within(holder: Holder, unit: str, promised: Mapping[str, int], own: Mapping[str, int]) -> Holder:
    """Return the member with nothing of a unit but what was promised, and what is this till's `own` (lot -> units)."""
    lots = (
        lot._replace(amount=min(lot.amount, _of(lot, promised) + _of(lot, own))) for lot in holder.lots.get(unit, ())
    )
    return replace(holder, lots={**holder.lots, unit: tuple(lot for lot in lots if lot.amount > 0)})


def _of(lot: Lot, parts: Mapping[str, int]) -> int:
    return parts.get(lot.lot, 0)


def wanted(programme: Programme, reward: str, units: int | None) -> tuple[str, int] | None:
    """Return the unit a redemption takes and how many at most; None if the programme has no such reward."""
    if programme.money_unit(reward) is not None:
        return reward, units or 0
    for known in programme.rewards:
        if known.id == reward:
            return known.unit, known.units if units is None else units
    return next(((card.id, card.punches) for card in programme.punch_cards if card.id == reward), None)
