"""The grocery's programme, with every number worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.loyalty.cards import Check, Source, check_digit
from agent.loyalty.judging.evaluate import evaluate, reward_action
from agent.loyalty.judging.standing import tier_of
from agent.loyalty.programme.rules.earning import Action
from agent.loyalty.sale import Holder, Judgement, Line, Lot, Moment, Sale, Status
from tests.loyalty.shops import line, member, shipped

SHOP = shipped("grocery")
TUESDAY = Moment("2024-05-07", confirmed=True, time="09:30")
SATURDAY = Moment("2024-05-11", confirmed=True, time="09:30")


def _points(judgement: Judgement) -> dict[str, int]:
    return {effect.rule: effect.amount for effect in judgement.effects if effect.unit == "points" and effect.amount}


def _judge(*lines: Line, moment: Moment = SATURDAY, holder: Holder | None = None) -> Judgement:
    return evaluate(SHOP, holder or member(), Sale(lines), moment, lot="new")


def test_its_cards_are_eans_of_the_shops_own_range() -> None:
    assert SHOP.covers("264200000001" + check_digit("264200000001", Check.EAN), Source.NUMBER)


def test_a_point_a_leu_and_none_for_tobacco() -> None:
    assert _points(_judge(line(4599, "fruit"), line(2300, "tobacco"))) == {"point-a-leu": 45}


def test_quiet_mornings_double_and_the_bakery_triples_but_never_both_on_a_line() -> None:
    judgement = _judge(line(2000, "fruit"), line(1000, "bakery"), moment=TUESDAY)

    assert _points(judgement) == {"point-a-leu": 30, "own-bakery": 20, "quiet-mornings": 20}


@pytest.mark.parametrize(("time", "bonus"), [("07:59", 0), ("08:00", 20), ("10:59", 20), ("11:00", 0)])
def test_a_quiet_morning_ends_at_eleven(time: str, bonus: int) -> None:
    judgement = _judge(line(2000, "fruit"), moment=replace(TUESDAY, time=time))

    assert _points(judgement).get("quiet-mornings", 0) == bonus


def test_on_an_unconfirmed_clock_there_is_the_ordinary_point() -> None:
    judgement = _judge(line(2000, "fruit"), moment=replace(TUESDAY, confirmed=False))

    assert _points(judgement) == {"point-a-leu": 20}
    assert {missed.reason.code for missed in judgement.missed} >= {"clock_unconfirmed"}


@pytest.mark.parametrize(("day", "bonus"), [("2024-05-07", 0), ("2024-05-08", 20), ("2024-05-14", 20)])
def test_a_birthday_is_three_days_before_and_after(day: str, bonus: int) -> None:
    holder = replace(member(), born="05-11")
    judgement = _judge(line(2000, "fruit"), moment=Moment(day, confirmed=True, time="15:00"), holder=holder)

    assert _points(judgement).get("birthday", 0) == bonus


def test_meal_vouchers_earn_nothing() -> None:
    sale = Sale((line(5000, "fruit"),), (), {"meal-voucher": 4000, "cash": 1000})

    assert _points(evaluate(SHOP, member(), sale, SATURDAY, lot="new")) == {"point-a-leu": 10}


def test_the_third_visit_of_a_week_that_was_worth_it_is_rewarded() -> None:
    lots = {
        "visits": (Lot("2024-05-07", 1), Lot("2024-05-08", 1)),
        "three-a-week.count": (Lot("2024-W19", 2),),
    }
    counted = Holder("m", Status.REGULAR, lots)

    assert _points(_judge(line(3000, "fruit"), holder=counted)) == {"point-a-leu": 30, "three-a-week": 30}
    small = _judge(line(2999, "fruit"), holder=counted)
    assert [m.reason.numbers for m in small.missed if m.rule == "three-a-week"] == [{"amount": 3000, "missing": 1}]


def test_tiers_are_twelve_months_and_go_down_one_step_a_month() -> None:
    spent = {f"2023-{month:02}": 130_000 for month in range(1, 13)}  # 15,600.00 in a year
    gold = member(spend=spent)

    found = [tier_of(SHOP, gold, Moment(f"2024-{month:02}-01", confirmed=True)) for month in range(1, 13)]
    assert [tier.id if tier else None for tier in found] == [
        *["gold"] * 3,  # reached in December, kept for three months
        *["silver"] * 5,  # 9,100.00 in May, kept for three months
        *["green"] * 4,
    ]


def test_a_completed_profile_is_fifty_points_once_a_year() -> None:
    first = reward_action(SHOP, member(), Action.PROFILE, SATURDAY, lot="new")

    assert _points(first) == {"profile-complete": 50}
    again = Holder("m", Status.REGULAR, {"profile-complete.count": (Lot("2024", 50),)})
    assert reward_action(SHOP, again, Action.PROFILE, SATURDAY, lot="new").postings == ()


def test_points_last_eighteen_months_to_the_end_of_a_quarter() -> None:
    (points,) = [effect for effect in _judge(line(2000, "fruit")).effects if effect.unit == "points"]

    assert points.expires == "2025-12-31"
