"""Stacking: multipliers and discounts that add up, steps that go down, and goods that are rewarded twice."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Final

from agent.loyalty.lint.finding import Finding, Inspection
from agent.loyalty.lint.meeting import Part, apart, most_together, share_lines
from agent.loyalty.lint.worth import percents
from agent.loyalty.programme.rules.earning import By, Stacking
from agent.loyalty.programme.rules.punching import PunchBy
from agent.loyalty.programme.rules.rewarding import Step
from agent.loyalty.programme.whole import Programme

POINTS_PERCENT_MAX: Final = 500  # of the ordinary points, when multipliers add up
DISCOUNT_PERCENT_MAX: Final = 50  # of a line


def stacking(look: Inspection) -> Iterator[Finding]:
    """Find multipliers and discounts that come to more together than anyone means to give."""
    programme = look.programme
    percent = max(percents(programme).values(), default=Fraction(100))
    if programme.stacking is Stacking.ADD and percent > POINTS_PERCENT_MAX:
        text = f"multipliers add up to {int(percent)} percent of the points, over {POINTS_PERCENT_MAX}"
        yield look.error(
            "", text, 'set multipliers_stack = "best", or let them exclude each other', key="multipliers_stack"
        )
    off = discount_percent(programme)
    if programme.discount_stacking is Stacking.ADD and off > DISCOUNT_PERCENT_MAX:
        text = f"discounts add up to {int(off)} percent of a line, over {DISCOUNT_PERCENT_MAX}"
        yield look.error(
            "", text, 'set discounts_stack = "best", or let them exclude each other', key="discounts_stack"
        )


def discount_percent(programme: Programme) -> Fraction:
    """Return the most percent that discounts take off a line, those by amount or price left out; 100 at most."""
    parts = [
        Part(Fraction(max(step.percent or 0 for step in rule.steps)), rule.scope, rule.when)
        for rule in programme.discounts
    ]
    if programme.discount_stacking is Stacking.BEST:
        return max((part.amount for part in parts), default=Fraction(0))
    return min(most_together(parts), Fraction(100))


def steps(look: Inspection) -> Iterator[Finding]:
    """Find steps of a discount that give less to who buys more."""
    for rule in look.programme.discounts:
        if any(_gives_less(higher, lower) for lower, higher in pairwise(rule.steps)):
            yield look.error(
                rule.id, "a higher step gives less than a lower one", "let its steps give more", key="steps"
            )


def _gives_less(higher: Step, lower: Step) -> bool:
    for more, less in ((higher.percent, lower.percent), (higher.off, lower.off), (lower.price, higher.price)):
        if more is not None and less is not None and more < less:
            return True
    return False


def overlap(look: Inspection) -> Iterator[Finding]:
    """Find articles that two cards punch, and say which both punch and earn."""
    cards = [card for card in look.programme.punch_cards if card.by is PunchBy.ARTICLE]
    for one, other in combinations(cards, 2):
        if apart(one.when, other.when) is None and share_lines(one.scope, other.scope):
            text = f"an article may be punched by {one.id!r} too, and the free one of either by the other"
            yield look.warning(other.id, text, "exclude from one what the other punches")
    for card in cards:
        earning = [
            rule.id
            for rule in look.programme.earn
            if rule.by in {By.AMOUNT, By.ARTICLE}
            and apart(card.when, rule.when) is None
            and share_lines(card.scope, rule.scope)
        ]
        if earning:
            text = f"what it punches earns by {', '.join(map(repr, earning))} as well"
            yield look.note(card.id, text, "exclude it there if one is enough")
