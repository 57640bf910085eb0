import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.entry import ISSUANCE, Posting, encode
from agent.journal.fold import check_conservation
from agent.loyalty.judging.case import note
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.standing import tier_of
from agent.loyalty.sale import LINES_MAX, MONEY_MAX, Holder, Judgement, Line, Moment, Reason, Redeemed, Sale, Status
from tests.loyalty.shops import COFFEE, EARN, GOLD, HEAD, MONEY, NOW, POINTS, UNSURE, by_reason, line, member, programme
from tests.loyalty.shops import shipped as ready

SHOP = programme(POINTS, COFFEE, MONEY, GOLD)


def _judge(*lines: Line, holder: Holder | None = None, moment: Moment = NOW, redeemed: int = 0) -> Judgement:
    paid = (Redeemed("r", "money", "points", redeemed // 5, redeemed),) if redeemed else ()
    return evaluate(SHOP, member() if holder is None else holder, Sale(lines, paid), moment, lot="new")


def test_every_whole_euro_earns_a_point_into_the_lot_of_the_sale() -> None:
    judgement = _judge(line(199), line(250))  # 4.49

    points = by_reason(judgement)["points_for_amount"]
    assert (points.amount, points.unit, points.lot, points.lines) == (4, "points", "new", (0, 1))
    assert points.reason.numbers == {"points": 4, "eligible": 449, "per": 100}
    assert Posting("points", ISSUANCE, -4) in judgement.postings
    assert Posting("points", "account:m", 4, "new") in judgement.postings


def test_what_falls_short_of_a_point_says_how_much_is_missing() -> None:
    judgement = _judge(line(99))

    minimum = by_reason(judgement)["minimum"]
    assert (minimum.amount, minimum.reason.numbers["missing"]) == (0, 1)
    assert not [posting for posting in judgement.postings if posting.unit == "points"]


def test_a_sale_for_nothing_earns_nothing_and_divides_nothing() -> None:
    judgement = _judge(line(0))

    assert (judgement.postings, by_reason(judgement)["minimum"].reason.numbers["missing"]) == ((), 100)


def test_excluded_categories_earn_nothing_and_are_named_with_their_sum() -> None:
    judgement = _judge(line(1000), line(2500, "gift-card"), line(500, "gift-card"))

    found = by_reason(judgement)
    assert (found["points_for_amount"].amount, found["points_for_amount"].lines) == (10, (0,))
    assert found["excluded"].reason.numbers == {"category": "gift-card", "amount": 3000}
    assert found["counts_for_tier"].amount == 1000


def test_tax_counts_unless_the_rule_says_otherwise() -> None:
    taxed = (line(1200, tax=200), line(600, tax=100))
    without = programme(POINTS + "with_tax = false\n")
    judgement = evaluate(without, member(), Sale(taxed), NOW, lot="new")

    assert by_reason(_judge(*taxed))["points_for_amount"].amount == 18
    assert by_reason(judgement)["points_for_amount"].amount == 15


def test_what_a_reward_paid_earns_nothing() -> None:
    judgement = _judge(line(1000), line(500, "gift-card"), redeemed=600)  # 900 of 1500 are paid: 600 of the 1000 count

    assert by_reason(judgement)["points_for_amount"].reason.numbers["eligible"] == 600
    assert by_reason(judgement)["counts_for_tier"].amount == 600


def test_a_sale_that_rewards_paid_in_full_earns_nothing() -> None:
    judgement = _judge(line(1000), redeemed=1000)

    assert (set(by_reason(judgement)), judgement.postings) == ({"minimum"}, ())


def test_every_article_of_the_category_is_a_punch() -> None:
    judgement = _judge(line(700, "coffee", pieces=2), line(350, "coffee"), line(400, "cake"))

    punches = by_reason(judgement)["punches"]
    assert (punches.amount, punches.unit, punches.lot, punches.lines) == (3, "coffee", "punches", (0, 1))
    assert punches.reason.numbers == {"count": 3, "card": "Coffee card"}


@pytest.mark.parametrize(("quantity", "punches"), [(999, 0), (1000, 1), (1999, 1), (2000, 2)])
def test_only_whole_articles_are_punched(quantity: int, punches: int) -> None:
    judgement = _judge(Line("beans", quantity, 500, "coffee"))

    assert sum(effect.amount for effect in judgement.effects if effect.unit == "coffee") == punches


@pytest.mark.parametrize(("coffees", "free", "punches"), [(1, 1, 0), (3, 1, 2), (3, 2, 1), (1, 2, 0)])
def test_an_article_that_was_given_is_not_punched(coffees: int, free: int, punches: int) -> None:
    given_away = tuple(Redeemed(f"r{i}", "coffee", "coffee", 9, 100, free=True) for i in range(free))
    sale = Sale((line(1050, "coffee", pieces=coffees),), given_away)
    judgement = evaluate(SHOP, member(), sale, NOW, lot="new")

    assert sum(effect.amount for effect in judgement.effects if effect.unit == "coffee") == punches


def test_gold_earns_half_as_much_again_rounded_once_downwards() -> None:
    judgement = _judge(line(799), holder=member(spend={"2024": 50_000}))

    found = by_reason(judgement)
    assert (found["points_for_amount"].amount, found["tier_multiplier"].amount) == (7, 3)  # 7 * 1.5
    assert found["tier_multiplier"].reason.numbers == {"label": "Gold", "percent": 150, "points": 3}
    assert (judgement.tier_before, judgement.tier_after) == ("gold", "gold")


@pytest.mark.parametrize(
    ("spent", "tier"),
    [
        ({"2024": 50_000}, "gold"),
        ({"2024": 49_999}, None),
        ({"2023": 50_000}, "gold"),
        ({"2023": 49_999, "2024": 49_999}, None),  # years are not added up
        ({"2022": 99_999}, None),
        ({"2025": 99_999}, None),
        ({}, None),
    ],
)
def test_a_tier_is_earned_by_this_calendar_year_or_the_last(spent: dict[str, int], tier: str | None) -> None:
    found = tier_of(SHOP, member(spend=spent), NOW)

    assert (found.id if found else None) == tier


def test_the_last_day_of_december_and_the_first_of_january_count_their_own_years() -> None:
    gold = member(spend={"2023": 50_000})

    assert tier_of(SHOP, gold, Moment("2023-12-31", confirmed=True)) is not None
    assert tier_of(SHOP, gold, Moment("2024-12-31", confirmed=True)) is not None
    assert tier_of(SHOP, gold, Moment("2025-01-01", confirmed=True)) is None


def test_spend_counts_for_the_year_of_the_sale() -> None:
    spend = by_reason(_judge(line(1250), moment=Moment("2023-12-31", confirmed=True)))["counts_for_tier"]

    assert (spend.unit, spend.lot, spend.amount) == ("spend", "2023", 1250)


def test_the_sale_that_reaches_a_tier_says_so_and_still_pays_the_ordinary_rate() -> None:
    judgement = _judge(line(1000), holder=member(spend={"2024": 49_000}))

    found = by_reason(judgement)
    assert found["points_for_amount"].amount == 10
    assert found["tier_reached"].reason.numbers == {"tier": "Gold"}
    assert (judgement.tier_before, judgement.tier_after) == (None, "gold")


def test_of_several_tiers_the_highest_reached_counts() -> None:
    silver = GOLD.replace("gold", "silver").replace("Gold", "Silver").replace("500.00", "100.00").replace("150", "120")
    shop = programme(POINTS, GOLD, silver)

    assert [tier.id for tier in shop.tiers] == ["silver", "gold"]
    found = [tier_of(shop, member(spend={"2024": spent}), NOW) for spent in (9_999, 10_000, 50_000)]
    assert [tier.id if tier else None for tier in found] == [None, "silver", "gold"]


def test_an_unconfirmed_clock_pays_the_ordinary_rate() -> None:
    judgement = _judge(line(1000), holder=member(spend={"2024": 90_000}), moment=UNSURE)

    assert by_reason(judgement)["points_for_amount"].amount == 10
    assert (judgement.tier_before, judgement.tier_after) == (None, None)


def test_without_a_card_nothing_is_earned_and_the_reason_says_so() -> None:
    judgement = evaluate(SHOP, None, Sale((line(1000),)), NOW, lot="new")

    assert (set(by_reason(judgement)), judgement.postings) == ({"no_member"}, ())


def test_a_blocked_account_earns_nothing_and_the_reason_says_so() -> None:
    judgement = _judge(line(1000), holder=member(Status.BLOCKED))

    assert (set(by_reason(judgement)), judgement.postings) == ({"blocked"}, ())


def test_a_provisional_account_earns_at_once_and_is_told_so() -> None:
    judgement = _judge(line(1000), holder=member(Status.PROVISIONAL))

    found = by_reason(judgement)
    assert (found["points_for_amount"].amount, found["provisional"].amount) == (10, 0)


def test_two_earn_rules_both_pay_and_tiers_count_the_first() -> None:
    wine = EARN.replace("earning", "bonus").replace('["gift-card"]', "[]").replace("give = 1", "give = 2")
    shop = programme(POINTS, wine, GOLD)
    judgement = evaluate(shop, member(), Sale((line(300), line(200, "gift-card"))), NOW, lot="new")

    paid = {effect.rule: effect.amount for effect in judgement.effects if effect.amount}
    assert paid == {"earning": 3, "bonus": 10, "tiers": 300}


def test_points_may_be_given_for_more_than_one_unit_of_money() -> None:
    shop = programme(POINTS.replace("give = 1", "give = 7").replace('"1.00"', '"2.50"'))
    judgement = evaluate(shop, member(), Sale((line(749),)), NOW, lot="new")

    assert by_reason(judgement)["points_for_amount"].amount == 14  # 2 whole 2.50


def test_the_greatest_sale_there_is_still_fits_an_entry() -> None:
    sale = Sale((line(MONEY_MAX, "coffee"),) * LINES_MAX)
    for name in ("general-shop", "coffee-shop"):
        judgement = evaluate(ready(name), member(spend={"2024": 50_000}), sale, NOW, lot="new")
        postings = [posting.to_map() for posting in judgement.postings]

        assert encode({"effects": [effect.to_map() for effect in judgement.effects], "postings": postings})


_lines = st.lists(
    st.builds(
        lambda amount, category, quantity, tax: Line("a", quantity, amount, category, amount * tax // 100),
        st.integers(0, 10_000),
        st.sampled_from([None, "coffee", "gift-card", "cake"]),
        st.integers(1, 5000),
        st.integers(0, 100),
    ),
    min_size=1,
    max_size=5,
)


@given(_lines, st.sampled_from(Status), st.integers(0, 100_000), st.sampled_from([NOW, UNSURE]), st.integers(0, 100))
def test_every_judgement_is_conserved_and_gives_a_reason_for_everything(
    lines: list[Line], status: Status, spent: int, moment: Moment, share: int
) -> None:
    value = sum(item.amount for item in lines) * share // 100
    paid = (Redeemed("r", "money", "points", 1, value),) if value else ()
    holder = member(status, spend={"2024": spent})
    judgement = evaluate(SHOP, holder, Sale(tuple(lines), paid), moment, lot="new")

    check_conservation(judgement.postings)
    assert judgement.effects
    assert all(effect.reason.code and effect.amount >= 0 for effect in judgement.effects)
    assert judgement == evaluate(SHOP, holder, Sale(tuple(lines), paid), moment, lot="new")


def test_a_programme_that_earns_nothing_says_nothing() -> None:
    judgement = evaluate(programme(), member(), Sale((line(100),)), NOW, lot="new")

    assert (judgement.effects, HEAD.count("earn")) == ((), 0)


def test_who_earns_nothing_at_all_is_told_why_under_that_name() -> None:
    sale = Sale((line(900),))
    for holder, code in ((None, "no_member"), (member(Status.BLOCKED), "blocked")):
        expected = Judgement((note(code, Reason(code)),), (), None, None)
        assert evaluate(SHOP, holder, sale, NOW, lot="new") == expected


def test_a_tier_that_was_reached_before_is_not_told_again() -> None:
    gold = member(spend={"2024": 60_000})
    judgement = _judge(line(900), holder=gold)

    assert (judgement.tier_before, judgement.tier_after) == ("gold", "gold")
    assert "tier_reached" not in by_reason(judgement)
    assert "tier_reached" not in by_reason(_judge(line(900)))
