import pytest

from tests.loyalty.lint.looking import POINTS, SPENT, found, looked, rows
from tests.loyalty.shops import COFFEE, GOLD

DRINKS = COFFEE.replace('id = "coffee"', 'id = "drinks"')
ADD = 'multipliers_stack = "add"\ndiscounts_stack = "add"\n'


def times(name: str, percent: int, *conditions: str) -> str:
    return f'[[multipliers]]\nid = "{name}"\nlabel = "x"\npercent = {percent}\n' + "\n".join(conditions) + "\n"


def off(name: str, percent: int, *conditions: str) -> str:
    return f'[[discounts]]\nid = "{name}"\nlabel = "x"\npercent = {percent}\n' + "\n".join(conditions) + "\n"


def stacked(check: str, *parts: str) -> list[tuple[str, str]]:
    text = SPENT + "".join(parts)
    return rows(found(check, text, top=ADD))


def test_multipliers_that_add_up_to_over_five_times_are_an_error() -> None:
    assert stacked("stacking", GOLD, times("a", 300), times("b", 251)) == [("error", "")]
    assert stacked("stacking", GOLD, times("a", 300), times("b", 250)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('weekdays = ["mon"]', 'weekdays = ["tue"]'),
        ('hours = "08:00-12:00"', 'hours = "12:00-18:00"'),
        ('until = "2024-05-01"', 'from = "2024-05-02"'),
        ('categories = ["tea"]', 'categories = ["coffee"]'),
    ],
)
def test_multipliers_that_exclude_each_other_do_not_add_up(one: str, other: str) -> None:
    assert stacked("stacking", times("a", 400, one), times("b", 400, other)) == []
    assert stacked("stacking", times("a", 400, one), times("b", 400, one)) == [("error", "")]


def test_the_best_of_multipliers_adds_nothing_up() -> None:
    assert found("stacking", SPENT, times("a", 400), times("b", 400)) == []


def test_discounts_that_add_up_to_over_half_are_an_error() -> None:
    assert stacked("stacking", off("a", 30), off("b", 21)) == [("error", "")]
    assert stacked("stacking", off("a", 30), off("b", 20)) == []
    assert found("stacking", SPENT, off("a", 30), off("b", 30)) == []


@pytest.mark.parametrize(("first", "second"), [("percent = 5", "percent = 4"), ('off = "0.10"', 'off = "0.09"')])
def test_a_step_that_gives_less_is_an_error(first: str, second: str) -> None:
    def steps(one: str, other: str) -> str:
        return (
            f'[[discounts]]\nid = "bulk"\nlabel = "x"\nsteps = [{{ pieces = 5, {one} }}, {{ pieces = 9, {other} }}]\n'
        )

    assert rows(found("steps", SPENT, steps(first, second))) == [("error", "bulk")]
    assert found("steps", SPENT, steps(second, first)) == []


def test_a_step_to_a_higher_price_is_an_error() -> None:
    steps = 'steps = [{ pieces = 5, price = "2.00" }, { pieces = 9, price = "%s" }]\n'
    bulk = '[[discounts]]\nid = "bulk"\nlabel = "x"\n' + steps

    assert rows(found("steps", SPENT, bulk % "2.01")) == [("error", "bulk")]
    assert found("steps", SPENT, bulk % "1.99") == []


def test_two_cards_that_punch_the_same_article_are_a_warning() -> None:
    assert rows(found("overlap", COFFEE, DRINKS)) == [("warning", "drinks")]
    assert found("overlap", COFFEE, DRINKS.replace('["coffee"]', '["tea"]')) == []
    assert found("overlap", COFFEE, 'weekdays = ["mon"]\n', DRINKS, 'weekdays = ["tue"]\n') == []


def test_what_both_punches_and_earns_is_noted() -> None:
    def noted(*parts: str) -> list[str]:
        return [finding.rule for finding in looked(*parts) if finding.check == "overlap"]

    assert noted(POINTS, COFFEE) == ["coffee"]
    assert noted(POINTS.replace('"gift-card"', '"coffee"'), COFFEE) == []
