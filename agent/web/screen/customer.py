"""What the customer's display may show: a first name, balances, and what the sale brings; nothing to find him by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from agent.loyalty.sale import Effect
from agent.web.api.shapes import EffectShape

if TYPE_CHECKING:
    from agent.web.screen.at_hand import Standing

TIERS: Final = "tiers"  # the rule whose effects only count towards a tier


def customer_sees(now: Standing) -> dict[str, Any]:
    """Return the data of a `display` event: `state` is idle, member, sale or thanks; money is in minor units."""
    member, last, judged = now.member, now.last, now.judged
    if now.hand.lines:
        gains = {} if judged is None or member is None else gains_of(judged.effects)
        due = now.hand.total if judged is None else judged.due
        return _seen("sale", member, gains) | {"total": now.hand.total, "due": due}
    if last is not None and member is None:
        return _seen("thanks", last, last["gains"])
    return _seen("idle" if member is None else "member", member, {})


def gains_of(effects: Iterable[Effect | EffectShape]) -> dict[str, int]:
    """Return what a sale brings its member, by unit; what only counts towards a tier is no gain."""
    gains: dict[str, int] = {}
    for effect in effects:
        if effect.rule != TIERS and effect.account is None:
            gains[effect.unit] = gains.get(effect.unit, 0) + effect.amount
    return {unit: amount for unit, amount in gains.items() if amount}


def _seen(state: str, member: Mapping[str, Any] | None, gains: Mapping[str, int]) -> dict[str, Any]:
    member = member or {}
    labels, held = member.get("labels", {}), member.get("balances") or {}
    return {
        "state": state,
        "member": bool(held),
        "name": member.get("name"),
        "tier": member.get("tier"),
        "language": member.get("language"),
        "balances": [
            {"unit": unit, "label": labels[unit], "units": units, "gain": gains.get(unit, 0)}
            for unit, units in held.items()
            if unit in labels
        ],
        "punch_cards": list(member.get("punch_cards", ())),
    }
