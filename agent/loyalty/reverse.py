"""Reversal: what a refund takes back and gives back, line by line, as the customer paid.

Each effect of a sale keeps `floor(amount * what is left / what there was)` of itself, so however the lines come back,
returning all of them leaves nothing, and no order of refunds gains a unit. What the effect put into a lot is taken from
that very lot; if it was spent meanwhile, the lot goes below zero, which is a recorded debt. Units redeemed in the sale
go back to the lots they came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.errors import InvalidError
from agent.journal.entry import ISSUANCE, MEMBER_PREFIX, REDEEMED, Posting
from agent.loyalty.evaluate import PUNCH_LOT, eligible_amount
from agent.loyalty.programme import QUALIFYING, Programme, WithoutReceipt
from agent.loyalty.sale import Effect, Line, Measure, Moment, Reason

_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Spent:
    """A redemption that paid part of a sale: its value and the postings that took its units from the member's lots."""

    unit: str
    units: int
    value: int
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class RecordedSale:
    """A sale as the ledger has it, with what came back of each line so far (line index -> thousandths)."""

    op: str
    account: str | None
    lines: tuple[Line, ...]
    effects: tuple[Effect, ...]
    spent: tuple[Spent, ...]
    returned: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a refund does: money to give back (minor units), the reasons, and the postings."""

    money: int
    reasons: tuple[Reason, ...]
    postings: tuple[Posting, ...]


def reverse(sale: RecordedSale, quantities: Mapping[int, int]) -> Reversal:
    """Take back `quantities` (line index -> thousandths, above 0) of a sale.

    Raises InvalidError when a line does not exist or when more comes back than is left of it.
    """
    after = dict(sale.returned)
    for index, quantity in quantities.items():
        _check_left(sale, index, quantity)
        after[index] = after.get(index, 0) + quantity
    gross_before, gross_after = _gross_returned(sale, sale.returned), _gross_returned(sale, after)
    total = sum(line.amount for line in sale.lines)
    redeemed = sum(spent.value for spent in sale.spent)  # shared as one sum: several floors could exceed the goods
    money = gross_after - _share(redeemed, gross_after, total) - gross_before + _share(redeemed, gross_before, total)
    reasons: list[Reason] = []
    postings: list[Posting] = []
    for effect in sale.effects:
        taken = _kept(sale, effect, sale.returned) - _kept(sale, effect, after)
        if taken and sale.account is not None:
            reasons.append(Reason("reversed", {"units": taken, "unit": effect.unit}))
            postings += _both_sides(effect.unit, ISSUANCE, sale.account, -taken, effect.lot)
    for spent in sale.spent:
        back = _share(spent.units, gross_after, total)
        skip = _share(spent.units, gross_before, total)
        if back > skip:
            reasons.append(Reason("returned", {"units": back - skip, "unit": spent.unit}))
            postings += _give_back(spent, skip, back)
    return Reversal(money, tuple(reasons), tuple(postings))


def undo_redemption(spent: Spent) -> tuple[Posting, ...]:
    """Return the postings that put a whole redemption back into the lots it came from."""
    return tuple(_give_back(spent, 0, spent.units))


def without_receipt(
    programme: Programme, account: str | None, lines: tuple[Line, ...], moment: Moment, *, lot: str
) -> Reversal:
    """Take back goods nobody has the sale of: the money counts, the units go by the programme's rule.

    Under `reverse` the member loses what the goods would earn now at the ordinary rate; `lot` (the id of the refund's
    own entry) holds it, as a debt against whatever else the member has.
    """
    money = sum(line.amount for line in lines)
    if account is None or programme.without_receipt is WithoutReceipt.KEEP:
        return Reversal(money, (), ())
    reasons: list[Reason] = []
    postings: list[Posting] = []
    for unit, units, in_lot in _would_earn(programme, lines, moment, lot):
        if units:
            reasons.append(Reason("reversed", {"units": units, "unit": unit}))
            postings += _both_sides(unit, ISSUANCE, account, -units, in_lot)
    return Reversal(money, tuple(reasons), tuple(postings))


def _would_earn(
    programme: Programme, lines: tuple[Line, ...], moment: Moment, lot: str
) -> Iterable[tuple[str, int, str]]:
    for position, rule in enumerate(programme.earn):
        counted = [i for i, line in enumerate(lines) if line.category not in rule.exclude]
        eligible = eligible_amount(lines, counted, with_tax=rule.with_tax)
        yield rule.unit, eligible // rule.per * rule.give, lot
        if position == 0 and programme.tiers:
            yield QUALIFYING, eligible, moment.year
    for card in programme.punch_cards:
        yield card.id, sum(li.quantity // _PIECE for li in lines if li.category in card.categories), PUNCH_LOT


def _check_left(sale: RecordedSale, index: int, quantity: int) -> None:
    if not 0 <= index < len(sale.lines):
        raise InvalidError(f"sale {sale.op!r} has lines 0 to {len(sale.lines) - 1}, not {index}")
    left = sale.lines[index].quantity - sale.returned.get(index, 0)
    if not 0 < quantity <= left:
        raise InvalidError(
            f"cannot take back {quantity} thousandths of line {index} of sale {sale.op!r}: {left} are left",
            hint="check the receipt: the line may have come back already",
        )


def _line_returned(line: Line, quantity: int) -> int:
    return line.amount * quantity // line.quantity


def _gross_returned(sale: RecordedSale, returned: Mapping[int, int]) -> int:
    return sum(_line_returned(sale.lines[index], quantity) for index, quantity in returned.items())


def _kept(sale: RecordedSale, effect: Effect, returned: Mapping[int, int]) -> int:
    """How much of an effect stands while `returned` is what came back."""
    if not effect.amount:
        return 0
    lines = [sale.lines[index] for index in effect.lines]
    if effect.measure is Measure.QUANTITY:
        whole = sum(line.quantity for line in lines)
        left = whole - sum(returned.get(index, 0) for index in effect.lines)
    else:
        whole = sum(line.amount for line in lines)
        left = whole - sum(_line_returned(sale.lines[i], returned.get(i, 0)) for i in effect.lines)
    return effect.amount * left // whole


def _share(amount: int, part: int, whole: int) -> int:
    return amount * part // whole if whole else 0


def _both_sides(unit: str, other: str, account: str, amount: int, lot: str) -> list[Posting]:
    return [Posting(unit, other, -amount), Posting(unit, MEMBER_PREFIX + account, amount, lot)]


def _give_back(spent: Spent, skip: int, until: int) -> list[Posting]:
    """Put units number `skip` to `until` of a redemption back, counted in the order they were taken."""
    given: list[Posting] = []
    at = 0
    for taken in spent.postings:
        if taken.lot is None:
            continue
        low, high = max(skip, at), min(until, at - taken.amount)
        if high > low:
            given.append(Posting(taken.unit, taken.account, high - low, taken.lot, taken.expires))
        at -= taken.amount
    return [*given, Posting(spent.unit, REDEEMED, skip - until)]
