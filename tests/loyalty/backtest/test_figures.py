import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.loyalty.backtest.figures import (
    CEILING,
    WHOLE,
    break_even,
    budget,
    figures_of,
    margin_of,
    quantile,
    reach_of,
)
from agent.loyalty.backtest.past import Goods
from tests.loyalty.backtest.pasts import outcome

GOODS = Goods(sales=10, lines=10, turnover=100_000)


def test_cost_is_what_was_given_and_is_still_owed_as_a_part_of_all_turnover() -> None:
    figures = figures_of([outcome("a", given=1000), outcome("b", owed=1500)], GOODS, margin=None)

    assert (figures.cost_rate, figures.member_rate) == (250, 1250)


def test_the_ceiling_is_five_percent_and_only_what_is_above_it_is_over() -> None:
    at, above = (figures_of([outcome(given=given)], GOODS, margin=None) for given in (5000, 5010))

    assert (at.cost_rate, at.over_ceiling) == (CEILING, False)
    assert above.over_ceiling


def test_margin_comes_from_the_goods_whose_cost_is_known() -> None:
    goods = Goods(turnover=9999, costed=1000, cost=600)

    assert margin_of(goods) == 4000
    assert figures_of([], goods, margin=100).margin == 4000


def test_without_costs_and_without_a_stated_margin_nothing_is_said_about_profit() -> None:
    figures = figures_of([outcome(given=10)], GOODS, margin=None)

    assert (figures.margin, figures.break_even, figures.budgets) == (None, None, ())


def test_break_even_is_the_textbook_s() -> None:
    assert break_even(500, 2500) == 2500  # 5 % off at 25 % margin: 5 / (25 - 5) = 25 % more sales
    assert break_even(2000, 4000) == WHOLE  # half of the margin given away: twice the sales


def test_who_gives_the_whole_margin_away_never_breaks_even() -> None:
    assert break_even(2500, 2500) is None


@given(margin=st.integers(1, WHOLE), uplift=st.integers(1, 10 * WHOLE))
def test_what_a_budget_gives_breaks_even_within_its_uplift(margin: int, uplift: int) -> None:
    """The budget is the break-even turned round: giving it costs no more than so much uplift brings."""
    found = break_even(budget(10**9, margin, uplift).rate, margin)

    assert found is not None
    assert found <= uplift


def test_a_budget_is_no_more_than_the_margin_of_what_is_bought_more() -> None:
    assert budget(100_000, 4000, 1000).amount <= 100_000 * 4000 * 1000 // WHOLE**2


def test_reach_counts_those_who_got_there_and_how_long_it_took_them() -> None:
    members = [outcome(str(n), days_to_reward=n, sales_to_reward=n + 1) for n in range(10)]

    reach = reach_of([*members, outcome("never")])

    assert (reach.members, reach.reached) == (11, 10)
    assert (reach.days_median, reach.days_most, reach.sales_median) == (4, 8, 5)


@pytest.mark.parametrize(("values", "percent", "expected"), [([], 50, None), ([7], 90, 7), ([3, 1, 2], 50, 2)])
def test_a_quantile_is_a_value_that_was_there(values: list[int], percent: int, expected: int | None) -> None:
    assert quantile(values, percent) == expected
