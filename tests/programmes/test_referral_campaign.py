"""The gym's campaign, with every number worked out by hand."""

from __future__ import annotations

from agent.loyalty.cards import Source
from agent.loyalty.judging.evaluate import evaluate, reward_action
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import Holder, Judgement, Lot, Sale, Status
from tests.loyalty.shops import NOW, line, member, shipped

SHOP = shipped("referral-campaign")
BROUGHT = Holder("m", Status.REGULAR, {"friend.by": (Lot("anna", 1),), "friend-stays.by": (Lot("anna", 1),)})


def _moves(judgement: Judgement) -> dict[tuple[str | None, str], int]:
    found: dict[tuple[str | None, str], int] = {}
    for effect in judgement.effects:
        if effect.unit == "points" and effect.amount:
            key = (effect.account, effect.rule)
            found[key] = found.get(key, 0) + effect.amount
    return found


def test_a_wristband_says_who_it_is_and_spends_nothing() -> None:
    assert SHOP.covers("04A1B2C3D4E5F6", Source.CHIP)
    assert not SHOP.may_spend("04A1B2C3D4E5F6", Source.CHIP)


def test_signing_up_is_fifty_points() -> None:
    judgement = reward_action(SHOP, member(), Action.SIGN_UP, NOW, lot="new")

    assert [(e.rule, e.amount) for e in judgement.effects if e.unit == "points"] == [("welcome", 50)]


def test_the_friends_first_purchase_thanks_both() -> None:
    judgement = evaluate(SHOP, BROUGHT, Sale((line(2500),)), NOW, lot="new")
    moved = _moves(judgement)

    assert moved["anna", "friend"] == 500
    assert moved[None, "friend"] == 100
    assert moved[None, "point-a-pound"] == 25


def test_a_bottle_of_water_is_no_friend() -> None:
    moved = _moves(evaluate(SHOP, BROUGHT, Sale((line(150),)), NOW, lot="new"))

    assert ("anna", "friend") not in moved


def test_who_was_brought_by_nobody_thanks_nobody() -> None:
    assert {account for account, _ in _moves(evaluate(SHOP, member(), Sale((line(2500),)), NOW, lot="new"))} == {None}
