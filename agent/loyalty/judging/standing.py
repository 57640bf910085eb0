"""Standing: which tier a member has and which memberships, from the lots alone, and what is about to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.loyalty.programme.rules.standing import Downgrade, Membership, Tier, TierBy, TierRules
from agent.loyalty.programme.units import QUALIFYING
from agent.loyalty.programme.whole import Programme
from agent.loyalty.sale import Holder, Moment, Reason

_NO_END = "9999-12-31"


def tier_of(programme: Programme, holder: Holder, moment: Moment, *, more: int = 0) -> Tier | None:
    """Return the tier a member has, with `more` added to what counts in this period.

    While the clock is not confirmed nobody has a tier: a rule that asks the time pays the ordinary rate.
    """
    if not moment.confirmed or not programme.tiers:
        return None
    rules = programme.tier_rules
    now = rules.period.of(moment.day)
    counted = _counted(holder)
    counted[now] = counted.get(now, 0) + more
    step = _held(programme.tiers, rules, counted, now)
    if rules.grace is not None and moment.day < rules.grace.after(rules.period.first_day(now)):
        step = max(step, _held(programme.tiers, rules, counted, rules.period.after(now, -1)))
    return programme.tiers[step] if step >= 0 else None


def memberships_of(programme: Programme, holder: Holder, moment: Moment) -> tuple[Membership, ...]:
    """Return the memberships that are paid for; on a clock that is not confirmed all that were ever bought.

    The fee was paid: a till that does not know the day gives the benefit of the doubt.
    """
    return tuple(m for m in programme.memberships if paid_until(m, holder, moment) is not None)


def paid_until(membership: Membership, holder: Holder, moment: Moment) -> str | None:
    """Return the last day a membership is paid for; None if it is not, or no longer."""
    days = [lot.expires or _NO_END for lot in holder.lots.get(membership.id, ()) if lot.amount > 0]
    last = max(days, default=None)
    return last if last is not None and (last >= moment.day or not moment.confirmed) else None


def notices_of(programme: Programme, holder: Holder, moment: Moment) -> Iterator[Reason]:
    """Yield what is about to end: a tier, a membership, the price of one."""
    if not moment.confirmed:
        return
    if (fall := _coming_fall(programme, holder, moment)) is not None:
        yield fall
    for membership in memberships_of(programme, holder, moment):
        last = paid_until(membership, holder, moment)
        if last is None or membership.notice is None or membership.notice.after(moment.day) < last:
            continue
        yield Reason("membership_ends", {"label": membership.label, "until": last})
        day = membership.next_price_from
        if membership.next_price is not None and day is not None and day <= last:
            yield Reason("membership_price", {"label": membership.label, "total": membership.next_price, "from": day})


def _coming_fall(programme: Programme, holder: Holder, moment: Moment) -> Reason | None:
    """Say what is missing to keep a tier that the next period would take away."""
    rules = programme.tier_rules
    if rules.notice is None:
        return None
    now = rules.period.of(moment.day)
    last = rules.period.last_day(now)
    tier = None if rules.notice.after(moment.day) < last else tier_of(programme, holder, moment)
    if tier is None:
        return None
    following = rules.period.after(now)
    later = tier_of(programme, holder, replace(moment, day=rules.period.first_day(following)))
    if later is not None and later.threshold >= tier.threshold:
        return None
    # What is bought now counts in the next period's window, if that is longer than one, or reaches the tier anew.
    ways = [following] * (rules.window > 1) + [now] * (rules.keeps > 0)
    if not ways:
        return Reason("tier_ends", {"tier": tier.label, "until": last})
    missing = tier.threshold - max(_sum(rules, _counted(holder), way) for way in ways)
    name = "amount" if rules.by is TierBy.SPEND else "units"  # the one is told as money
    return Reason(f"tier_at_risk_{rules.by}", {"tier": tier.label, name: missing, "until": last})


def _counted(holder: Holder) -> dict[str, int]:
    counted: dict[str, int] = {}
    for lot in holder.lots.get(QUALIFYING, ()):
        counted[lot.lot] = counted.get(lot.lot, 0) + lot.amount
    return counted


def _sum(rules: TierRules, counted: dict[str, int], period: str) -> int:
    total = counted.get(period, 0)
    for back in range(1, rules.window):
        total += counted.get(rules.period.after(period, -back), 0)
    return total


def _reached(tiers: tuple[Tier, ...], rules: TierRules, counted: dict[str, int], period: str) -> int:
    """Return the number of the highest tier reached in a period, -1 for none."""
    total, step = _sum(rules, counted, period), -1
    for tier in tiers:
        if total < tier.threshold:
            break
        step += 1
    return step


def _held(tiers: tuple[Tier, ...], rules: TierRules, counted: dict[str, int], now: str) -> int:
    best = _reached(tiers, rules, counted, now)
    period = now
    for _ in range(rules.keeps):
        period = rules.period.after(period, -1)
        best = max(best, _reached(tiers, rules, counted, period))
    if rules.downgrade is Downgrade.ONE_STEP and len(tiers) > 1:
        best = max(best, _stepped(tiers, rules, counted, now))
    return best


def _stepped(tiers: tuple[Tier, ...], rules: TierRules, counted: dict[str, int], now: str) -> int:
    """Follow the periods from the first one on: one tier down a period once a tier is no longer kept.

    A first period after `now` is from a clock that ran ahead; it counts when it comes.
    """
    period, step, kept = min(counted), -1, 0
    while period <= now:
        reached = _reached(tiers, rules, counted, period)
        if reached >= step:
            step, kept = reached, rules.keeps
        elif kept:
            kept -= 1
        else:
            step = max(step - 1, reached)
        period = rules.period.after(period)
    return step
