"""What goods bring besides points: punches, and the memberships that are sold as articles."""

from __future__ import annotations

from collections.abc import Iterator

from agent.loyalty.judging.case import Case
from agent.loyalty.judging.limits import unmet
from agent.loyalty.judging.points import Verdict
from agent.loyalty.judging.standing import paid_until
from agent.loyalty.programme.rules.punching import PunchBy, PunchCard
from agent.loyalty.programme.rules.standing import Membership
from agent.loyalty.programme.units import counter_of
from agent.loyalty.sale import Effect, Measure, Missed, Reason

PUNCH_LOT = "punches"  # holes that never expire need not be told apart
STARTED_LOT = "started"


def punched(case: Case, card: PunchCard) -> Iterator[Verdict]:
    """Punch one hole a whole piece, or one a day; a free article is not punched.

    With the first hole a new card gets its head start.
    """
    counted = case.counted(card.scope)
    missing = unmet(case, card.when, cost=case.cost(counted), pieces=case.pieces(counted))
    if missing is None and card.by is PunchBy.VISIT and not case.first_visit_today:
        missing = Reason("visited_today")
    if missing is not None:
        yield Missed(card.id, missing)
        return
    amount = _holes(case, card, counted)
    if amount < 1:
        return
    lot, expires = _lot(case, card)
    measure = Measure.QUANTITY if card.by is PunchBy.ARTICLE else Measure.SALE
    yield Effect(
        card.id,
        card.id,
        amount,
        lot,
        counted,
        measure,
        Reason("punches", {"count": amount, "card": card.label}),
        expires,
    )
    if card.head_start and not case.holder.lots.get(counter_of(card.id)):
        reason = Reason("head_start", {"count": card.head_start, "card": card.label})
        yield Effect(card.id, card.id, card.head_start, lot, counted, Measure.SALE, reason, expires)
        yield Effect(card.id, counter_of(card.id), 1, STARTED_LOT, counted, Measure.SALE, Reason("counted"))


def _holes(case: Case, card: PunchCard, counted: tuple[int, ...]) -> int:
    if card.by is PunchBy.VISIT:
        return int(bool(counted))
    free = sum(1 for redeemed in case.sale.redeemed if redeemed.reward == card.id)
    return case.pieces(counted) - free


def _lot(case: Case, card: PunchCard) -> tuple[str, str | None]:
    if card.expires is None:
        return PUNCH_LOT, None
    return case.lot, card.expires.after(case.moment.day) if case.moment.confirmed else None


def bought(case: Case, membership: Membership) -> Iterator[Effect]:
    """Give the term that was paid for, after the one that still runs.

    On a day that headquarters has not confirmed the term has no end until headquarters gives it one.
    """
    counted = tuple(i for i, line in enumerate(case.sale.lines) if line.article == membership.article)
    terms = case.pieces(counted)
    if terms < 1:
        return
    last = None
    if case.moment.confirmed:
        last = max(paid_until(membership, case.holder, case.moment) or "", case.moment.day)
        for _ in range(min(terms, _TERMS_MAX)):
            last = membership.term.after(last)
    reason = Reason("membership_bought", {"label": membership.label, "until": last or ""})
    yield Effect(membership.id, membership.id, terms, case.lot, counted, Measure.QUANTITY, reason, last)


_TERMS_MAX = 100  # in one sale; more is a slip of the finger
