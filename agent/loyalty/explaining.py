"""Explaining: for every rule of a programme, what it did to a sale, or the condition that was missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from agent.loyalty.judging.limits import unmet
from agent.loyalty.judging.standing import paid_until
from agent.loyalty.lots import booked
from agent.loyalty.programme.rules.earning import By, Challenge, EarnRule
from agent.loyalty.programme.rules.punching import PunchCard
from agent.loyalty.programme.rules.rewarding import Gives, Reward
from agent.loyalty.programme.rules.standing import Membership, Tier, TierBy
from agent.loyalty.programme.units import QUALIFYING
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder, Judgement, Moment, Reason, Redeemed, Status
from agent.loyalty.spending.customer import Customer


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule: what it did (`applied`, with the numbers), and what it did not (`missed`, with what is missing).

    Of tiers, memberships, punch cards and rewards `missed` also says that nothing is: that the member has it.
    """

    rule: str
    applied: tuple[Reason, ...]
    missed: tuple[Reason, ...]


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def explain(
    programme: Programme, holder: Holder | None, moment: Moment, judgement: Judgement, redeemed: tuple[Redeemed, ...]
) -> tuple[Explained, ...]:
    """Explain what a programme said to a sale, rule by rule in the order of the format.

    `holder` is the member as he was judged; `redeemed` is what paid a part of the sale.
    """
    if holder is None or holder.status is Status.BLOCKED:
        (said,) = judgement.effects
        return tuple(Explained(rule.id, (), (said.reason,)) for rule in rules_of(programme))
    after = Customer.of(programme, booked(holder, judgement.postings), moment)
    used = {one.reward: one for one in redeemed}
    applied: dict[str, list[Reason]] = {}
    missed: dict[str, list[Reason]] = {}
    for effect in judgement.effects:
        if effect.reason.code != "counted":
            applied.setdefault(effect.rule, []).append(effect.reason)
    for miss in judgement.missed:
        if miss.reason not in missed.setdefault(miss.rule, []):
            missed[miss.rule].append(miss.reason)
    explained = []
    for rule in rules_of(programme):
        did, lacks = applied.get(rule.id, []), missed.get(rule.id, [])
        if rule.id in used:
            did.append(_taken(programme, rule.id, used[rule.id]))
        lacks += _further(after, rule)
        explained.append(Explained(rule.id, tuple(did), tuple(lacks) if did or lacks else (_silent(rule),)))
    return tuple(explained)


def rules_of(programme: Programme) -> tuple[_Named, ...]:
    """Return every rule that may be explained; a new kind of rule is named here."""
    return (
        *programme.earn,
        *programme.multipliers,
        *programme.challenges,
        *programme.punch_cards,
        *programme.tiers,
        *programme.memberships,
        *programme.referrals,
        *programme.games,
        *programme.vouchers,
        *programme.gift_cards,
        *programme.discounts,
        *programme.rewards,
    )


def _taken(programme: Programme, reward: str, used: Redeemed) -> Reason:
    label = next((known.label for known in programme.rewards if known.id == reward), programme.unit_label(reward))
    unit = programme.unit_label(used.unit)
    numbers: dict[str, int | str] = {"label": label, "units": used.units, "unit": unit, "value": used.value}
    return Reason("reward_free" if used.free else "redeemed", numbers)


def _further(after: Customer, rule: _Named) -> Iterator[Reason]:
    """Yield what the judging of a sale does not say of a rule: how far the member is after it."""
    match rule:
        case Reward():
            yield from _reward(after, rule)
        case PunchCard() if after.holder.status is Status.REGULAR:
            yield _units(after, rule.label, rule.id, rule.punches)
        case Tier():
            yield _tier(after, rule)
        case Membership():
            yield _membership(after, rule)


def _reward(after: Customer, reward: Reward) -> Iterator[Reason]:
    if after.holder.status is not Status.REGULAR:
        yield Reason("only_registered")
        return
    missing = unmet(after, reward.when, cost=reward.when.minimum, pieces=reward.when.pieces)
    part = reward.part and reward.gives is Gives.MONEY
    needed = -(-reward.units // reward.value) if part else reward.units
    yield missing or _units(after, reward.label, reward.unit, needed)


def _units(after: Customer, label: str, unit: str, needed: int) -> Reason:
    more = needed - after.holder.balance(unit)
    if more <= 0:
        return Reason("reward_ready", {"label": label})
    if unit in {card.id for card in after.programme.punch_cards}:
        return Reason("punches_missing", {"card": label, "more": more})
    return Reason("units_missing", {"label": label, "more": more, "unit": after.programme.unit_label(unit)})


def _tier(after: Customer, tier: Tier) -> Reason:
    """Say how far a tier is, by what counts in the window that ends with this period."""
    if after.tier is not None and tier.threshold <= after.tier.threshold:
        return Reason("tier_held" if tier.id == after.tier.id else "tier_passed", {"tier": tier.label})
    if not after.moment.confirmed:
        return Reason("clock_unconfirmed")
    rules = after.programme.tier_rules
    now = rules.period.of(after.moment.day)
    counted = sum(after.holder.count(QUALIFYING, rules.period.after(now, -back)) for back in range(rules.window))
    name = "amount" if rules.by is TierBy.SPEND else "units"  # the one is told as money
    return Reason(f"tier_missing_{rules.by}", {"tier": tier.label, name: tier.threshold - counted})


def _membership(after: Customer, membership: Membership) -> Reason:
    until = paid_until(membership, after.holder, after.moment)
    if until is not None:
        return Reason("membership_held", {"label": membership.label, "until": until})
    return Reason("membership_wanted", {"label": membership.label, "total": membership.price})


def _silent(rule: _Named) -> Reason:
    """Say why a rule had nothing to say."""
    match rule:
        case EarnRule(by=By.ACTION, action=action):
            return Reason("only_action", {"action": str(action)})
        case Challenge():
            return Reason("challenge_done", {"label": rule.label, "times": rule.times})
        case _:
            return Reason("nothing_to_do")
