"""What each use case puts on its slip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.counter.answers import MemberView
from agent.loyalty.programme import QUALIFYING, Programme
from agent.loyalty.sale import Reason
from agent.slips.facts import SlipFacts, SlipKind, SlipLine

# Said on the screen and in the entry, left off the paper: it is not what the customer asks about.
_SCREEN_ONLY = frozenset({"counts_for_tier"})


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
        lines=tuple(_line(reason, programme) for reason in reasons if _is_for_paper(reason)),
        balances=_balances(member),
        nearest=_nearest(member),
        punch_cards=tuple((card.label, card.punched, card.of) for card in member.punch_cards) if member else (),
        head="",
    )
    return kind, facts.to_json()


def _is_for_paper(reason: Reason) -> bool:
    return reason.code not in _SCREEN_ONLY and reason.numbers.get("unit") != QUALIFYING


def _line(reason: Reason, programme: Programme) -> SlipLine:
    unit = reason.numbers.get("unit")
    named = {**reason.numbers, "unit": programme.unit_label(unit)} if isinstance(unit, str) else reason.numbers
    return SlipLine(reason.code, dict(named))


def _balances(member: MemberView | None) -> tuple[tuple[str, int], ...]:
    if member is None:
        return ()
    punched = {card.card for card in member.punch_cards}
    return tuple((member.labels[unit], units) for unit, units in member.balances.items() if unit not in punched)


def _nearest(member: MemberView | None) -> tuple[str, int, str] | None:
    if member is None or member.nearest is None:
        return None
    return member.nearest.label, member.nearest.missing, member.nearest.unit_label
