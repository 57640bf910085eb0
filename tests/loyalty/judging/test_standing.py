"""Tiers over windows, how they are lost, memberships, and what is announced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.standing import notices_of, paid_until, tier_of
from agent.loyalty.programme import Programme
from agent.loyalty.sale import Holder, Lot, Moment, Reason, Sale, Status
from agent.loyalty.spending.customer import Customer
from tests.loyalty.judging.test_goods import CLUB
from tests.loyalty.shops import POINTS, UNSURE, line, member, programme

THREE = """
[[tiers]]
id = "silver"
label = "Silver"
from = "100.00"
[[tiers]]
id = "gold"
label = "Gold"
from = "500.00"
percent = 150
perks = ["pre-sale viewing"]
[[tiers]]
id = "platinum"
label = "Platinum"
from = "1000.00"
"""


def _shop(rules: str = "") -> Programme:
    return programme(POINTS, f"[tier_rules]\n{rules}\n", THREE)


def _on(day: str) -> Moment:
    return Moment(day, confirmed=True)


def _tier(shop: Programme, spent: dict[str, int], day: str) -> str | None:
    tier = tier_of(shop, member(spend=spent), _on(day))
    return tier.id if tier else None


def test_a_rolling_window_adds_up_its_periods() -> None:
    shop = _shop('period = "month"\nwindow = 12\nkeeps = 0')
    spent = {f"2024-{month:02}": 5000 for month in range(1, 11)}  # 500.00 over ten months

    assert _tier(shop, spent, "2024-09-30") == "silver"
    assert _tier(shop, spent, "2024-10-01") == "gold"
    assert _tier(shop, spent, "2024-12-31") == "gold"
    assert _tier(shop, spent, "2025-01-01") == "silver"  # January 2024 has left the window


def test_a_tier_is_kept_for_as_many_periods_as_the_rules_say() -> None:
    shop = _shop('period = "quarter"\nkeeps = 2')

    assert _tier(shop, {"2024-Q1": 50_000}, "2024-09-30") == "gold"
    assert _tier(shop, {"2024-Q1": 50_000}, "2024-10-01") is None


def test_one_step_down_a_period() -> None:
    shop = _shop('downgrade = "one-step"\nkeeps = 1')
    spent = {"2020": 100_000}

    found = [_tier(shop, spent, f"{year}-06-01") for year in range(2020, 2026)]
    assert found == ["platinum", "platinum", "gold", "silver", None, None]


def test_one_step_down_stops_at_what_is_reached() -> None:
    shop = _shop('downgrade = "one-step"\nkeeps = 0')

    assert _tier(shop, {"2020": 100_000, "2021": 60_000}, "2021-06-01") == "gold"
    assert _tier(shop, {"2020": 100_000, "2022": 60_000}, "2022-06-01") == "gold"


def test_a_year_from_a_clock_that_ran_ahead_counts_when_it_comes() -> None:
    shop = _shop('downgrade = "one-step"')

    assert _tier(shop, {"2099": 100_000}, "2024-06-01") is None


def test_grace_keeps_the_old_tier_a_while_longer() -> None:
    shop = _shop('keeps = 0\ngrace = "30 days"')

    assert _tier(shop, {"2023": 50_000}, "2024-01-30") == "gold"
    assert _tier(shop, {"2023": 50_000}, "2024-01-31") is None


@pytest.mark.parametrize(("by", "threshold"), [("points", 5), ("visits", 2)])
def test_tiers_may_count_points_or_visits(by: str, threshold: int) -> None:
    tiers = f'[[tiers]]\nid = "gold"\nlabel = "Gold"\nfrom = {threshold}\n'
    shop = programme(POINTS, f'[tier_rules]\nby = "{by}"\n', tiers)
    first = evaluate(shop, member(), Sale((line(300),)), _on("2024-05-01"), lot="a")
    counted = sum(effect.amount for effect in first.effects if effect.unit == "spend")

    assert counted == {"points": 3, "visits": 1}[by]
    again = member(spend={"2024": counted}, visits={"2024-04-30": 1})
    second = evaluate(shop, again, Sale((line(300),)), _on("2024-05-01"), lot="b")
    assert (second.tier_before, second.tier_after) == (None, "gold")


def test_a_second_sale_on_a_day_is_no_second_visit() -> None:
    shop = programme(POINTS, '[tier_rules]\nby = "visits"\n', '[[tiers]]\nid = "g"\nlabel = "G"\nfrom = 2\n')
    judgement = evaluate(shop, member(visits={"2024-05-01": 1}), Sale((line(300),)), _on("2024-05-01"), lot="a")

    assert {effect.unit for effect in judgement.effects} == {"points"}


def _paid(last: str | None) -> Holder:
    return Holder("m", Status.REGULAR, {"club": (Lot("a", 1, last),)})


def test_a_membership_holds_through_its_last_day() -> None:
    club = programme(CLUB).memberships[0]

    assert paid_until(club, _paid("2024-05-01"), _on("2024-05-01")) == "2024-05-01"
    assert paid_until(club, _paid("2024-05-01"), _on("2024-05-02")) is None
    assert paid_until(club, _paid("2020-01-01"), UNSURE) == "2020-01-01"
    assert paid_until(club, _paid(None), _on("2024-05-01")) == "9999-12-31"


def test_perks_of_tier_and_membership_are_announced() -> None:
    shop = programme(POINTS, THREE, CLUB.replace("[[m", "[[m", 1) + 'perks = ["free delivery"]\n')
    holder = Holder("m", Status.REGULAR, {"spend": (Lot("2024", 50_000),), "club": (Lot("a", 1, "2025-01-01"),)})

    assert Customer.of(shop, holder, _on("2024-05-01")).perks == ("pre-sale viewing", "free delivery")
    assert Customer.of(shop, member(), _on("2024-05-01")).perks == ()


def test_a_coming_fall_is_told_in_time_with_what_is_missing() -> None:
    rolling = _shop('period = "month"\nwindow = 2\nkeeps = 0\nnotice = "2 weeks"')
    held = member(spend={"2024-04": 45_000, "2024-05": 5_000})
    (notice,) = notices_of(rolling, held, _on("2024-05-20"))
    assert notice.code == "tier_at_risk_spend"
    assert notice.numbers == {"tier": "Gold", "amount": 45_000, "until": "2024-05-31"}
    assert list(notices_of(rolling, held, _on("2024-05-10"))) == []


def test_a_tier_that_nothing_can_keep_says_when_it_ends() -> None:
    shop = _shop('keeps = 0\nnotice = "30 days"')
    (notice,) = notices_of(shop, member(spend={"2024": 50_000}), _on("2024-12-10"))

    assert (notice.code, notice.numbers) == ("tier_ends", {"tier": "Gold", "until": "2024-12-31"})


def test_a_tier_kept_from_an_earlier_period_says_what_keeps_it() -> None:
    shop = _shop('keeps = 1\nnotice = "30 days"')
    (notice,) = notices_of(shop, member(spend={"2023": 50_000, "2024": 20_000}), _on("2024-12-10"))

    assert notice.numbers == {"tier": "Gold", "amount": 30_000, "until": "2024-12-31"}
    assert list(notices_of(shop, member(spend={"2024": 50_000}), _on("2024-12-10"))) == []


def test_the_end_of_a_membership_and_its_new_price_are_told_in_time() -> None:
    shop = programme(CLUB + 'next_price = "59.00"\nnext_price_from = "2024-05-15"\n')

    assert list(notices_of(shop, _paid("2024-06-30"), _on("2024-05-01"))) == []
    told = list(notices_of(shop, _paid("2024-05-20"), _on("2024-05-01")))
    assert [notice.code for notice in told] == ["membership_ends", "membership_price"]
    assert told[1].numbers == {"label": "Club", "total": 5900, "from": "2024-05-15"}
    assert list(notices_of(shop, _paid("2024-05-20"), UNSURE)) == []


def test_what_is_said_of_a_membership_that_ends_is_what_ends_and_when() -> None:
    quiet = CLUB.replace('"club"', '"quiet"').replace("CLUB-YEAR", "QUIET").replace('notice = "30 days"\n', "")
    crew = CLUB.replace('"club"', '"crew"').replace('"Club"', '"Crew"').replace("CLUB-YEAR", "CREW-YEAR")
    shop = programme(POINTS, quiet, CLUB, crew)
    paid = {unit: (Lot("a", 1, last),) for unit, last in (("quiet", "2024-05-02"), ("club", "2024-05-31"))}
    holder = Holder("m", Status.REGULAR, {**paid, "crew": (Lot("a", 1, "2024-05-10"),)})

    assert list(notices_of(shop, holder, _on("2024-05-01"))) == [
        Reason("membership_ends", {"label": "Club", "until": "2024-05-31"}),
        Reason("membership_ends", {"label": "Crew", "until": "2024-05-10"}),
    ]
    later = replace(holder, lots={**holder.lots, "club": (Lot("a", 1, "2024-06-01"),)})
    assert [notice.numbers["label"] for notice in notices_of(shop, later, _on("2024-05-01"))] == ["Crew"]


@pytest.mark.parametrize(("starts", "told"), [("2024-05-20", True), ("2024-05-21", False)])
def test_a_new_price_is_told_if_it_holds_when_the_term_ends(starts: str, *, told: bool) -> None:
    shop = programme(CLUB + f'next_price = "59.00"\nnext_price_from = "{starts}"\n')
    codes = [notice.code for notice in notices_of(shop, _paid("2024-05-20"), _on("2024-05-01"))]

    assert codes == ["membership_ends", *(["membership_price"] if told else [])]


def test_a_coming_fall_is_told_from_the_first_day_of_its_notice_on() -> None:
    shop = _shop('keeps = 0\nnotice = "30 days"')
    held = member(spend={"2024": 50_000})

    assert list(notices_of(shop, held, _on("2024-11-30"))) == []
    assert [notice.code for notice in notices_of(shop, held, _on("2024-12-01"))] == ["tier_ends"]
    assert list(notices_of(shop, member(), _on("2024-12-10"))) == []


@pytest.mark.parametrize("by", ["points", "visits"])
def test_what_is_missing_of_points_or_visits_is_no_amount_of_money(by: str) -> None:
    shop = programme(
        POINTS,
        f'[tier_rules]\nby = "{by}"\nkeeps = 1\nnotice = "30 days"\n',
        '[[tiers]]\nid = "g"\nlabel = "G"\nfrom = 9\n',
    )
    (notice,) = notices_of(shop, member(spend={"2023": 9, "2024": 5}), _on("2024-12-10"))

    assert notice == Reason(f"tier_at_risk_{by}", {"tier": "G", "units": 4, "until": "2024-12-31"})


def test_one_step_down_holds_for_two_tiers_as_for_three() -> None:
    two = THREE.partition('[[tiers]]\nid = "platinum"')[0]
    shop = programme(POINTS, '[tier_rules]\nperiod = "year"\nkeeps = 0\ndowngrade = "one-step"\n', two)

    assert _tier(shop, {"2023": 60_000}, "2024-05-01") == "silver"
    assert _tier(shop, {"2022": 60_000, "2023": 0}, "2024-05-01") is None
