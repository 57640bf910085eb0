"""Splitting: what a customer gains who splits a basket or joins several, and what bounds it in a day."""

from __future__ import annotations

from collections.abc import Iterator

from agent.loyalty.lint.finding import Finding, Inspection, Rule
from agent.loyalty.lint.worth import worth_of
from agent.loyalty.programme.rules.earning import By, EarnRule
from agent.loyalty.programme.rules.people import On
from agent.loyalty.programme.rules.punching import PunchBy

_ONCE = "a day counts one visit"


def splitting(look: Inspection) -> Iterator[Finding]:
    """State, rule by rule, the gain of splitting and the limit that bounds it; find those that nothing bounds."""
    for earning in look.programme.earn:
        yield from _capped(look, earning)
        if earning.by is By.VISIT and not earning.when.first_sale:
            text = f"a basket split over days gains {_worth(look, earning.unit, earning.give)} a day at most: {_ONCE}"
            yield look.note(earning.id, text, "ask for a min_amount if a visit may be too small")
    for card in look.programme.punch_cards:
        if card.by is PunchBy.VISIT:
            text = f"a basket split over days gains {_worth(look, card.id, 1)} a day at most: {_ONCE}"
            yield look.note(card.id, text, "ask for a min_amount if a visit may be too small")
    yield from _with_each_sale(look)
    for rule in look.rules:
        yield from _conditional(look, rule)
    yield from _standing(look)


def _capped(look: Inspection, rule: EarnRule) -> Iterator[Finding]:
    most = rule.most_in_sale
    if most is None:
        return
    if not rule.most:
        text = f"a basket split into more sales gains {_worth(look, rule.unit, most)} with each, and nothing bounds it"
        yield look.warning(rule.id, text, "limit the day as well: most = { sale = ..., day = ... }", key="most")
        return
    period, limit = min(rule.most, key=lambda pair: pair[1])
    gain = _worth(look, rule.unit, max(limit - most, 0))
    text = f"a basket split into more sales gains {gain} a day at most: {limit} is the most for one {period}"
    yield look.note(rule.id, text, "lower the limit if that is too much", key="most")


def _with_each_sale(look: Inspection) -> Iterator[Finding]:
    """State what comes with a sale as such: vouchers, draws, what a friend's purchases bring."""
    for kind in look.programme.vouchers:
        when = None if kind.issue is None else kind.issue.when
        if when is not None and not (when.minimum or when.pieces or when.first_sale):
            text = (
                f"every sale gives one, worth {look.money(kind.reward.value)}: a basket split gains it with each part"
            )
            yield look.warning(kind.id, text, "ask for a min_amount in 'issue'", key="issue")
    for game in look.programme.games:
        text = f"a basket split into more sales gains draws, {game.plays_a_day} a day at most"
        yield look.note(game.id, text, "ask for a min_amount if a sale may be too small")
    for referral in look.programme.referrals:
        if referral.on is On.EVERY_PURCHASE:
            gain = _worth(look, referral.unit, referral.friend + referral.referrer)
            text = f"a friend's basket split gains {gain} with each part, {referral.times} times in all"
            yield look.note(referral.id, text, "ask for a min_amount if a purchase may be too small")


def _conditional(look: Inspection, rule: Rule) -> Iterator[Finding]:
    when = rule.when
    if when.minimum or when.pieces:
        least = look.money(when.minimum) if when.minimum else f"{when.pieces} pieces"
        text = f"baskets joined to reach {least} gain what it gives; split ones gain nothing. {_bound(look, rule)}"
        yield look.note(rule.id, text, "it is as it is: a minimum rewards the larger basket", key=_minimum(rule))
    if when.first_sale:
        text = (
            "only the first sale counts, so a basket gains nothing by being split; a second account has another first"
        )
        yield look.note(rule.id, text, "make sure that members are registered once", key="first_sale")


def _minimum(rule: Rule) -> str:
    return "min_amount" if rule.when.minimum else "min_pieces"


def _bound(look: Inspection, rule: Rule) -> str:
    if isinstance(rule, EarnRule) and rule.most:
        period, limit = min(rule.most, key=lambda pair: pair[1])
        return f"Bounded by {_worth(look, rule.unit, limit)} for one {period}"
    if isinstance(rule, EarnRule) and rule.by is By.VISIT:
        return f"Bounded by {_worth(look, rule.unit, rule.give)} a day: {_ONCE}"
    return "Bounded by what the baskets cost together"


def _standing(look: Inspection) -> Iterator[Finding]:
    period = look.programme.tier_rules.period
    tiers = [
        tier.id
        for tier in look.programme.tiers
        if tier.percent > 100 or any(tier.id in rule.when.tiers for rule in look.rules)
    ]
    if tiers:
        named = ", ".join(tiers)
        text = f"a basket split where a tier ({named}) is reached has its second part judged by it: once a {period}"
        yield look.note(tiers[0], text, "it is as it is: a tier counts from the next sale")
    for membership in look.programme.memberships:
        if membership.percent > 100 or any(membership.id in rule.when.memberships for rule in look.rules):
            text = "a basket bought after the membership, not with it, is judged by it: once a term"
            yield look.note(membership.id, text, "it is as it is: a membership counts from the next sale")


def _worth(look: Inspection, unit: str, units: int) -> str:
    """Return units and what they are worth, as people read it."""
    worth = int(units * worth_of(look.programme, unit))
    label = look.programme.unit_label(unit)
    return f"{units:,} {label} (worth {look.money(worth)})" if worth else f"{units:,} {label}"
