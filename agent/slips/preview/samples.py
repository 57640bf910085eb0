"""A slip of every kind to look at, of no shop's sale: what a template and a language come to on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, get_args

from agent.slips.facts import SlipCode, SlipFacts, SlipKind, SlipLine, SlipReturns, SlipVoucher

KINDS: Final[tuple[SlipKind, ...]] = get_args(SlipKind)
_QR: Final = "HTTPS://T.EXAMPLE/V/" + "J01DR3NQK8NY279P7ACR" * 5  # as long as a signed voucher's code
_TYPED: Final = "J01DR3NQK8NY279P7ACR"


def sample(kind: SlipKind, *, currency: str = "EUR") -> SlipFacts:
    """Return what a slip of a kind may say, everything on it that can be."""
    whole = replace(_PLAIN, kind=kind, currency=currency, **_SAID.get(kind, {}))
    return replace(whole, lines=_closure(currency)) if kind == "closure" else whole


_PLAIN: Final = SlipFacts(
    kind="sale",
    op="581475",
    at="2026-11-22T12:50:31+00:00",
    till="corner/1",
    currency="EUR",
    total=None,
    account="sample",
    tier="Gold",
    lines=(),
    balances=(("points", 1262),),
    nearest=("Coffee", 38, "points"),
    punch_cards=(),
    head="7f3a9c2e11d04b55",
    seq=4711,
)
_SALE: Final = (
    SlipLine("points_for_amount", {"points": 32, "eligible": 3218, "per": 100}),
    SlipLine("tier_multiplier", {"label": "Gold", "percent": 150, "points": 16}),
    SlipLine("punches", {"count": 2, "card": "Coffee"}),
    SlipLine("excluded", {"category": "gift-cards", "amount": 1000}),
    SlipLine("tier_at_risk_visits", {"units": 3, "until": "2026-12-31", "tier": "Gold"}),
    SlipLine("referral_code", {"code": "C3MO BYIP"}),
)
_CONSENT: Final = (
    SlipLine("consent_yes", {"purpose": "marketing", "channel": "email"}),
    SlipLine("consent_no", {"purpose": "marketing", "channel": "sms"}),
    SlipLine("consent_yes", {"purpose": "analysis", "channel": "till"}),
    SlipLine("consent_text", {"version": "2026-1"}),
    SlipLine("consent_withdraw", {}),
)
_GAME: Final[dict[str, int | str]] = {
    "label": "Wheel",
    "prize": "Coffee",
    "draw": "17",
    "day": "2026-11-22",
    "odds": 25,
    "commitment": "9f86d081884c7d65",
}


_CLAIM: Final = (SlipLine("claim_points", {"points": 42}), SlipLine("claim_until", {"until": "2026-12-31"}))
_ENDING: Final = SlipLine("expiring", {"units": 120, "unit": "points", "until": "2026-12-31"})
_ALONE: Final[Mapping[str, Any]] = {"nearest": None, "balances": ()}
_NOBODY: Final[Mapping[str, Any]] = {**_ALONE, "account": None, "tier": None}
_SAID: Final[Mapping[SlipKind, Mapping[str, Any]]] = {
    "sale": {
        "total": 4218,
        "lines": _SALE,
        "punch_cards": (("Coffee", 7, 10),),
        "returns": SlipReturns(_TYPED, _QR),
    },
    "redemption": {"lines": (SlipLine("redeemed", {"label": "Coffee", "units": 500, "unit": "points", "value": 500}),)},
    "refund": {"lines": (SlipLine("reversed", {"units": 32, "unit": "points"}),)},
    "enrolment": {
        "lines": (SlipLine("head_start", {"card": "Coffee", "count": 2}),),
        "codes": (SlipCode("code_details", "", "https://club.example/me"),),
    },
    "voucher": {**_ALONE, "vouchers": (SlipVoucher("Coffee", _QR, _TYPED, "2026-12-31"),)},
    "consent": {**_ALONE, "lines": _CONSENT},
    "claim": {**_NOBODY, "total": 4218, "lines": _CLAIM, "codes": (SlipCode("code_claim", _TYPED, _QR),)},
    "referral": {**_ALONE, "codes": (SlipCode("code_referral", "C3MOBYIPTK6A", "C3MOBYIPTK6A"),)},
    "draw": {**_ALONE, "lines": (SlipLine("game_won", _GAME),)},
    "balance": {"lines": (_ENDING,), "punch_cards": (("Coffee", 7, 10),)},
    "closure": _NOBODY,
}


def _closure(currency: str) -> tuple[SlipLine, ...]:
    return (
        SlipLine("closure_z", {"number": "1204"}),
        SlipLine("closure_day", {"first": "2026-11-22"}),
        SlipLine("closure_entries", {"count": 1412}),
        SlipLine("closure_sales", {"currency": currency}),
        SlipLine("closure_count", {"count": 412}),
        SlipLine("closure_goods", {"amount": 1123400, "currency": currency}),
        SlipLine("closure_refunded", {"count": 12, "amount": -123000, "currency": currency}),
        SlipLine("closure_turnover", {"amount": 1000400, "currency": currency}),
        SlipLine("closure_units", {"label": "points"}),
        SlipLine("closure_issued", {"moved": 9120}),
        SlipLine("closure_used", {"moved": -2000}),
        SlipLine("closure_drawer", {}),
        SlipLine("closure_drawer_no_sale", {"count": 2}),
        SlipLine("closure_grand", {}),
        SlipLine("closure_left", {"label": "points", "left": 91200}),
        SlipLine("closure_open", {}),
        SlipLine("closure_unsynced", {"count": 3}),
        SlipLine("closure_slips", {"count": 0}),
    )
