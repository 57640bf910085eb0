"""The freight company's programme, with every number worked out by hand."""

from __future__ import annotations

import pytest

from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.sale import Holder, Judgement, Line, Sale
from tests.loyalty.shops import NOW, UNSURE, line, member, shipped

SHOP = shipped("freight")
CONTRACT = member(spend={"2024-Q1": 1_000_000})


def _judge(*lines: Line, holder: Holder | None = None) -> Judgement:
    return evaluate(SHOP, holder or member(), Sale(lines), NOW, lot="new")


def _off(judgement: Judgement) -> dict[str, int]:
    return {discount.rule: sum(amount for _, amount in discount.lines) for discount in judgement.discounts}


@pytest.mark.parametrize(("pieces", "off"), [(4, 0), (5, 200), (19, 760), (20, 1800), (50, 7000)])
def test_a_consignment_costs_less_the_more_parcels_there_are(pieces: int, off: int) -> None:
    assert sum(_off(_judge(line(pieces * 1000, "parcel", pieces=pieces))).values()) == off


def test_parcels_on_several_lines_are_one_consignment() -> None:
    assert _off(_judge(line(3000, "parcel", pieces=3), line(2000, "parcel", pieces=2))) == {"parcels": 200}


def test_pallets_go_by_what_they_cost_together() -> None:
    assert _off(_judge(line(49_999, "pallet"))) == {}
    assert _off(_judge(line(25_000, "pallet"), line(25_000, "pallet"))) == {"pallets": 2500}
    assert _off(_judge(line(200_000, "pallet"))) == {"pallets": 22_000}


def test_a_contract_customer_has_the_better_of_both_rates_on_each_line() -> None:
    judgement = _judge(line(10_000, "parcel", pieces=10), line(200_000, "pallet"), holder=CONTRACT)

    assert judgement.tier_before == "contract"
    assert _off(judgement) == {"contract-rate": 25_200}  # 12 % of both: 4 % and 11 % are less
    many = _judge(line(50_000, "parcel", pieces=50), holder=CONTRACT)
    assert _off(many) == {"parcels": 7000}
    assert ("contract-rate", "another_discount") in {(m.rule, m.reason.code) for m in many.missed}


def test_points_and_the_tier_count_what_was_paid_and_not_what_is_passed_on() -> None:
    effects = {e.unit: e.amount for e in _judge(line(100_000, "pallet"), line(5000, "customs")).effects if e.amount}

    assert effects == {"eco": 95, "spend": 95_000}  # 1,000.00 less 5 %


def test_without_a_confirmed_clock_there_is_no_contract_but_the_consignment_rate() -> None:
    judgement = evaluate(SHOP, CONTRACT, Sale((line(10_000, "parcel", pieces=10),)), UNSURE, lot="new")

    assert _off(judgement) == {"parcels": 400}


def test_a_stranger_pays_the_list_price() -> None:
    assert evaluate(SHOP, None, Sale((line(50_000, "parcel", pieces=50),)), NOW, lot="new").discounts == ()
