"""What is counted for later: visits, what counts for tiers, and how far a challenge has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.loyalty.judging.case import Case
from agent.loyalty.judging.limits import unmet
from agent.loyalty.judging.points import Verdict, lot_for
from agent.loyalty.programme.rules.earning import Challenge, Counted
from agent.loyalty.programme.rules.standing import TierBy
from agent.loyalty.programme.units import QUALIFYING, VISITS, counter_of, given_of
from agent.loyalty.sale import Effect, Measure, Missed, Reason


def visit(case: Case) -> Iterator[Effect]:
    """Note that the member bought something today, once a day."""
    if case.programme.counts_visits and case.first_visit_today:
        lines = tuple(range(len(case.sale.lines)))
        yield Effect("visits", VISITS, 1, case.moment.day, lines, Measure.SALE, Reason("counted"))


def qualifying(case: Case, gains: Iterable[Verdict]) -> Effect | None:
    """Return what this sale adds to what tiers count."""
    programme, rules = case.programme, case.programme.tier_rules
    if not programme.tiers:
        return None
    lot = rules.period.of(case.moment.day)
    if rules.by is TierBy.VISITS:
        if not case.first_visit_today:
            return None
        lines = tuple(range(len(case.sale.lines)))
        return Effect("tiers", QUALIFYING, 1, lot, lines, Measure.SALE, Reason("visit_counts_for_tier"))
    rule = programme.earn[0]
    counted = case.counted(rule.scope)
    if rules.by is TierBy.POINTS:
        amount = sum(g.amount for g in gains if isinstance(g, Effect) and g.unit == rule.unit)
        reason = Reason("points_count_for_tier", {"points": amount})
    else:
        amount = case.paid(case.cost(counted, with_tax=rule.with_tax), rule.exclude_tenders)
        reason = Reason("counts_for_tier", {"amount": amount})
    return Effect("tiers", QUALIFYING, amount, lot, counted, Measure.AMOUNT, reason) if amount else None


def challenged(case: Case, challenge: Challenge) -> Iterator[Verdict]:
    """Count towards a challenge, and give its units as often as its goal is passed."""
    counted = case.counted(challenge.scope)
    missing = unmet(case, challenge.when, cost=case.cost(counted), pieces=case.pieces(counted))
    if missing is not None:
        yield Missed(challenge.id, missing)
        return
    unit, lot = counter_of(challenge.id), challenge.within.of(case.moment.day)
    before, more, measure = case.holder.count(unit, lot), *_progress(case, challenge, counted)
    if more:
        yield Effect(challenge.id, unit, more, lot, counted, measure, Reason("counted"))
    # How often it was given is counted apart: when goods come back and are bought anew, nothing is given twice.
    given = given_of(challenge.id)
    had, has = case.holder.count(given, lot), min(max(before + more, 0) // challenge.goal, challenge.times)
    if more and has > had:  # what a sale did nothing for it does not give: no line of it could take it back
        amount = challenge.give * (has - had)
        into, expires = lot_for(case, challenge.unit)
        reason = Reason("challenge_met", {"label": challenge.label, "points": amount})
        yield Effect(challenge.id, challenge.unit, amount, into, counted, Measure.SALE, reason, expires)
        yield Effect(challenge.id, given, has - had, lot, counted, Measure.SALE, Reason("counted"))
    elif had < challenge.times:
        left = (had + 1) * challenge.goal - (before + more)
        name = "missing" if challenge.counted is Counted.AMOUNT else "more"
        code = f"challenge_{challenge.counted}"
        yield Missed(challenge.id, Reason(code, {"label": challenge.label, name: left}))


def _progress(case: Case, challenge: Challenge, counted: tuple[int, ...]) -> tuple[int, Measure]:
    match challenge.counted:
        case Counted.VISITS:
            return int(bool(counted) and case.first_visit_today), Measure.SALE
        case Counted.PIECES:
            return case.pieces(counted), Measure.QUANTITY
        case Counted.AMOUNT:
            return case.paid(case.cost(counted)), Measure.AMOUNT
