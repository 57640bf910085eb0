"""Loops: points that earn points again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent.loyalty.lint.finding import Finding, Inspection
from agent.loyalty.programme.rules.earning import Action, By, EarnRule
from agent.loyalty.programme.rules.people import On
from agent.loyalty.programme.rules.rewarding import Gives
from agent.loyalty.sale import Line

# What tills call the goods that come back as a tender.
GIFT_CARDS: Final = frozenset({"gift-card", "gift-cards", "gift card", "gift cards", "giftcard", "giftcards"})
REPEATED: Final = frozenset({Action.REVIEW, Action.SURVEY})


def loops(look: Inspection) -> Iterator[Finding]:
    """Find gift cards that earn when they are bought and when they pay, actions and friends that earn without end."""
    for rule in look.programme.earn:
        if rule.by is By.ACTION and rule.action in REPEATED and not rule.most:
            text = f"gives {rule.give} for every {rule.action} without end"
            yield look.warning(rule.id, text, "limit it: most = { month = ... }")
    yield from _friends_without_end(look)
    for name in sorted(_known(look) & GIFT_CARDS):
        line = Line("any", 1000, 0, name)
        if look.programme.loads((line,)):
            continue  # a gift card of the programme's own: it earns nothing, and nothing but money pays for it
        yield from _paid_twice(look, name, line)


def _friends_without_end(look: Inspection) -> Iterator[Finding]:
    for referral in look.programme.referrals:
        if referral.on is On.SIGN_UP and referral.referrer and referral.friends_a_year is None:
            text = f"gives {referral.referrer} for every friend who signs up, bought or not, and for any number of them"
            yield look.warning(referral.id, text, "limit friends_a_year, or give it for the first purchase")


def _paid_twice(look: Inspection, name: str, line: Line) -> Iterator[Finding]:
    rules = [rule for rule in look.programme.earn if _earns_as_tender(rule, name)]
    for rule in rules:
        if rule.scope.counts(line):
            text = f"{name!r} earns when it is bought, and what it pays for earns again"
            yield look.error(rule.id, text, f"add {name!r} to its exclude")
    for reward in look.programme.rewards:
        if rules and reward.gives is not Gives.ARTICLE and reward.scope.counts(line):
            text = f"points pay for {name!r}, which pays for what earns points again by {rules[0].id!r}"
            yield look.warning(
                reward.id, text, f"add {name!r} to its exclude, or to exclude_tenders of {rules[0].id!r}"
            )


def _earns_as_tender(rule: EarnRule, name: str) -> bool:
    return rule.by in {By.AMOUNT, By.ARTICLE} and name not in rule.exclude_tenders


def _known(look: Inspection) -> set[str]:
    """Return the categories that the programme or the shop's articles speak of, and the tenders."""
    known: set[str] = set()
    for rule in look.rules:
        known |= rule.scope.categories | rule.scope.exclude
    for earning in look.programme.earn:
        known |= earning.exclude_tenders
    if look.articles is not None:
        known |= {row.category for row in look.articles.rows if row.category is not None}
    return known
