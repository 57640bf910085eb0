"""Units: what nobody earns or nobody can spend, what goes before it can be spent, and rewards too far away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from agent.loyalty.lint.finding import Finding, Inspection
from agent.loyalty.lint.stretches import challenged_within, given_within, lasting
from agent.loyalty.lint.worth import value_of
from agent.loyalty.programme.rules.earning import By, EarnRule
from agent.loyalty.programme.rules.rewarding import Reward
from agent.loyalty.programme.units import Unit
from agent.loyalty.programme.whole import Programme

RETURN_MIN: Final = Fraction(1, 200)  # of what a member spends until the first reward: less is no reward (need R30)
VISITS_MAX: Final = 100  # until the first reward
_YEAR: Final = [(date(2024, 1, 1) + timedelta(days=i)).isoformat() for i in range(366)]


def earned_units(programme: Programme) -> frozenset[str]:
    """Return the units that members get somehow; a new kind of rule that gives units is named here."""
    units = [rule.unit for rule in programme.earn] + [challenge.unit for challenge in programme.challenges]
    return frozenset(units) | _unbounded(programme)


def _unbounded(programme: Programme) -> frozenset[str]:
    """Return the units that come from friends, games and what others lost: nothing says how many."""
    units = [rule.unit for rule in programme.referrals]
    units += [prize.unit for game in programme.games for prize in game.prizes if prize.unit is not None]
    units += [] if programme.recycling is None else [programme.recycling.unit]
    return frozenset(units)


def unspent_and_unearned(look: Inspection) -> Iterator[Finding]:
    """Find units that nobody earns or that nothing can be had for, and vouchers that nobody is given."""
    programme = look.programme
    earned = earned_units(programme)
    spent = {reward.unit for reward in programme.rewards}
    for unit in programme.units:
        if unit.money:
            continue  # it is paid back into by refunds, and spent as money
        if unit.id not in earned:
            text = "nobody earns any: no rule gives it"
            report = look.error if unit.id in spent else look.warning
            yield report(unit.id, text, "add [[earn]] for it or take it out")
        elif unit.id not in spent:
            yield look.warning(unit.id, "nothing can be had for it", "add [[rewards]] that take it")
    given = {reward.voucher for reward in programme.rewards}
    given |= {prize.voucher for game in programme.games for prize in game.prizes}
    for kind in programme.vouchers:
        if kind.issue is None and kind.id not in given:
            yield look.warning(kind.id, "nobody is given one", "add 'issue', or a reward or a prize that gives it")


def expiry(look: Inspection) -> Iterator[Finding]:
    """Find units that go before they can be spent."""
    for unit in look.programme.units:
        day = next((day for day in _YEAR if _goes_unspent(unit, day)), None)
        if day is not None:
            text = f"what is earned on {day[8:]}.{day[5:7]}. goes before it can be spent"
            yield look.error(unit.id, text, "shorten 'pending' or lengthen 'expires'", key="pending")
        longer = unit.inactive is not None and unit.expires is not None and unit.rounded is None
        if longer and unit.inactive and unit.expires and not unit.inactive.is_shorter_than(unit.expires):
            text = "'inactive' never bites: all has expired by then"
            yield look.warning(unit.id, text, "shorten it or take it out", key="inactive")


def _goes_unspent(unit: Unit, day: str) -> bool:
    last = unit.last_day(day)
    return unit.pending is not None and last is not None and unit.pending.after(day) > last


def reach(look: Inspection) -> Iterator[Finding]:
    """Find rewards that no member ever reaches, or only after spending far more than they are worth."""
    programme = look.programme
    for unit in programme.units:
        rewards = [reward for reward in programme.rewards if reward.unit == unit.id]
        rules = [rule for rule in programme.earn if rule.unit == unit.id]
        if not rewards or not rules:
            continue
        first = min(rewards, key=lambda reward: 1 if reward.part else reward.units)
        yield from _expired(look, unit, first)
        yield from _far(look, first, rules)


def _expired(look: Inspection, unit: Unit, first: Reward) -> Iterator[Finding]:
    if unit.expires is None or first.part or unit.id in _unbounded(look.programme):
        return
    stretches = lasting(unit.expires, unit.rounded)
    bounds = [given_within(rule, stretches) for rule in look.programme.earn if rule.unit == unit.id]
    bounds += [challenged_within(c, stretches) for c in look.programme.challenges if c.unit == unit.id]
    most = sum(bound for bound in bounds if bound is not None)
    if None not in bounds and most < first.units:
        text = (
            f"is never reached: it takes {first.units} of {unit.id!r}, and nobody has more than {most} before they go"
        )
        yield look.error(first.id, text, f"lengthen 'expires' of {unit.id!r} or lower 'units'", key="units")


def _far(look: Inspection, first: Reward, rules: list[EarnRule]) -> Iterator[Finding]:
    value = value_of(look.programme, first)
    worth = Fraction(value, first.units)
    rates = [Fraction(rule.give, rule.per) for rule in rules if rule.by is By.AMOUNT]
    visits = [rule.give for rule in rules if rule.by is By.VISIT]
    if value and rates and max(rates) * worth < RETURN_MIN and len(rates) == len(rules):
        spent = look.money(int(first.units / max(rates)))
        text = f"a member spends {spent} for what is worth {look.money(value)}: less than half a percent"
        yield look.warning(first.id, text, "lower 'units' or give more", key="units")
    if visits and len(visits) == len(rules) and first.units > VISITS_MAX * max(visits):
        text = f"takes {-(-first.units // max(visits))} visits"
        yield look.warning(first.id, text, "lower 'units' or give more", key="units")
