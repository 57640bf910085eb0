"""`evaluate`: what a programme does to a sale. The same programme, member, sale and moment give the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.journal.entry import ISSUANCE, Posting, ledger_account
from agent.loyalty.judging.case import Case, note
from agent.loyalty.judging.counts import challenged, qualifying, visit
from agent.loyalty.judging.games import played
from agent.loyalty.judging.goods import bought, punched
from agent.loyalty.judging.limits import unmet
from agent.loyalty.judging.points import Verdict, earned, lot_of
from agent.loyalty.judging.referral import bought_by_friend
from agent.loyalty.judging.standing import tier_of
from agent.loyalty.programme.rules.earning import Action, By, Challenge, EarnRule
from agent.loyalty.programme.rules.games import Game
from agent.loyalty.programme.rules.people import Referral
from agent.loyalty.programme.rules.punching import PunchCard
from agent.loyalty.programme.units import QUALIFYING, counter_of
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Discount, Draws, Effect, Holder, Judgement, Measure, Missed, Moment, Reason, Sale, Status
from agent.loyalty.spending.credit import loaded
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.discounts import as_paid, discounted
from agent.loyalty.spending.vouchers import issued


def evaluate(
    programme: Programme,
    holder: Holder | None,
    sale: Sale,
    moment: Moment,
    *,
    lot: str,
    draws: Draws | None = None,
) -> Judgement:
    """Judge a sale.

    `lot` names the lot that newly earned units go to: the id of the entry that will record the sale; `draws` is what
    games are drawn with, None where there is no till. Without a member (`holder` is None), and for a blocked one,
    nothing is earned and the reason says so.
    """
    if holder is None or holder.status is Status.BLOCKED:
        code = "no_member" if holder is None else "blocked"
        return Judgement((note(code, Reason(code)),), (), None, None)
    case = Case.of(programme, holder, sale, moment, lot=lot, draws=draws)
    discounts, undiscounted = discounted(case) if programme.discounts else ((), ())
    if discounts:
        case = case.costing(as_paid(sale.lines, discounts))
    verdicts = [*map(_told, discounts), *undiscounted, *_verdicts(case)]
    effects = [verdict for verdict in verdicts if isinstance(verdict, Effect)]
    spent = sum([effect.amount for effect in effects if effect.unit == QUALIFYING])
    after = tier_of(programme, holder, moment, more=spent) if spent else case.tier
    if after is not None and after != case.tier:
        effects.append(note(after.id, Reason("tier_reached", {"tier": after.label})))
    if holder.status is Status.PROVISIONAL:
        effects.append(note("provisional", Reason("provisional")))
    if programme.closing is not None and (told := programme.closing.told(moment)) is not None:
        effects.append(note("closing", told))
    return Judgement(
        tuple(effects),
        tuple(postings_of(holder.account, effects)),
        case.tier.id if case.tier else None,
        after.id if after else None,
        tuple(verdict for verdict in verdicts if isinstance(verdict, Missed)),
        discounts,
    )


def _told(discount: Discount) -> Effect:
    return note(discount.rule, Reason("discount", {"label": discount.label, "amount": discount.amount}))


def _verdicts(case: Case) -> Iterator[Verdict]:
    programme = case.programme
    yield from loaded(case)
    ended = None if programme.closing is None else programme.closing.no_earning(case.moment)
    if ended is not None:
        yield from _ended(case, ended)
        return
    gains: list[Verdict] = []
    for rule in programme.earn:
        found = list(earned(case, rule))
        gains += found
        yield from found
    for card in programme.punch_cards:
        yield from punched(case, card)
    for membership in programme.memberships:
        yield from bought(case, membership)
    for challenge in programme.challenges:
        yield from challenged(case, challenge)
    for referral in programme.referrals:
        yield from bought_by_friend(case, referral)
    yield from played(case)
    yield from issued(case)
    yield from visit(case)
    if (counted := qualifying(case, gains)) is not None:
        yield counted


def _ended(case: Case, why: Reason) -> Iterator[Verdict]:
    """Nothing is earned any more; what is paid for is still given."""
    programme = case.programme
    earning: list[EarnRule | PunchCard | Challenge | Referral | Game] = [
        *programme.earn,
        *programme.punch_cards,
        *programme.challenges,
        *programme.referrals,
        *programme.games,
    ]
    for rule in earning:
        yield Missed(rule.id, why)
    for membership in programme.memberships:
        yield from bought(case, membership)


def reward_action(programme: Programme, holder: Holder, action: Action, moment: Moment, *, lot: str) -> Judgement:
    """Judge something a member did besides buying; each rule's conditions and limits count as for a sale of nothing."""
    if holder.status is Status.BLOCKED:
        return Judgement((note("blocked", Reason("blocked")),), (), None, None)
    member = Customer.of(programme, holder, moment)
    ended = None if programme.closing is None else programme.closing.no_earning(moment)
    effects: list[Effect] = []
    missed: list[Missed] = []
    for rule in programme.earn:
        if rule.by is not By.ACTION or rule.action is not action:
            continue
        missing = ended or unmet(member, rule.when, cost=0, pieces=0)
        if missing is not None:
            missed.append(Missed(rule.id, missing))
            continue
        had = {period: holder.count(counter_of(rule.id), period.of(moment.day)) for period, _ in rule.most}
        full = next((str(period) for period, most in rule.most if had[period] + rule.give > most), None)
        if full is not None:
            missed.append(Missed(rule.id, Reason("limit_reached", {"most": full, "points": rule.give})))
            continue
        into, expires = lot_of(programme.unit(rule.unit), lot, moment)
        reason = Reason("points_for_action", {"points": rule.give, "action": str(action)})
        effects.append(Effect(rule.id, rule.unit, rule.give, into, (), Measure.SALE, reason, expires))
        effects += [
            Effect(rule.id, counter_of(rule.id), rule.give, period.of(moment.day), (), Measure.SALE, Reason("counted"))
            for period, _ in rule.most
        ]
    name = member.tier.id if member.tier else None
    return Judgement(tuple(effects), tuple(postings_of(holder.account, effects)), name, name, tuple(missed))


def postings_of(account: str, effects: Iterable[Effect]) -> Iterator[Posting]:
    """Yield both sides of every effect that moves units."""
    own = ledger_account(account)
    for effect in effects:
        if effect.amount:
            yield Posting(effect.unit, ISSUANCE, -effect.amount)
            whose = own if effect.account is None else ledger_account(effect.account)
            yield Posting(effect.unit, whose, effect.amount, effect.lot, effect.expires)
