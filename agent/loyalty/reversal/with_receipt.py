"""With the receipt: line by line, as the customer paid.

Each effect of a sale keeps `floor(amount * what is left / what there was)` of itself, so however the lines come back,
returning all of them leaves nothing, and no order of refunds gains a unit. What the effect put into a lot is taken from
that very lot; if it was spent meanwhile, the lot goes below zero, which is a recorded debt. Units redeemed in the sale
go back to the lots they came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from agent.journal.entry import ISSUANCE, REDEEMED, Posting, ledger_account
from agent.loyalty.programme.units import QUALIFYING, is_counter
from agent.loyalty.reversal.recorded import RecordedSale, Reversal, Spent
from agent.loyalty.sale import Effect, Reason


def reverse(sale: RecordedSale, quantities: Mapping[int, int]) -> Reversal:
    """Take back `quantities` (line index -> thousandths, above 0) of a sale.

    Raises InvalidError when a line does not exist or when more comes back than is left of it.
    """
    before, after = sale.returned, dict(sale.returned)
    for index, quantity in quantities.items():
        sale.check_left(index, quantity)
        after[index] = after.get(index, 0) + quantity
    goods_before, goods_after = (sale.paid_for(returned, goods_only=True) for returned in (before, after))
    total = sum(line.amount for i, line in enumerate(sale.lines) if i not in sale.loads)
    redeemed = sum(spent.value for spent in sale.spent)  # shared as one sum: several floors could exceed the goods
    unpaid = _share(redeemed, goods_after, total) - _share(redeemed, goods_before, total)
    money = sale.paid_for(after) - sale.paid_for(before) - unpaid
    reasons: list[Reason] = []
    postings: list[Posting] = []
    for effect in sale.effects:
        taken = sale.kept(effect, before) - sale.kept(effect, after)
        if taken and sale.account is not None:
            if effect.account is None and is_told(effect):
                reasons.append(Reason("reversed", {"units": taken, "unit": effect.unit}))
            postings += both_sides(replace(effect, amount=-taken), sale.account)
    for spent in sale.spent:
        skip, back = _share(spent.units, goods_before, total), _share(spent.units, goods_after, total)
        if back > skip:
            reasons.append(Reason("returned", {"units": back - skip, "unit": spent.unit}))
            postings += _give_back(spent, skip, back)
    return Reversal(money, tuple(reasons), tuple(postings))


def undo_redemption(spent: Spent) -> tuple[Posting, ...]:
    """Return the postings that put a whole redemption back into the lots it came from."""
    return tuple(_give_back(spent, 0, spent.units))


def is_told(effect: Effect) -> bool:
    """Say whether a refund tells of what it takes: of all but what the rules count for themselves."""
    return effect.unit == QUALIFYING or not is_counter(effect.unit)


def both_sides(effect: Effect, account: str) -> Iterator[Posting]:
    """Yield the postings of an effect."""
    yield Posting(effect.unit, ISSUANCE, -effect.amount)
    yield Posting(effect.unit, ledger_account(effect.account or account), effect.amount, effect.lot, effect.expires)


def _share(amount: int, part: int, whole: int) -> int:
    return amount * part // whole if whole else 0


def _give_back(spent: Spent, skip: int, until: int) -> Iterator[Posting]:
    """Put units number `skip` to `until` of a redemption back, counted in the order they were taken."""
    at = 0
    for taken in spent.postings:
        if taken.lot is None:
            continue
        low, high = max(skip, at), min(until, at - taken.amount)
        if high > low:
            yield Posting(taken.unit, taken.account, high - low, taken.lot, taken.expires)
        at -= taken.amount
    yield Posting(spent.unit, REDEEMED, skip - until)
