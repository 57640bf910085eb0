"""Gift cards and store credit: units of money, loaded by a sale or a refund, spent for exactly what they are.

A lot of money says in its name where it was issued, `<lot>@<shop>`: whoever reads it knows without asking anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.errors import InvalidError, NotAllowedError, Said
from agent.journal.entry import ISSUANCE, MEMBER_PREFIX, Posting
from agent.loyalty.judging.case import Case
from agent.loyalty.judging.points import lot_of
from agent.loyalty.programme.units import MoneyPolicy, Unit
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Effect, Holder, Line, Measure, Moment, Reason, Status

_AT = "@"


def issued_lot(unit: Unit, lot: str, moment: Moment) -> tuple[str, str | None]:
    """Return the lot that money issued at a moment goes to, and its last day."""
    return lot_of(unit, f"{lot}{_AT}{moment.shop}", moment)


def issued_in(lot: str) -> str | None:
    """Return the shop in which a lot of money was issued; None if its name does not say."""
    return lot.partition("+")[0].partition(_AT)[2] or None


def loaded(case: Case) -> Iterator[Effect]:
    """Load what the sold gift cards cost."""
    for card in case.programme.gift_cards:
        counted = tuple(i for i in case.loads if card.scope.counts(case.sale.lines[i]))
        amount = case.cost(counted)
        if amount:
            unit = case.programme.unit(card.unit)
            lot, expires = issued_lot(unit, case.lot, case.moment)
            reason = Reason("loaded", {"label": unit.label, "amount": amount})
            yield Effect(card.id, unit.id, amount, lot, counted, Measure.AMOUNT, reason, expires)


def check_loads(programme: Programme, holder: Holder | None, lines: Sequence[Line]) -> None:
    """Refuse to sell a gift card to nobody, or to a blocked account: the money would be gone. NotAllowedError."""
    if not programme.loads(lines):
        return
    if holder is None:
        raise NotAllowedError(
            "a gift card is loaded into an account, and no card was shown",
            said=Said("credit_card"),
            hint="read a card first",
        )
    if holder.status is Status.BLOCKED:
        raise NotAllowedError(
            f"account {holder.account!r} is blocked and cannot be loaded",
            said=Said("account_blocked"),
            hint="take another card",
        )


def issued_here(unit: Unit, holder: Holder, moment: Moment) -> Holder:
    """Return the member with nothing of a unit of money but what was issued in this shop; a debt counts anywhere."""
    here = tuple(lot for lot in holder.lots.get(unit.id, ()) if lot.amount < 0 or issued_in(lot.lot) == moment.shop)
    return replace(holder, lots={**holder.lots, unit.id: here})


def check_money(unit: Unit, holder: Holder, moment: Moment, units: int | None, *, anywhere: bool = False) -> Holder:
    """Return what a member may spend of a unit of money here: what was issued in this shop, unless `anywhere` counts.

    Raises InvalidError without an amount, and NotAllowedError when only what was issued elsewhere would do.
    """
    if units is None or units < 1:
        raise InvalidError(f"say how much of {unit.id!r} pays, as units: minor units from 1, not {units}")
    if anywhere:
        return holder
    here = issued_here(unit, holder, moment)
    if here.balance(unit.id) < units <= holder.balance(unit.id):
        online = unit.policy is MoneyPolicy.ONLINE
        raise NotAllowedError(
            f"only {max(here.balance(unit.id), 0)} of {unit.id!r} was issued in shop {moment.shop!r}, not {units}",
            said=Said("issued_elsewhere"),
            hint="this till asks no headquarters, which would have to agree" if online else "spend it where it is from",
        )
    return here


def credited(unit: Unit, account: str, amount: int, moment: Moment, *, lot: str) -> tuple[Posting, ...]:
    """Return the postings that give `amount` of money as store credit."""
    into, expires = issued_lot(unit, lot, moment)
    own = Posting(unit.id, MEMBER_PREFIX + account, amount, into, expires)
    return (Posting(unit.id, ISSUANCE, -amount), own)


def in_money(programme: Programme, reason: Reason) -> Reason:
    """Return a reason that counts units of money as one that says an amount; any other as it is."""
    unit = programme.money_unit(reason.numbers.get("unit"))
    if unit is None:
        return reason
    others = {name: number for name, number in reason.numbers.items() if name not in {"unit", "units"}}
    return Reason(f"{reason.code}_money", {**others, "label": unit.label, "amount": reason.numbers["units"]})
