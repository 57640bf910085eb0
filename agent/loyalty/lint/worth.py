"""What units are worth and how many of them a sale gives: bounds, in minor units, that no sale goes beyond."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from agent.loyalty.lint.meeting import Part, apart, most_together, share_lines
from agent.loyalty.programme.conditions import Scope, When
from agent.loyalty.programme.rules.earning import By, EarnRule, Multiplier, Stacking
from agent.loyalty.programme.rules.games import Prize
from agent.loyalty.programme.rules.rewarding import Gives, Reward
from agent.loyalty.programme.whole import Programme

MULTIPLIED: Final = frozenset({By.AMOUNT, By.ARTICLE})
_NOTHING = Fraction(0)


def worth_of(programme: Programme, unit: str) -> Fraction:
    """Return what one of a unit is worth at most: the dearest reward that takes it."""
    if programme.money_unit(unit) is not None:
        return Fraction(1)
    rewards = [
        Fraction(value_of(programme, reward), reward.units) for reward in programme.rewards if reward.unit == unit
    ]
    cards = [Fraction(card.value_max, card.punches) for card in programme.punch_cards if card.id == unit]
    return max([*rewards, *cards], default=Fraction(0))


def value_of(programme: Programme, reward: Reward) -> int:
    """Return what a reward is worth at most (minor units): the voucher's worth if it is one, 0 for a gift."""
    if reward.gives is Gives.VOUCHER:
        return next(kind.reward.value for kind in programme.vouchers if kind.id == reward.voucher)
    return reward.value


def prize_worth(programme: Programme, prize: Prize) -> Fraction:
    """Return what a prize of a game costs the shop at most."""
    if prize.unit is not None:
        return max(prize.units * worth_of(programme, prize.unit), Fraction(prize.cost))
    kind = next(kind for kind in programme.vouchers if kind.id == prize.voucher)
    return Fraction(max(kind.reward.value, prize.cost))


def multiplies(multiplier: Multiplier, rule: EarnRule) -> bool:
    """Say whether a multiplier multiplies an earn rule's points at some time on some line."""
    named = not multiplier.of or rule.id in multiplier.of
    meets = apart(rule.when, multiplier.when) is None and share_lines(rule.scope, multiplier.scope)
    return named and meets and rule.by in MULTIPLIED


def percents(programme: Programme) -> Mapping[str, Fraction]:
    """Return the most percent of its ordinary points that each earn rule gives, with all that may multiply at once."""
    standing = [Part(Fraction(m.percent - 100), Scope(), When(memberships=(m.id,))) for m in programme.memberships]
    standing += [Part(Fraction(tier.percent - 100), Scope(), When(tiers=(tier.id,))) for tier in programme.tiers]
    best = programme.stacking is Stacking.BEST
    known: dict[tuple[Part, ...], Fraction] = {}
    found: dict[str, Fraction] = {}
    for rule in programme.earn:
        multipliers = [m for m in programme.multipliers if multiplies(m, rule)]
        parts = (*standing, *(Part(Fraction(m.percent - 100), m.scope, m.when) for m in multipliers))
        if rule.by not in MULTIPLIED:
            parts = ()
        if parts not in known:
            known[parts] = max((part.amount for part in parts), default=_NOTHING) if best else most_together(parts)
        found[rule.id] = 100 + known[parts]
    return found
