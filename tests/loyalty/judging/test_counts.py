"""What is counted for later: visits, what counts for tiers, and how far a challenge has come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Effect, Holder, Judgement, Line, Measure, Missed, Reason, Redeemed, Sale
from tests.loyalty.shops import EARN, GOLD, NOW, POINTS, UNIT, holding, line, member, programme

EARNING_TAXLESS = EARN + 'with_tax = false\nexclude_tenders = ["voucher"]\n'
DARE = """
[[challenges]]
id = "dare"
label = "Dare"
unit = "points"
give = 50
within = "month"
"""
VISITS = DARE + 'counted = "visits"\ngoal = 3\ncategories = ["tea"]\n'
PIECES = DARE + 'counted = "pieces"\ngoal = 5\ncategories = ["tea"]\n'
AMOUNT = DARE + 'counted = "amount"\ngoal = "10.00"\ncategories = ["tea"]\n'
COUNTED = Reason("counted")


def _judge(shop: Programme, *lines: Line, holder: Holder | None = None) -> Judgement:
    return evaluate(shop, holder or member(), Sale(lines), NOW, lot="new")


def _of(judgement: Judgement, rule: str) -> list[Effect]:
    return [effect for effect in judgement.effects if effect.rule == rule]


def _met(points: int, lines: tuple[int, ...]) -> Effect:
    reason = Reason("challenge_met", {"label": "Dare", "points": points})
    return Effect("dare", "points", points, "new", lines, Measure.SALE, reason)


# -- visits ------------------------------------------------------------------------------------------------------------


def test_the_first_purchase_of_a_day_is_a_visit_of_all_its_lines() -> None:
    shop = programme(UNIT, VISITS)
    visit = Effect("visits", "visits", 1, "2024-05-01", (0, 1), Measure.SALE, COUNTED)

    assert _of(_judge(shop, line(300), line(200, "tea")), "visits") == [visit]
    assert _of(_judge(shop, line(300), holder=member(visits={"2024-05-01": 1})), "visits") == []
    assert _of(_judge(shop, line(300), holder=member(visits={"2024-04-30": 1})), "visits") != []
    assert _of(_judge(programme(POINTS), line(300)), "visits") == []


# -- tiers -------------------------------------------------------------------------------------------------------------


def _counts(rules: str, *lines: Line, tenders: dict[str, int] | None = None, **lots: dict[str, int]) -> list[Effect]:
    shop = programme(UNIT, EARNING_TAXLESS, GOLD.replace('"500.00"', "50" if "by" in rules else '"500.00"'), rules)
    sale = Sale(lines, (Redeemed("r", "money", "points", 1, 100),), tenders or {})
    return _of(evaluate(shop, holding(lots), sale, NOW, lot="new"), "tiers")


def test_what_was_paid_for_what_the_first_rule_counts_counts_for_tiers() -> None:
    sale = (line(600, tax=100), line(5000, "gift-card"), line(400))
    found = _counts("[tier_rules]\n", *sale, tenders={"voucher": 500, "cash": 1000})

    # 900 without tax, of 6000 of which 100 in units and 500 in vouchers count for nothing
    reason = Reason("counts_for_tier", {"amount": 810})
    assert found == [Effect("tiers", "spend", 810, "2024", (0, 2), Measure.AMOUNT, reason)]


def test_points_count_for_tiers_with_what_multiplies_them() -> None:
    double = '[[multipliers]]\nid = "double"\nlabel = "Double"\npercent = 200\n'
    found = _counts(f'[tier_rules]\nby = "points"\nperiod = "month"\n{double}', line(1100))

    reason = Reason("points_count_for_tier", {"points": 20})
    assert found == [Effect("tiers", "spend", 20, "2024-05", (0,), Measure.AMOUNT, reason)]


def test_visits_count_for_tiers_once_a_day() -> None:
    rules = '[tier_rules]\nby = "visits"\n'
    reason = Reason("visit_counts_for_tier")
    visit = Effect("tiers", "spend", 1, "2024", (0, 1), Measure.SALE, reason)

    assert _counts(rules, line(300), line(5000, "gift-card")) == [visit]
    assert _counts(rules, line(300), visits={"2024-05-01": 1}) == []


def test_a_sale_that_counts_for_nothing_and_a_programme_without_tiers_say_nothing() -> None:
    assert _counts("[tier_rules]\n", line(5000, "gift-card")) == []
    assert _of(_judge(programme(POINTS), line(900)), "tiers") == []


# -- challenges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("challenge", "sale", "more", "measure", "left"),
    [
        (VISITS, (line(300), line(200, "tea")), 1, Measure.SALE, ("visits", {"more": 2})),
        (PIECES, (line(300, pieces=9), line(200, "tea", pieces=2)), 2, Measure.QUANTITY, ("pieces", {"more": 3})),
        (AMOUNT, (line(900), line(400, "tea")), 400, Measure.AMOUNT, ("amount", {"missing": 600})),
    ],
)
def test_a_sale_counts_towards_a_challenge_and_says_what_is_left(
    challenge: str, sale: tuple[Line, ...], more: int, measure: Measure, left: tuple[str, dict[str, int]]
) -> None:
    judgement = _judge(programme(UNIT, challenge), *sale)
    what, numbers = left

    assert _of(judgement, "dare") == [Effect("dare", "dare.count", more, "2024-05", (1,), measure, COUNTED)]
    assert judgement.missed == (Missed("dare", Reason(f"challenge_{what}", {"label": "Dare", **numbers})),)


def test_whoever_reaches_the_goal_gets_what_it_gives_once() -> None:
    shop = programme(UNIT, PIECES)
    reached = _judge(shop, line(200, "tea", pieces=2), holder=holding({"dare.count": {"2024-05": 3}}))

    assert _of(reached, "dare") == [
        Effect("dare", "dare.count", 2, "2024-05", (0,), Measure.QUANTITY, COUNTED),
        _met(50, (0,)),
        Effect("dare", "dare.given", 1, "2024-05", (0,), Measure.SALE, COUNTED),
    ]
    assert reached.missed == ()
    given = holding({"dare.count": {"2024-05": 5}, "dare.given": {"2024-05": 1}})
    again = _judge(shop, line(900, "tea", pieces=9), holder=given)
    assert [effect.unit for effect in _of(again, "dare")] == ["dare.count"]
    assert again.missed == ()


def test_a_challenge_that_may_be_met_several_times_is_met_as_often_as_its_goal_is_passed() -> None:
    shop = programme(UNIT, PIECES + "times = 3\n")
    held = holding({"dare.count": {"2024-05": 4}, "dare.given": {"2024-05": 0}})

    twice = _judge(shop, line(900, "tea", pieces=8), holder=held)
    assert _of(twice, "dare")[1:] == [
        _met(100, (0,)),
        Effect("dare", "dare.given", 2, "2024-05", (0,), Measure.SALE, COUNTED),
    ]
    most = _judge(shop, line(900, "tea", pieces=80), holder=held)
    assert _of(most, "dare")[1] == _met(150, (0,))
    once = _judge(shop, line(900, "tea"), holder=holding({"dare.count": {"2024-05": 6}, "dare.given": {"2024-05": 1}}))
    assert once.missed == (Missed("dare", Reason("challenge_pieces", {"label": "Dare", "more": 3})),)


def test_what_came_back_below_nothing_has_to_be_bought_anew() -> None:
    judgement = _judge(
        programme(UNIT, PIECES), line(900, "tea", pieces=5), holder=holding({"dare.count": {"2024-05": -2}})
    )

    assert judgement.missed == (Missed("dare", Reason("challenge_pieces", {"label": "Dare", "more": 2})),)


def test_another_period_begins_a_challenge_anew() -> None:
    held = holding({"dare.count": {"2024-04": 4}, "dare.given": {"2024-04": 1}})

    assert _judge(programme(UNIT, PIECES), line(200, "tea"), holder=held).missed == (
        Missed("dare", Reason("challenge_pieces", {"label": "Dare", "more": 4})),
    )


def test_the_conditions_of_a_challenge_are_asked_of_its_own_goods() -> None:
    shop = programme(UNIT, PIECES + 'min_amount = "5.00"\nmin_pieces = 2\n')
    cheap = _judge(shop, line(400, "tea", pieces=2), line(900))
    few = _judge(shop, line(500, "tea"), line(900, pieces=9))

    assert cheap.missed == (Missed("dare", Reason("min_amount", {"amount": 500, "missing": 100})),)
    assert few.missed == (Missed("dare", Reason("min_pieces", {"pieces": 2, "more": 1})),)
    assert _of(cheap, "dare") == _of(few, "dare") == []


def test_a_second_purchase_of_a_day_and_other_goods_count_for_no_visit() -> None:
    shop = programme(UNIT, VISITS)
    left = (Missed("dare", Reason("challenge_visits", {"label": "Dare", "more": 3})),)

    for judgement in (
        _judge(shop, line(300, "tea"), holder=member(visits={"2024-05-01": 1})),
        _judge(shop, line(300, "cake")),
    ):
        assert (_of(judgement, "dare"), judgement.missed) == ([], left)


def test_what_units_paid_for_counts_for_no_amount() -> None:
    sale = Sale((line(800, "tea"), line(200)), (Redeemed("r", "money", "points", 1, 500),))

    assert evaluate(programme(UNIT, AMOUNT), member(), sale, NOW, lot="new").effects[0].amount == 400


def test_what_a_challenge_gives_expires_with_its_unit() -> None:
    lasting = UNIT.replace('label = "points"', 'label = "points"\nexpires = "1 year"')
    held = holding({"dare.count": {"2024-05": 4}})

    _, given, _ = _of(_judge(programme(lasting, PIECES), line(100, "tea"), holder=held), "dare")
    assert given == replace(_met(50, (0,)), expires="2025-05-01")
