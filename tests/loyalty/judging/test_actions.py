"""What a member is given for something besides buying (`evaluate.reward_action`)."""

from __future__ import annotations

import pytest

from agent.journal.entry import ISSUANCE, Posting
from agent.loyalty.judging.case import note
from agent.loyalty.judging.evaluate import reward_action
from agent.loyalty.programme import Programme
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import Effect, Holder, Judgement, Measure, Missed, Moment, Reason, Status
from tests.loyalty.shops import GOLD, NOW, POINTS, UNSURE, holding, member, programme

LASTING = POINTS.replace('label = "points"', 'label = "points"\nexpires = "1 year"')
REVIEW = """
[[earn]]
id = "review"
unit = "points"
by = "action"
action = "review"
give = 5
most = { day = 10, month = 12 }
"""
SURVEY = REVIEW.replace("review", "survey").replace("most = { day = 10, month = 12 }\n", "")
SHOP = programme(LASTING, SURVEY, REVIEW, GOLD)


def _reviewed(holder: Holder | None = None, *, shop: Programme = SHOP, moment: Moment = NOW) -> Judgement:
    return reward_action(shop, holder or member(), Action.REVIEW, moment, lot="new")


def _counted(lot: str) -> Effect:
    return Effect("review", "review.count", 5, lot, (), Measure.SALE, Reason("counted"))


def test_an_action_gives_its_points_and_counts_them_towards_each_limit() -> None:
    reason = Reason("points_for_action", {"points": 5, "action": "review"})
    given = Effect("review", "points", 5, "new", (), Measure.SALE, reason, "2025-05-01")
    counted = [
        Posting("review.count", ISSUANCE, -5),
        Posting("review.count", "account:m", 5, "2024-05-01"),
        Posting("review.count", ISSUANCE, -5),
        Posting("review.count", "account:m", 5, "2024-05"),
    ]
    own = (Posting("points", ISSUANCE, -5), Posting("points", "account:m", 5, "new", "2025-05-01"))

    effects = (given, _counted("2024-05-01"), _counted("2024-05"))
    assert _reviewed() == Judgement(effects, (*own, *counted), None, None)


def test_a_rule_without_limits_counts_nothing() -> None:
    judgement = reward_action(SHOP, member(), Action.SURVEY, NOW, lot="new")

    assert [(effect.rule, effect.unit, effect.amount) for effect in judgement.effects] == [("survey", "points", 5)]
    assert judgement.missed == ()


def test_points_of_an_action_on_an_unconfirmed_clock_do_not_expire() -> None:
    assert [effect.expires for effect in _reviewed(moment=UNSURE).effects] == [None, None, None]


@pytest.mark.parametrize(
    ("had", "full"),
    [
        ({"2024-05-01": 5}, None),
        ({"2024-05-01": 6}, "day"),
        ({"2024-05": 7}, None),
        ({"2024-05": 8}, "month"),
        ({"2024-05-01": 6, "2024-05": 8}, "day"),
        ({"2024-04-30": 10, "2024-04": 12}, None),
    ],
)
def test_an_action_gives_nothing_that_would_pass_a_limit(had: dict[str, int], full: str | None) -> None:
    judgement = _reviewed(holding({"review.count": had}))

    if full is None:
        assert (len(judgement.effects), judgement.missed) == (3, ())
    else:
        missed = Missed("review", Reason("limit_reached", {"most": full, "points": 5}))
        assert judgement == Judgement((), (), None, None, (missed,))


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ('weekdays = ["mon"]', Reason("only_weekdays", {"weekdays": "mon"})),
        ('tiers = ["gold"]', Reason("only_tiers", {"tiers": "Gold"})),
        ('min_amount = "0.01"', Reason("min_amount", {"amount": 1, "missing": 1})),
        ("min_pieces = 1", Reason("min_pieces", {"pieces": 1, "more": 1})),
    ],
)
def test_the_conditions_of_an_action_count_as_for_a_sale_of_nothing(more: str, missing: Reason) -> None:
    judgement = _reviewed(shop=programme(POINTS, REVIEW, more, GOLD))

    assert judgement == Judgement((), (), None, None, (Missed("review", missing),))


def test_every_rule_for_the_action_is_judged_by_itself() -> None:
    second, third = (REVIEW.replace('"review"\nunit', f'"{name}"\nunit') for name in ("second", "third"))
    shop = programme(POINTS, REVIEW, 'weekdays = ["mon"]', second, third, GOLD)
    full = holding({"second.count": {"2024-05-01": 10}})

    judgement = _reviewed(full, shop=shop)

    assert [missed.rule for missed in judgement.missed] == ["review", "second"]
    assert [effect.rule for effect in judgement.effects] == ["third"] * 3


def test_a_blocked_account_gets_nothing_for_what_it_does() -> None:
    assert _reviewed(member(Status.BLOCKED)) == Judgement((note("blocked", Reason("blocked")),), (), None, None)


def test_an_action_moves_nobody_to_another_tier() -> None:
    judgement = _reviewed(member(spend={"2024": 50_000}))

    assert (judgement.tier_before, judgement.tier_after) == ("gold", "gold")
