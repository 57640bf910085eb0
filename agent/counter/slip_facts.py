"""What each use case puts on its slip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from agent.counter.answers import MemberView, VoucherView
from agent.loyalty.programme import QUALIFYING, Programme
from agent.loyalty.sale import Reason
from agent.loyalty.spending.credit import in_money
from agent.slips.facts import SlipCode, SlipFacts, SlipKind, SlipLine, SlipReturns, SlipVoucher

# Said on the screen and in the entry, left off the paper: it is not what the customer asks about.
_SCREEN_ONLY = frozenset({"counted", "counts_for_tier", "points_count_for_tier", "visit_counts_for_tier"})


def slip_facts(
    kind: SlipKind,
    *,
    op: str,
    at: str,
    till: str,
    programme: Programme,
    total: int | None,
    reasons: Iterable[Reason],
    member: MemberView | None,
    vouchers: Iterable[VoucherView] = (),
    returns: SlipReturns | None = None,
    codes: tuple[SlipCode, ...] = (),
) -> tuple[str, dict[str, Any]]:
    """Return (kind, facts as JSON) of a slip; the chain's head is added by whoever reads the job back."""
    facts = SlipFacts(
        kind=kind,
        op=op,
        at=at,
        till=till,
        currency=programme.currency,
        total=total,
        account=member.account if member else None,
        tier=member.tier if member else None,
        lines=(*(_line(reason, programme) for reason in reasons if _is_for_paper(reason)), *_about(member)),
        balances=_balances(member),
        nearest=_nearest(member),
        punch_cards=tuple((card.label, card.punched, card.of) for card in member.punch_cards) if member else (),
        head="",
        vouchers=tuple(SlipVoucher(one.label, one.qr, one.typed, one.last_day) for one in vouchers),
        returns=returns,
        codes=codes,
    )
    return kind, facts.to_json()


def _is_for_paper(reason: Reason) -> bool:
    return reason.code not in _SCREEN_ONLY and reason.numbers.get("unit") != QUALIFYING


def _line(reason: Reason, programme: Programme) -> SlipLine:
    if "unit" not in reason.numbers:
        return SlipLine(reason.code, dict(reason.numbers))
    reason = in_money(programme, reason)
    unit = reason.numbers.get("unit")
    named = {**reason.numbers, "unit": programme.unit_label(unit)} if isinstance(unit, str) else reason.numbers
    return SlipLine(reason.code, dict(named))


def _about(member: MemberView | None) -> Iterator[SlipLine]:
    """Yield what is left on gift cards and as credit, apart from what was given, and the code to bring friends with."""
    if member is None:
        return
    for unit, amount in member.credit.items():
        if amount:
            yield SlipLine("money_left", {"label": member.labels[unit], "amount": amount})
    if member.referral_code is not None:
        yield SlipLine("referral_code", {"code": member.referral_code})


def _balances(member: MemberView | None) -> tuple[tuple[str, int], ...]:
    if member is None:
        return ()
    punched = {card.card for card in member.punch_cards}
    return tuple((member.labels[unit], units) for unit, units in member.balances.items() if unit not in punched)


def _nearest(member: MemberView | None) -> tuple[str, int, str] | None:
    if member is None or member.nearest is None:
        return None
    return member.nearest.label, member.nearest.missing, member.nearest.unit_label
