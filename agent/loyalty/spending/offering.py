"""Offering: what a member may have now, and what is nearest. What is offered can be redeemed as it was offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agent.loyalty.judging.limits import unmet
from agent.loyalty.programme import PunchCard, Reward
from agent.loyalty.programme.rules.rewarding import Gives
from agent.loyalty.sale import Holder, Line, Status
from agent.loyalty.spending.catalogue import in_stock
from agent.loyalty.spending.credit import issued_here
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.worth import goods_of, most_on, prices, units_for


@dataclass(frozen=True, slots=True)
class Offer:
    """What a member may have now: at most `units_max` of `unit` for at most `value_max` (minor units).

    `free`: an article is given, one at a time, at its price. A voucher and a gift are worth 0 now.
    """

    reward: str
    label: str
    unit: str
    units_max: int
    value_max: int
    free: bool


@dataclass(frozen=True, slots=True)
class Nearest:
    """The reward a member is closest to, and how many units are still missing."""

    reward: str
    label: str
    unit: str
    unit_label: str
    missing: int


def offers(
    customer: Customer,
    *,
    due: int | None,
    lines: Sequence[Line] = (),
    given: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Offer, ...]:
    """Return what the member may have now, limited to what is `due` and to the articles of the sale where known.

    `lines` are the sale's as paid; gift cards among them are paid with money alone. `given` is what the till gave of
    its stock (unit -> how many).
    """
    programme, status = customer.programme, customer.holder.status
    if status is Status.BLOCKED:
        return ()
    goods = goods_of(programme, lines)
    if due is not None:
        due -= sum(line.amount for line in lines) - sum(line.amount for line in goods)
    if lines and not goods:
        return ()
    ended = programme.closing is not None and programme.closing.spending_ended(customer.moment)
    found = () if ended or status is not Status.REGULAR else tuple(_offers(customer, due, goods))
    gone = {reward.id for reward in programme.rewards if not in_stock(reward, given)}
    return (*(offer for offer in found if offer.reward not in gone), *_money_units(customer, due))


def _offers(customer: Customer, due: int | None, lines: Sequence[Line]) -> Iterator[Offer]:
    for reward in customer.programme.rewards:
        if is_for(customer, reward) and (offer := _offer(reward, customer.holder, due, lines)) is not None:
            yield offer
    for card in customer.programme.punch_cards:
        if (offer := _punched_offer(card, customer.holder, due, lines)) is not None:
            yield offer


def _money_units(customer: Customer, due: int | None) -> Iterator[Offer]:
    for unit in customer.programme.units:
        if unit.money:
            held = issued_here(unit, customer.holder, customer.moment).balance(unit.id)
            amount = held if due is None else min(held, due)
            if amount > 0:
                yield Offer(unit.id, unit.label, unit.id, amount, amount, free=False)


def is_for(customer: Customer, reward: Reward) -> bool:
    """Say whether a reward is for this member at this moment, whatever he buys."""
    when = reward.when
    return unmet(customer, when, cost=when.minimum, pieces=when.pieces) is None


def _offer(reward: Reward, holder: Holder, due: int | None, lines: Sequence[Line]) -> Offer | None:
    most = due
    if lines:
        most = most_on(reward, lines) if due is None else min(due, most_on(reward, lines))
    if reward.gives is Gives.MONEY:
        return _money_offer(reward, holder, most)
    if holder.balance(reward.unit) < reward.units:
        return None
    if reward.gives in {Gives.VOUCHER, Gives.GIFT}:
        return Offer(reward.id, reward.label, reward.unit, reward.units, 0, free=False)
    if reward.gives is Gives.ARTICLE and lines:  # the cheapest: it was not said which one is to be free
        most = min([*prices(lines, reward.scope), reward.value if most is None else most])
    value = reward.value if most is None else min(reward.value, most)
    free = reward.gives is Gives.ARTICLE
    return Offer(reward.id, reward.label, reward.unit, reward.units, value, free) if value > 0 else None


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
    return Offer(reward.id, reward.label, reward.unit, units_for(reward, value), value, free=False)


def _punched_offer(card: PunchCard, holder: Holder, due: int | None, lines: Sequence[Line]) -> Offer | None:
    if holder.balance(card.id) < card.punches:
        return None
    eligible = prices(lines, card.scope)
    if lines and not eligible:
        return None
    value = min([card.value_max, *eligible, *([] if due is None else [due])])
    return Offer(card.id, card.label, card.id, card.punches, value, free=True) if value > 0 else None


def nearest(customer: Customer) -> Nearest | None:
    """Return the reward not yet reached of which the member has the largest part; None if all are reached."""
    programme = customer.programme
    goals = [(r.id, r.label, r.unit, r.units) for r in programme.rewards if is_for(customer, r)]
    goals += [(c.id, c.label, c.id, c.punches) for c in programme.punch_cards]
    open_goals = [goal for goal in goals if customer.holder.balance(goal[2]) < goal[3]]
    if not open_goals:
        return None
    reward, label, unit, units = max(open_goals, key=lambda goal: customer.holder.balance(goal[2]) / goal[3])
    return Nearest(reward, label, unit, programme.unit_label(unit), units - customer.holder.balance(unit))
