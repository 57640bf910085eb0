"""Cost: what one sale gives away in the worst case, a bound that is computed and always stated."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from agent.loyalty.lint.checks.stacking import discount_percent
from agent.loyalty.lint.finding import Finding, Inspection
from agent.loyalty.lint.meeting import Part, most_together
from agent.loyalty.lint.worth import percents, prize_worth, worth_of
from agent.loyalty.programme.rules.earning import By
from agent.loyalty.programme.rules.punching import PunchBy
from agent.loyalty.programme.whole import Programme

SHARE_MAX: Final = Fraction(30, 100)  # of a sale: more than most margins


def cost(look: Inspection) -> Iterator[Finding]:
    """State what points, free articles and discounts come to as a part of a sale, and what else a sale may give.

    The bound takes every rule that may hold at once, every unit at the dearest reward that takes it, and free articles
    at the price of those that were bought.
    """
    programme = look.programme
    discounts = discount_percent(programme) / 100
    earned = most_together(list(_parts(programme)))
    share = discounts + (1 - discounts) * earned
    told = f"{_percent(share)} of a sale (discounts {_percent(discounts)}, points and free articles {_percent(earned)})"
    if share >= 1:
        yield look.error("", f"gives {told}: more than it takes", "give less, or let rewards take more units")
    elif share > SHARE_MAX:
        yield look.warning("", f"gives up to {told}, over {_percent(SHARE_MAX)}", "back-test it against the margin")
    beside = [f"{look.money(int(amount))} {each}" for amount, each in _beside(programme) if amount >= 1]
    text = f"at worst {told}" + (f", and {', '.join(beside)}" if beside else "")
    yield look.note("", text, "see what it costs: `tally programme backtest`")


def _parts(programme: Programme) -> Iterator[Part]:
    """Yield what grows with the price: the part of it that points and free articles are worth."""
    percent = percents(programme)
    for rule in programme.earn:
        if rule.by is By.AMOUNT:
            share = Fraction(rule.give, rule.per) * worth_of(programme, rule.unit) * percent[rule.id] / 100
            yield Part(share, rule.scope, rule.when)
    for card in programme.punch_cards:
        if card.by is PunchBy.ARTICLE:
            yield Part(Fraction(1, card.punches), card.scope, card.when)


def _beside(programme: Programme) -> Iterator[tuple[Fraction, str]]:
    """Yield what does not grow with the price (minor units), and for what each is given."""
    percent = percents(programme)
    for rule in programme.earn:
        worth = rule.give * worth_of(programme, rule.unit)
        if rule.by is By.ARTICLE:
            yield worth * percent[rule.id] / 100, f"a piece by {rule.id!r}"
        elif rule.by is not By.AMOUNT:
            yield worth, f"a visit by {rule.id!r}" if rule.by is By.VISIT else f"for an action by {rule.id!r}"
    for card in programme.punch_cards:
        if card.by is PunchBy.VISIT:
            yield Fraction(card.value_max, card.punches), f"a visit by {card.id!r}"
    for discount in programme.discounts:
        yield Fraction(max(step.off or 0 for step in discount.steps)), f"a piece by {discount.id!r}"
    yield from _now_and_then(programme)


def _now_and_then(programme: Programme) -> Iterator[tuple[Fraction, str]]:
    """Yield what only some sales give."""
    for challenge in programme.challenges:
        yield challenge.give * worth_of(programme, challenge.unit), f"whenever {challenge.id!r} is met"
    for kind in programme.vouchers:
        if kind.issue is not None:
            yield Fraction(kind.reward.value), f"a sale that gives {kind.id!r}"
    for referral in programme.referrals:
        worth = (referral.referrer + referral.friend) * worth_of(programme, referral.unit)
        yield worth, f"for a friend by {referral.id!r}"
    for game in programme.games:
        yield max(prize_worth(programme, prize) for prize in game.prizes), f"a draw of {game.id!r}"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.1f} %"
