from agent.loyalty.backtest.member import goals_of, replay
from agent.loyalty.backtest.past import Returned
from agent.loyalty.sale import Line
from tests.loyalty.backtest.pasts import LAST, bought, past, returned, spent
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, line, programme

SHOP = programme(POINTS, MONEY, GOLD)  # a point a euro, 100 points are worth 5.00


def test_a_reward_is_taken_with_the_first_sale_after_it_was_reached() -> None:
    seen = replay(
        SHOP, past(spent("2024-01-01", 6000), spent("2024-01-31", 4000), spent("2024-02-10", 2000)), until=LAST
    )

    assert (seen.days_to_reward, seen.sales_to_reward) == (30, 2)
    assert seen.given == 500
    assert seen.owed == 15 * 5  # the third sale of 20.00 earned on the 15.00 that were paid


def test_who_never_reaches_a_reward_is_only_owed() -> None:
    seen = replay(SHOP, past(spent("2024-01-01", 6000)), until=LAST)

    assert (seen.given, seen.owed, seen.days_to_reward, seen.can_spend) == (0, 300, None, False)


def test_goods_that_come_back_take_their_points_and_their_discount_with_them() -> None:
    seen = replay(
        SHOP,
        past(
            spent("2024-01-01", 10_000),
            spent("2024-02-01", 2000),
            returned("R", "2024-02-02", ("2024-02-01", 0, 1000), amount=2000),
        ),
        until=LAST,
    )

    assert (seen.turnover, seen.given, seen.owed) == (10_000, 0, 500)


def test_half_of_a_sale_that_comes_back_gives_half_of_the_reward_back() -> None:
    two = bought("two", "2024-02-01", line(1000), line(1000))
    seen = replay(
        SHOP,
        past(spent("2024-01-01", 10_000), two, returned("R", "2024-02-02", ("two", 1, 1000), amount=1000)),
        until=LAST,
    )

    assert seen.given == 250


def test_goods_without_a_receipt_cost_what_they_would_earn() -> None:
    loose = Returned("R", "2024-02-02", "12:00", (), (Line("article", 1000, 2000),), 2000)
    seen = replay(SHOP, past(spent("2024-01-01", 6000), loose), until=LAST)

    assert (seen.turnover, seen.owed) == (4000, 200)


def test_what_expires_before_the_end_is_nobody_s_any_more() -> None:
    lapsing = programme(POINTS.replace('label = "points"', 'label = "points"\nexpires = "30 days"'), MONEY)

    seen = replay(lapsing, past(spent("2024-01-01", 6000), spent("2024-12-30", 4000)), until=LAST)

    assert (seen.owed, seen.expired) == (200, 300)


def test_what_goes_for_want_of_a_purchase_is_gone_at_the_next_sale_and_at_the_end() -> None:
    lapsing = programme(POINTS.replace('label = "points"', 'label = "points"\ninactive = "60 days"'), MONEY)

    kept = replay(lapsing, past(spent("2024-01-01", 6000), spent("2024-03-01", 6000)), until="2024-03-02")
    lost = replay(lapsing, past(spent("2024-01-01", 6000), spent("2024-03-02", 6000)), until="2024-03-02")
    gone = replay(lapsing, past(spent("2024-01-01", 6000)), until="2024-03-02")

    assert (kept.owed, kept.expired, kept.sales_to_reward) == (600, 0, 2)
    assert (lost.owed, lost.expired, lost.sales_to_reward) == (300, 300, None)
    assert (gone.owed, gone.expired) == (0, 300)


def test_a_punch_card_gives_its_article_at_its_price() -> None:
    coffees = [bought(f"c{day}", f"2024-03-{day:02}", line(300, "coffee")) for day in range(1, 12)]

    seen = replay(programme(COFFEE), past(*coffees), until=LAST)

    assert (seen.given, seen.sales_to_reward, seen.days_to_reward) == (300, 9, 8)


def test_a_discount_is_given_without_any_units() -> None:
    bulk = '[[discounts]]\nid = "bulk"\nlabel = "Bulk"\nsteps = [{ pieces = 10, percent = 20 }]\n'

    seen = replay(programme(bulk), past(bought("b", "2024-03-01", line(5000, pieces=10))), until=LAST)

    assert (seen.turnover, seen.given) == (5000, 1000)


def test_what_units_are_worth_is_the_best_rate_and_what_is_reached_the_easiest_reward() -> None:
    dear = MONEY.replace("money", "dear").replace("units = 100", "units = 1000").replace('"5.00"', '"80.00"')

    goal = goals_of(programme(POINTS, MONEY, dear))["points"]

    assert (goal.least, goal.units, goal.value) == (100, 1000, 8000)


def test_a_tier_reached_in_the_past_multiplies_what_comes_after_it() -> None:
    plain = replay(programme(POINTS, MONEY), past(spent("2024-01-01", 50_000), spent("2024-01-02", 10_000)), until=LAST)
    gold = replay(SHOP, past(spent("2024-01-01", 50_000), spent("2024-01-02", 10_000)), until=LAST)

    assert gold.benefit > plain.benefit
