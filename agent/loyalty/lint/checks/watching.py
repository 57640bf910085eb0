"""Supervision and radar: limits that let everything through, or that notice nobody."""

from __future__ import annotations

from collections.abc import Iterator

from agent.loyalty.lint.finding import Finding, Inspection

_EDGE = 50  # percent: below that a note is about half of all loyal customers


def watching(look: Inspection) -> Iterator[Finding]:
    """Find a radar that is switched off or notes everybody, and approvals that name nobody."""
    radar, supervision = look.programme.radar, look.programme.supervision
    if radar.burst == 0 and radar.same_staff == 0:
        text = "nobody is told of an own card on others' sales"
        yield look.warning("radar", text, "leave burst and same_staff at what they are", key="burst")
    elif 0 < radar.share < _EDGE and radar.same_staff:
        text = f"an account that meets one person in {radar.share} % of its sales is noted: most members would be"
        yield look.warning("radar", text, f"raise share to {_EDGE} or more", key="share")
    wants_pin = supervision.refund_above is not None or supervision.void_minutes is not None
    if wants_pin and not supervision.sign_in:
        text = "a supervisor must approve, and nobody knows whose refund it was"
        yield look.warning("supervision", text, "set sign_in = true", key="sign_in")
