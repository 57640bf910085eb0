"""Spending: what a member may have now, what is nearest, and which lots a redemption takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.errors import InsufficientError, InvalidError, NotAllowedError, UnknownError
from agent.journal.entry import MEMBER_PREFIX, REDEEMED, Posting
from agent.loyalty.programme import Programme, PunchCard, Reward
from agent.loyalty.sale import Holder, Line, Status

_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """What a member may have now: at most `units_max` of `unit` for at most `value_max` (minor units)."""

    reward: str
    label: str
    unit: str
    units_max: int
    value_max: int
    free: bool  # an article is given, one at a time, at its price


@dataclass(frozen=True, slots=True)
class Nearest:
    """The reward a member is closest to, and how many units are still missing."""

    reward: str
    label: str
    unit: str
    unit_label: str
    missing: int


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a redemption takes and what it is worth; the postings name the lots it consumes."""

    reward: str
    label: str
    unit: str
    units: int
    value: int
    free: bool
    postings: tuple[Posting, ...]


def offers(programme: Programme, holder: Holder, *, due: int | None, lines: Sequence[Line] = ()) -> tuple[Offer, ...]:
    """Return what the member may have now, limited to what is `due` and to the articles of the sale where known."""
    if holder.status is not Status.REGULAR:
        return ()
    found = [_money_offer(reward, holder, due) for reward in programme.rewards]
    found += [_free_offer(card, holder, due, lines) for card in programme.punch_cards]
    return tuple(offer for offer in found if offer is not None)


def _money_offer(reward: Reward, holder: Holder, due: int | None) -> Offer | None:
    units = holder.balance(reward.unit)
    if not reward.part and (units < reward.units or (due is not None and due < reward.value)):
        return None
    units = units if reward.part else reward.units
    if due is not None:  # the most units that are not worth more than is due
        units = min(units, ((due + 1) * reward.units - 1) // reward.value)
    value = units * reward.value // reward.units
    if value < 1:
        return None
    return Offer(reward.id, reward.label, reward.unit, _units_for(reward, value), value, free=False)


def _units_for(reward: Reward, value: int) -> int:
    """The fewest units that are worth `value`: nobody pays units for a fraction of a cent."""
    return -(-value * reward.units // reward.value)


def _free_offer(card: PunchCard, holder: Holder, due: int | None, lines: Sequence[Line]) -> Offer | None:
    if holder.balance(card.id) < card.punches:
        return None
    eligible = [line for line in lines if line.category in card.categories and line.quantity >= _PIECE]
    prices = [price for line in eligible if (price := _price(line)) > 0]  # what costs nothing need not be given
    if lines and not prices:
        return None
    value = min([card.value_max, *prices, *([] if due is None else [due])])
    return Offer(card.id, card.label, card.id, card.punches, value, free=True) if value > 0 else None


def _price(line: Line) -> int:
    return line.amount * _PIECE // line.quantity


def nearest(programme: Programme, holder: Holder) -> Nearest | None:
    """Return the reward not yet reached of which the member has the largest part; None if all are reached."""
    goals = [(r.id, r.label, r.unit, r.units) for r in programme.rewards]
    goals += [(c.id, c.label, c.id, c.punches) for c in programme.punch_cards]
    open_goals = [goal for goal in goals if holder.balance(goal[2]) < goal[3]]
    if not open_goals:
        return None
    reward, label, unit, units = max(open_goals, key=lambda goal: holder.balance(goal[2]) / goal[3])
    return Nearest(reward, label, unit, programme.unit_label(unit), units - holder.balance(unit))


def redeem(programme: Programme, holder: Holder, reward: str, *, units: int | None, value: int | None) -> Redemption:
    """Work out a redemption.

    `units` says how many of a reward that may be had in part (None: one whole reward); `value` is the price (minor
    units) of the article that a full punch card gives. Raises UnknownError, NotAllowedError, InvalidError or
    InsufficientError; the message names what there is.
    """
    if holder.status is not Status.REGULAR:
        hint = "enrol the member first: a name or a phone number will do"
        raise NotAllowedError(f"account {holder.account!r} is {holder.status} and cannot spend", hint=hint)
    for money in programme.rewards:
        if money.id == reward:
            if value is not None:
                raise InvalidError(f"reward {reward!r} is worth what its units are worth: say units, not value")
            return _redeem_money(money, holder, units)
    for card in programme.punch_cards:
        if card.id == reward:
            if units not in {None, card.punches}:
                raise InvalidError(f"reward {reward!r} takes {card.punches} punches, not {units}")
            return _redeem_article(card, holder, value)
    known = ", ".join([r.id for r in programme.rewards] + [c.id for c in programme.punch_cards])
    raise UnknownError(f"no reward {reward!r} in programme {programme.name!r} (there are: {known})")


def _redeem_money(reward: Reward, holder: Holder, units: int | None) -> Redemption:
    wanted = reward.units if units is None else units
    if wanted < 1 or (not reward.part and wanted != reward.units):
        raise InvalidError(f"cannot redeem {wanted} of {reward.unit!r}: reward {reward.id!r} takes {reward.units}")
    value = wanted * reward.value // reward.units
    if value < 1:
        raise InvalidError(f"{wanted} of {reward.unit!r} are worth less than the smallest coin")
    taken = _units_for(reward, value)
    postings = _take(holder, reward.unit, taken)
    return Redemption(reward.id, reward.label, reward.unit, taken, value, free=False, postings=postings)


def _redeem_article(card: PunchCard, holder: Holder, value: int | None) -> Redemption:
    if value is None or not 1 <= value <= card.value_max:
        raise InvalidError(
            f"reward {card.id!r} gives an article: say its price as value, from 1 to {card.value_max}, not {value}"
        )
    postings = _take(holder, card.id, card.punches)
    return Redemption(card.id, card.label, card.id, card.punches, value, free=True, postings=postings)


def _take(holder: Holder, unit: str, units: int) -> tuple[Posting, ...]:
    """Take `units` from the lots that expire first; a debt in one lot counts against the others."""
    balance = holder.balance(unit)
    if units > balance:
        raise InsufficientError(
            f"cannot redeem {units} of {unit!r}: account {holder.account!r} has {balance}",
            hint=f"offer at most {max(balance, 0)}",
        )
    return tuple(_taking(holder, unit, units))


def _taking(holder: Holder, unit: str, units: int) -> Iterable[Posting]:
    left = units
    for lot in sorted(holder.lots[unit], key=lambda lot: (lot.expires or "9999-12-31", lot.lot)):
        part = min(left, max(lot.amount, 0))
        if part:
            left -= part
            yield Posting(unit, MEMBER_PREFIX + holder.account, -part, lot.lot, lot.expires)
    yield Posting(unit, REDEEMED, units)
