"""Tiers and memberships: those that nobody reaches, that give nothing, or that one loses by."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from agent.loyalty.lint.finding import Finding, Inspection
from agent.loyalty.lint.stretches import given_within, longest, windows
from agent.loyalty.programme.rules.earning import By
from agent.loyalty.programme.rules.standing import TierBy


def tiers(look: Inspection) -> Iterator[Finding]:
    """Find tiers that cannot be reached, that give nothing, or less than the one below."""
    found = look.programme.tiers
    reachable = _reachable(look)
    for lower, higher in pairwise(found):
        if higher.threshold == lower.threshold:
            text = f"is never had: {higher.id!r} begins at the same {lower.threshold}"
            yield look.error(lower.id, text, "give each tier its own 'from'", key="from")
        if higher.percent < lower.percent:
            text = f"gives {higher.percent} percent of the points, and the lower {lower.id!r} gives {lower.percent}"
            yield look.error(higher.id, text, "raise its percent", key="percent")
    for tier in found:
        if reachable is not None and tier.threshold > reachable:
            text = f"is never reached: it begins at {tier.threshold}, and {reachable} is the most that counts"
            yield look.error(tier.id, text, "lower 'from', or raise the limits of what counts", key="from")
        if tier.percent == 100 and not tier.perks and not _is_named(look, tier.id):
            text = "gives nothing: no percent, no perks, and no rule is for it"
            yield look.warning(tier.id, text, "give it something or take it out")


def _reachable(look: Inspection) -> int | None:
    """Return the most that counts for tiers in their window; None if nothing bounds it."""
    programme, rules = look.programme, look.programme.tier_rules
    stretches = windows(rules.period, rules.window)
    if rules.by is TierBy.VISITS:
        return longest(stretches)
    if rules.by is not TierBy.POINTS or not programme.earn:
        return None
    counted = [rule for rule in programme.earn if rule.unit == programme.earn[0].unit and rule.by is not By.ACTION]
    bounds = [given_within(rule, stretches) for rule in counted]
    known = [bound for bound in bounds if bound is not None]
    return sum(known) if len(known) == len(bounds) else None


def _is_named(look: Inspection, name: str) -> bool:
    recycling = look.programme.recycling
    return any(name in rule.when.tiers or name in rule.when.memberships for rule in look.rules) or (
        recycling is not None and name in recycling.tiers
    )


def memberships(look: Inspection) -> Iterator[Finding]:
    """Find memberships that are paid for and give nothing."""
    for membership in look.programme.memberships:
        if membership.percent == 100 and not membership.perks and not _is_named(look, membership.id):
            text = (
                f"costs {look.money(membership.price)} and gives nothing: no percent, no perks, and no rule is for it"
            )
            yield look.error(membership.id, text, "give it something or take it out")
