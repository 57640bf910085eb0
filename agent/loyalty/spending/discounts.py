"""Discounts: what the lines of a sale cost less for a member, without any units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from agent.loyalty.judging.case import PIECE, Case
from agent.loyalty.judging.limits import unmet
from agent.loyalty.programme.rules.earning import Stacking
from agent.loyalty.programme.rules.rewarding import DiscountRule, Step
from agent.loyalty.sale import Discount, Line, Missed, Reason, Status

_Cuts = Mapping[int, int]  # index of a line -> minor units


def discounted(case: Case) -> tuple[tuple[Discount, ...], tuple[Missed, ...]]:
    """Return what each discount takes off which lines, and the discounts that do not apply."""
    cuts: dict[str, _Cuts] = {}
    missed: list[Missed] = []
    for rule in case.programme.discounts:
        found = _cuts(case, rule)
        if isinstance(found, Reason):
            missed.append(Missed(rule.id, found))
        elif found:
            cuts[rule.id] = found
    add = case.programme.discount_stacking is Stacking.ADD
    kept = _added(cuts, case.sale.lines) if add else _best(cuts)
    discounts = []
    for rule in case.programme.discounts:
        lines = tuple((i, amount) for i, amount in sorted(kept.get(rule.id, {}).items()) if amount)
        if lines:
            discounts.append(Discount(rule.id, rule.label, lines))
        if rule.id in cuts and len(lines) < len(cuts[rule.id]):
            missed.append(Missed(rule.id, Reason("another_discount")))
    return tuple(discounts), tuple(missed)


def _cuts(case: Case, rule: DiscountRule) -> _Cuts | Reason:
    """Return what a rule would take off each line if there were no other; the condition that is missing, if one is."""
    if case.holder.status is not Status.REGULAR:
        return Reason("only_registered")
    counted = case.counted(rule.scope)
    cost, pieces = case.cost(counted), case.pieces(counted)
    missing = unmet(case, rule.when, cost=cost, pieces=pieces)
    if missing is not None:
        return missing
    if not counted:
        return Reason("no_such_article")
    reached = [step for step in rule.steps if pieces >= step.pieces and cost >= step.amount]
    if not reached:
        return _first_step(rule.steps[0], cost=cost, pieces=pieces)
    lines = case.sale.lines
    cuts = zip(counted, _amounts(reached[-1], [lines[i] for i in counted]), strict=True)
    return {i: amount for i, amount in cuts if amount}


def _first_step(step: Step, *, cost: int, pieces: int) -> Reason:
    if pieces < step.pieces:
        return Reason("min_pieces", {"pieces": step.pieces, "more": step.pieces - pieces})
    return Reason("min_amount", {"amount": step.amount, "missing": step.amount - cost})


def _amounts(step: Step, lines: Sequence[Line]) -> Iterator[int]:
    """Yield what a step takes off each line. A percentage is rounded once, downwards, over all of them."""
    if step.percent is not None:
        cost = given = 0
        for line in lines:
            cost += line.amount
            yield cost * step.percent // 100 - given
            given = cost * step.percent // 100
    for line in lines:
        if step.off is not None:
            yield min(step.off * (line.quantity // PIECE), line.amount)
        elif step.price is not None:
            yield max(line.amount - -(-step.price * line.quantity // PIECE), 0)


def _best(cuts: Mapping[str, _Cuts]) -> dict[str, dict[int, int]]:
    """Leave each line to the discount that takes most off it; of two alike the first in the file counts."""
    best: dict[int, tuple[str, int]] = {}
    for rule, lines in cuts.items():
        for i, amount in lines.items():
            if i not in best or amount > best[i][1]:
                best[i] = (rule, amount)
    kept: dict[str, dict[int, int]] = {}
    for i, (rule, amount) in best.items():
        kept.setdefault(rule, {})[i] = amount
    return kept


def _added(cuts: Mapping[str, _Cuts], lines: Sequence[Line]) -> dict[str, dict[int, int]]:
    """Let every discount count, each as a part of the full price, until a line costs nothing."""
    left = [line.amount for line in lines]
    kept: dict[str, dict[int, int]] = {}
    for rule, wanted in cuts.items():
        kept[rule] = {}
        for i, amount in wanted.items():
            kept[rule][i] = min(amount, left[i])
            left[i] -= kept[rule][i]
    return kept


def as_paid(lines: Sequence[Line], discounts: Sequence[Discount]) -> tuple[Line, ...]:
    """Return the lines at what they cost after the discounts, the tax in them pro rata.

    This is what a sale earns on, what rewards may pay for and what a refund gives back.
    """
    if not discounts:
        return tuple(lines)
    off: dict[int, int] = {}
    for discount in discounts:
        for i, amount in discount.lines:
            off[i] = off.get(i, 0) + amount
    return tuple(_paid(line, off[i]) if i in off else line for i, line in enumerate(lines))


def _paid(line: Line, off: int) -> Line:
    amount = line.amount - off
    return replace(line, amount=amount, tax=line.tax * amount // line.amount)
