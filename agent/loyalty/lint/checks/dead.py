"""Dead rules: conditions that exclude each other, and what can never be reached or never counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from agent.loyalty.lint.finding import Finding, Inspection, Rule
from agent.loyalty.lint.meeting import counts_something, weekdays_within
from agent.loyalty.lint.stretches import lasting, longest, most_weekdays, windows
from agent.loyalty.lint.worth import MULTIPLIED, multiplies
from agent.loyalty.programme.conditions import WEEKDAYS
from agent.loyalty.programme.rules.earning import By, Challenge, Counted, EarnRule, Multiplier, Stacking
from agent.loyalty.programme.rules.punching import PunchBy
from agent.loyalty.programme.whole import Programme


def dead_rules(look: Inspection) -> Iterator[Finding]:
    """Find rules that never hold, and rules that count no line."""
    for rule in look.rules:
        yield from _never_holds(look, rule)
        if not counts_something(rule.scope):
            text = "counts no line: everything it names is excluded as well"
            yield look.error(rule.id, text, "take the names out of 'exclude'", key="exclude")
    yield from _after_the_end(look)


def _after_the_end(look: Inspection) -> Iterator[Finding]:
    closing = look.programme.closing
    if closing is not None:
        programme = look.programme
        earning: list[Rule] = [*programme.earn, *programme.punch_cards, *programme.challenges]
        for rule in [*earning, *programme.referrals, *programme.games]:
            if rule.when.first_day is not None and rule.when.first_day > closing.last_earn:
                text = f"begins on {rule.when.first_day}, but nothing is earned after {closing.last_earn}"
                yield look.error(rule.id, text, "take the rule out", key="from")


def _never_holds(look: Inspection, rule: Rule) -> Iterator[Finding]:
    when = rule.when
    if not weekdays_within(when):
        text = f"never holds: no {' or '.join(when.weekdays)} is between {when.first_day} and {when.last_day}"
        yield look.error(rule.id, text, "change the weekdays or the days", key="weekdays")
    for key, named in (("tiers", when.tiers), ("memberships", when.memberships)):
        if when.first_sale and named:
            text = f"never holds: whoever buys for the first time has none of {key} {', '.join(named)} yet"
            yield look.error(rule.id, text, f"take out first_sale or {key}", key="first_sale")
    if isinstance(rule, EarnRule) and rule.by is By.ACTION and (when.minimum or when.pieces or rule.scope.named):
        text = "an action is no sale: nothing is bought that a scope or a minimum could ask for"
        yield look.warning(rule.id, text, "take them out")


def dead_multipliers(look: Inspection) -> Iterator[Finding]:
    """Find multipliers that multiply nothing, and those that another one always beats."""
    for multiplier in look.programme.multipliers:
        for name in multiplier.of:
            rule = next(rule for rule in look.programme.earn if rule.id == name)
            if rule.by not in MULTIPLIED:
                text = f"'of' names {name!r}, which counts {rule.by}s: what those give is not multiplied"
                yield look.warning(multiplier.id, text, "take it out of 'of'", key="of")
        if not any(multiplies(multiplier, rule) for rule in look.programme.earn):
            text = "multiplies nothing: no earn rule counts its lines at its times"
            yield look.error(multiplier.id, text, "change 'of', its scope or its conditions, or take it out")
        elif (better := _beaten_by(look.programme, multiplier)) is not None:
            text = f"never counts: {better!r} gives as much or more to the same points at all its times"
            yield look.warning(multiplier.id, text, "raise its percent or take it out", key="percent")


def _beaten_by(programme: Programme, multiplier: Multiplier) -> str | None:
    if programme.stacking is not Stacking.BEST:
        return None
    named = [tier for tier in programme.tiers if tier.id in multiplier.when.tiers]
    if named and all(tier.percent >= multiplier.percent for tier in named):
        return named[0].id
    for other in programme.multipliers:
        everywhere = other.when.always and not other.scope.named and not other.scope.excluded and not other.of
        if other is not multiplier and everywhere and other.percent > multiplier.percent:
            return other.id
    return None


def dead_limits(look: Inspection) -> Iterator[Finding]:
    """Find limits that never bite, and those that let nothing whole through."""
    for rule in look.programme.earn:
        limits = [] if rule.most_in_sale is None else [("sale", rule.most_in_sale)]
        limits += [(str(period), most) for period, most in rule.most]
        for (shorter, less), (longer, more) in pairwise(limits):
            if less >= more:
                text = f"most for one {shorter} = {less} never bites: most for one {longer} is {more}"
                yield look.warning(rule.id, text, f"lower it or take it out of 'most' ({shorter})", key="most")
        least = min((most for _, most in limits), default=rule.give)
        if least < rule.give:
            text = f"gives {rule.give} at a time, and its limit is {least}: it is never given whole"
            yield look.error(rule.id, text, "raise the limit or lower 'give'", key="most")


def dead_challenges(look: Inspection) -> Iterator[Finding]:
    """Find goals that a period has too few days for."""
    for challenge in look.programme.challenges:
        if challenge.counted is not Counted.VISITS:
            continue
        days = _days(challenge)
        if challenge.goal > days:
            text = (
                f"is never met: {challenge.goal} visits in a {challenge.within} that has {days} days for them at most"
            )
            yield look.error(challenge.id, text, "lower 'goal' or lengthen 'within'", key="goal")


def _days(challenge: Challenge) -> int:
    """Return how many days of a period a challenge holds on, at most: a day has one visit."""
    if challenge.when.first_sale:
        return 1
    named = {WEEKDAYS.index(day) for day in challenge.when.weekdays or WEEKDAYS}
    return most_weekdays(windows(challenge.within, 1), named)


def dead_punch_cards(look: Inspection) -> Iterator[Finding]:
    """Find punch cards that are never full: a hole for a visit a day, and holes that go before the last is made."""
    for card in look.programme.punch_cards:
        if card.by is not PunchBy.VISIT:
            continue
        needed = card.punches - card.head_start
        days = needed if card.expires is None else longest(lasting(card.expires, None))
        if days < needed:
            text = f"is never full: {needed} visits on as many days, and a hole lasts {days} days at most"
            yield look.error(card.id, text, "lengthen 'expires' or lower 'punches'", key="expires")
        if card.when.first_sale and needed > 1:
            text = f"is never full: one visit is the first, and {needed} are needed"
            yield look.error(card.id, text, "take out first_sale", key="first_sale")
