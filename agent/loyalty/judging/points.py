"""What earn rules and their multipliers give for a sale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from agent.loyalty.judging.case import Case, note
from agent.loyalty.judging.limits import unmet
from agent.loyalty.lots import waiting_lot
from agent.loyalty.programme.rules.earning import By, EarnRule, Multiplier, Stacking
from agent.loyalty.programme.units import Unit, counter_of
from agent.loyalty.programme.whole import UnknownArticles
from agent.loyalty.sale import UNKNOWN, Effect, Measure, Missed, Moment, Reason

Verdict = Effect | Missed


@dataclass(frozen=True, slots=True)
class _Bonus:
    """A multiplier that applies: the part of the ordinary points it adds, and to which lines."""

    rule: str
    label: str
    percent: int
    counted: tuple[int, ...]
    code: str = "multiplier"


def earned(case: Case, rule: EarnRule) -> Iterator[Verdict]:
    """Judge one earn rule: what it gives, its multipliers and its own counters, or what is missing."""
    if rule.by is By.ACTION:
        return
    counted = case.counted(rule.scope)
    cost = case.cost(counted)
    missing = unmet(case, rule.when, cost=cost, pieces=case.pieces(counted))
    if missing is None and not counted and (rule.scope.names_lines or rule.by is By.VISIT):
        missing = Reason("no_such_article")
    if missing is None and rule.by is By.VISIT and not case.first_visit_today:
        missing = Reason("visited_today")
    if missing is not None:
        yield Missed(rule.id, missing)
    else:
        gains = tuple(_gains(case, rule, counted))
        yield from _limited(case, rule, gains)
    yield from _excluded(case, rule)


def _gains(case: Case, rule: EarnRule, counted: tuple[int, ...]) -> Iterator[Verdict]:
    """Yield the ordinary points, then each bonus."""
    first = _ordinary(case, rule, counted)
    yield first
    if rule.by is By.VISIT or not first.amount:
        return
    found = tuple(_multipliers(case, rule, counted))
    yield from (missed for missed in found if isinstance(missed, Missed))
    bonuses: list[_Bonus] = [bonus for bonus in found if isinstance(bonus, _Bonus)]
    if case.programme.stacking is Stacking.ADD or len(bonuses) < 2:
        yield from (_gain(case, rule, bonus) for bonus in bonuses)
        return
    for best in _best_of_each_line(bonuses):
        yield best if isinstance(best, Missed) else _gain(case, rule, best)


def _best_of_each_line(bonuses: list[_Bonus]) -> Iterator[_Bonus | Missed]:
    """Leave every line to the multiplier that gives the most for it; so a basket that is split gains nothing."""
    taken: set[int] = set()
    for bonus in sorted(bonuses, key=lambda bonus: -bonus.percent):
        left = tuple(i for i in bonus.counted if i not in taken)
        taken.update(left)
        yield replace(bonus, counted=left) if left else Missed(bonus.rule, Reason("another_multiplier"))


def _ordinary(case: Case, rule: EarnRule, counted: tuple[int, ...]) -> Effect:
    if rule.by is By.VISIT:
        return _effect(case, rule, Reason("visit", {"points": rule.give}), counted=counted, amount=rule.give)
    if rule.by is By.ARTICLE:
        amount = _base(case, rule, counted)
        reason = Reason("points_for_pieces", {"points": amount, "pieces": case.pieces(counted)})
        return _effect(case, rule, reason, counted=counted, amount=amount)
    eligible = _eligible(case, rule, counted)
    amount = eligible // rule.per * rule.give
    numbers: dict[str, int | str] = {"points": amount, "eligible": eligible, "per": rule.per}
    if not amount:
        numbers["missing"] = rule.per - eligible % rule.per
    reason = Reason("points_for_amount" if amount else "minimum", numbers)
    return _effect(case, rule, reason, counted=counted, amount=amount)


def _eligible(case: Case, rule: EarnRule, counted: tuple[int, ...]) -> int:
    return case.paid(case.cost(counted, with_tax=rule.with_tax), rule.exclude_tenders)


def _base(case: Case, rule: EarnRule, counted: tuple[int, ...]) -> int:
    """Return the ordinary units of some lines."""
    if rule.by is By.ARTICLE:
        return case.paid(case.pieces(counted) * rule.give, rule.exclude_tenders)
    return _eligible(case, rule, counted) // rule.per * rule.give


def _multipliers(case: Case, rule: EarnRule, counted: tuple[int, ...]) -> Iterator[_Bonus | Missed]:
    tier = case.tier
    if tier is not None and tier.percent > 100:
        yield _Bonus(tier.id, tier.label, tier.percent, counted, "tier_multiplier")
    for membership in case.memberships:
        if membership.percent > 100:
            yield _Bonus(membership.id, membership.label, membership.percent, counted)
    for multiplier in case.programme.multipliers:
        if not multiplier.of or rule.id in multiplier.of:
            yield _multiplier(case, multiplier, counted)


def _multiplier(case: Case, multiplier: Multiplier, counted: tuple[int, ...]) -> _Bonus | Missed:
    part = _both(counted, case.counted(multiplier.scope))
    missing = unmet(case, multiplier.when, cost=case.cost(part), pieces=case.pieces(part))
    if missing is None and not part:
        missing = Reason("no_such_article")
    if missing is not None:
        return Missed(multiplier.id, missing)
    return _Bonus(multiplier.id, multiplier.label, multiplier.percent, part)


def _both(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if one == other:
        return one
    those = set(other)
    return tuple(i for i in one if i in those)


def _gain(case: Case, rule: EarnRule, bonus: _Bonus) -> Effect:
    amount = _base(case, rule, bonus.counted) * (bonus.percent - 100) // 100
    reason = Reason(bonus.code, {"label": bonus.label, "percent": bonus.percent, "points": amount})
    lot, expires = lot_for(case, rule.unit)
    return Effect(bonus.rule, rule.unit, amount, lot, bonus.counted, _MEASURES[rule.by], reason, expires)


_MEASURES: Final = {By.AMOUNT: Measure.AMOUNT, By.ARTICLE: Measure.QUANTITY, By.VISIT: Measure.SALE}


def _effect(case: Case, rule: EarnRule, reason: Reason, *, counted: tuple[int, ...], amount: int) -> Effect:
    lot, expires = lot_for(case, rule.unit)
    return Effect(rule.id, rule.unit, amount, lot, counted, _MEASURES[rule.by], reason, expires)


def lot_for(case: Case, unit: str) -> tuple[str, str | None]:
    """Return the lot that newly earned units go to, and its last day."""
    found = case.lots.get(unit)
    if found is None:
        found = case.lots[unit] = lot_of(case.programme.unit(unit), case.lot, case.moment)
    return found


def lot_of(unit: Unit, lot: str, moment: Moment) -> tuple[str, str | None]:
    """Return the lot for units earned at a moment and its last day.

    A day that headquarters has not confirmed dates nothing: such units neither wait nor expire.
    """
    if not moment.confirmed:
        return lot, None
    return waiting_lot(lot, earned=moment.day, wait=unit.pending), unit.last_day(moment.day)


def _limited(case: Case, rule: EarnRule, gains: tuple[Verdict, ...]) -> Iterator[Verdict]:
    """Cut what is over the rule's limits, and count what was given where a period is limited."""
    if rule.most_in_sale is None and not rule.most:
        yield from gains
        return
    room, code = _room(case, rule)
    given = 0
    counted: tuple[int, ...] = ()
    measure = Measure.SALE
    for gain in gains:
        if not isinstance(gain, Effect) or gain.amount <= room - given:
            yield gain
            given += gain.amount if isinstance(gain, Effect) else 0
        else:
            left = room - given
            given = room
            if left:
                yield replace(gain, amount=left)
            yield note(gain.rule, Reason("limit_reached", {"most": code, "points": gain.amount - left}))
        if isinstance(gain, Effect) and gain.amount and not counted:
            counted, measure = gain.lines, gain.measure
    if given:
        for period, _ in rule.most:
            lot = period.of(case.moment.day)
            yield Effect(rule.id, counter_of(rule.id), given, lot, counted, measure, Reason("counted"))


def _room(case: Case, rule: EarnRule) -> tuple[int, str]:
    """Return how much the rule may still give, and which limit that is."""
    rooms = [(rule.most_in_sale, "sale")] if rule.most_in_sale is not None else []
    for period, most in rule.most:
        had = case.holder.count(counter_of(rule.id), period.of(case.moment.day))
        rooms.append((max(most - had, 0), str(period)))
    return min(rooms)


def _excluded(case: Case, rule: EarnRule) -> Iterator[Effect]:
    ignored = case.programme.unknown_articles is UnknownArticles.IGNORE
    if not rule.scope.exclude and not ignored:
        return
    for category, places in case.places("category").items():
        if category is not None and (category in rule.scope.exclude or (ignored and category == UNKNOWN)):
            money = case.cost(tuple(places))
            yield note(rule.id, Reason("excluded", {"category": category, "amount": money}))
