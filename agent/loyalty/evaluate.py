"""`evaluate`: what a programme does to a sale. The same programme, member, sale and moment give the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.journal.entry import ISSUANCE, MEMBER_PREFIX, Posting
from agent.loyalty.programme import QUALIFYING, EarnRule, Programme, PunchCard, Tier
from agent.loyalty.sale import Effect, Holder, Judgement, Line, Measure, Moment, Reason, Sale, Status

PUNCH_LOT = "punches"  # a punch card has one lot: holes do not age apart
_PIECE = 1000  # thousandths


def evaluate(programme: Programme, holder: Holder | None, sale: Sale, moment: Moment, *, lot: str) -> Judgement:
    """Judge a sale.

    `lot` names the lot that newly earned units go to: the id of the entry that will record the sale. Without a member
    (`holder` is None), and for a blocked one, nothing is earned and the reason says so.
    """
    if holder is None or holder.status is Status.BLOCKED:
        code = "no_member" if holder is None else "blocked"
        return Judgement((_note(code, Reason(code)),), (), None, None)
    tier = tier_of(programme, holder, moment)
    effects = [effect for rule in programme.earn for effect in _points(rule, sale, tier, lot)]
    effects += [effect for card in programme.punch_cards for effect in _punches(card, sale)]
    spend = _qualifying(programme, sale, moment)
    effects += spend
    after = tier_of(programme, holder, moment, more=sum(effect.amount for effect in spend))
    if after is not None and after != tier:
        effects.append(_note(after.id, Reason("tier_reached", {"tier": after.label})))
    if holder.status is Status.PROVISIONAL:
        effects.append(_note("provisional", Reason("provisional")))
    postings = tuple(postings_of(holder.account, effects))
    return Judgement(tuple(effects), postings, tier.id if tier else None, after.id if after else None)


def tier_of(programme: Programme, holder: Holder, moment: Moment, *, more: int = 0) -> Tier | None:
    """Return the highest tier earned by spend in this calendar year (plus `more`) or the last.

    While the clock is not confirmed nobody has a tier: a rule that asks the time pays the ordinary rate.
    """
    if not moment.confirmed or not programme.tiers:
        return None
    spent = {moment.year: more}
    for lot in holder.lots.get(QUALIFYING, ()):
        spent[lot.lot] = spent.get(lot.lot, 0) + lot.amount
    best = max(spent[moment.year], spent.get(f"{int(moment.year) - 1:04}", 0))
    reached = [tier for tier in programme.tiers if best >= tier.from_spend]
    return reached[-1] if reached else None


def postings_of(account: str, effects: Iterable[Effect]) -> Iterable[Posting]:
    """Yield both sides of every effect that moves units."""
    for effect in effects:
        if effect.amount:
            yield Posting(effect.unit, ISSUANCE, -effect.amount)
            yield Posting(effect.unit, MEMBER_PREFIX + account, effect.amount, effect.lot)


def eligible_amount(lines: Sequence[Line], counted: Iterable[int], *, with_tax: bool) -> int:
    """Return what the counted lines cost, with or without the tax in them."""
    return sum(lines[i].amount - (0 if with_tax else lines[i].tax) for i in counted)


def _points(rule: EarnRule, sale: Sale, tier: Tier | None, lot: str) -> Iterable[Effect]:
    counted = tuple(i for i, line in enumerate(sale.lines) if line.category not in rule.exclude)
    eligible = _after_redemptions(sale, eligible_amount(sale.lines, counted, with_tax=rule.with_tax))
    percent = tier.percent if tier else 100
    amount = eligible // rule.per * rule.give * percent // 100
    numbers: dict[str, int | str] = {"points": amount, "eligible": eligible, "per": rule.per}
    if tier:
        numbers |= {"tier": tier.label, "percent": percent}
    code = "points_for_amount" if amount else "minimum"
    if not amount:
        numbers["missing"] = rule.per - eligible % rule.per
    yield Effect(rule.id, rule.unit, amount, lot, counted, Measure.AMOUNT, Reason(code, numbers))
    excluded: dict[str, int] = {}
    for line in sale.lines:
        if line.category is not None and line.category in rule.exclude:
            excluded[line.category] = excluded.get(line.category, 0) + line.amount
    for category, money in excluded.items():
        yield _note(rule.id, Reason("excluded", {"category": category, "amount": money}))


def _after_redemptions(sale: Sale, eligible: int) -> int:
    """What was paid with a reward earns nothing: the redemptions count pro rata against every line."""
    if not sale.value_redeemed:
        return eligible
    return eligible * (sale.total - sale.value_redeemed) // sale.total


def _punches(card: PunchCard, sale: Sale) -> Iterable[Effect]:
    counted = tuple(i for i, line in enumerate(sale.lines) if line.category in card.categories)
    pieces = sum(sale.lines[i].quantity // _PIECE for i in counted)
    free = sum(1 for redeemed in sale.redeemed if redeemed.reward == card.id)
    amount = max(0, pieces - free)
    if amount:
        reason = Reason("punches", {"count": amount, "card": card.label})
        yield Effect(card.id, card.id, amount, PUNCH_LOT, counted, Measure.QUANTITY, reason)


def _qualifying(programme: Programme, sale: Sale, moment: Moment) -> list[Effect]:
    if not programme.tiers or not programme.earn:
        return []
    rule = programme.earn[0]  # tiers count what the first earn rule counts
    counted = tuple(i for i, line in enumerate(sale.lines) if line.category not in rule.exclude)
    amount = _after_redemptions(sale, eligible_amount(sale.lines, counted, with_tax=rule.with_tax))
    if not amount:
        return []
    reason = Reason("counts_for_tier", {"amount": amount})
    return [Effect("tiers", QUALIFYING, amount, moment.year, counted, Measure.AMOUNT, reason)]


def _note(rule: str, reason: Reason) -> Effect:
    return Effect(rule, "", 0, "", (), Measure.AMOUNT, reason)
