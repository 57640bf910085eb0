import pytest

from agent.errors import InvalidError
from agent.journal.entry import INTEGER_MAX
from agent.loyalty.sale import LINES_MAX, MONEY_MAX, QUANTITY_MAX, Effect, Line, Measure, Reason, Redeemed, Sale
from tests.loyalty.shops import line, member

NAN, INFINITE = float("nan"), 1e400


@pytest.mark.parametrize("amount", [-1, MONEY_MAX + 1, 2**63, NAN, INFINITE, 1.0, True, "1", None])
def test_an_amount_no_till_can_mean_is_refused(amount: int) -> None:
    with pytest.raises(InvalidError, match=rf"amount .* of article 'a' must be a whole number from 0 to {MONEY_MAX}"):
        Line("a", 1000, amount)


@pytest.mark.parametrize("quantity", [0, -1000, QUANTITY_MAX + 1, 2**63, NAN, INFINITE, 1.5, True, "1"])
def test_a_quantity_no_till_can_mean_is_refused(quantity: int) -> None:
    with pytest.raises(InvalidError, match=rf"quantity .* from 1 to {QUANTITY_MAX}"):
        Line("a", quantity, 100)


@pytest.mark.parametrize("tax", [-1, 101, 0.5])
def test_tax_is_part_of_the_amount(tax: int) -> None:
    with pytest.raises(InvalidError, match=r"tax .* from 0 to 100"):
        Line("a", 1000, 100, tax=tax)


@pytest.mark.parametrize("article", ["", "a" * 41, "é", "a\n", "\x00", "a\tb"])
def test_an_article_that_is_not_short_printable_ascii_is_refused(article: str) -> None:
    with pytest.raises(InvalidError, match="1 to 40 printable ASCII"):
        Line(article, 1000, 100)


@pytest.mark.parametrize("category", ["", "a" * 41, "café", "a\n", "\x1b@"])
def test_a_category_that_is_not_short_printable_ascii_is_refused(category: str) -> None:
    with pytest.raises(InvalidError, match="1 to 40 printable ASCII"):
        Line("a", 1000, 100, category)


def test_the_limits_themselves_are_taken() -> None:
    assert Line("a" * 40, QUANTITY_MAX, MONEY_MAX, "c" * 40, MONEY_MAX).amount == MONEY_MAX
    assert Line("a", 1, 0).amount == 0


def test_a_sale_has_lines_and_not_too_many() -> None:
    assert Sale((line(MONEY_MAX),) * LINES_MAX).total == LINES_MAX * MONEY_MAX < INTEGER_MAX

    for lines in ((), (line(1),) * (LINES_MAX + 1)):
        with pytest.raises(InvalidError, match=f"1 to {LINES_MAX} lines, this one has {len(lines)}"):
            Sale(lines)


def test_redemptions_pay_no_more_than_the_sale() -> None:
    half = Redeemed("r", "money", "points", 100, 500)

    assert Sale((line(1000),), (half, half)).value_redeemed == 1000
    with pytest.raises(InvalidError, match="worth 1000 are more than the sale of 999"):
        Sale((line(999),), (half, half))


def test_a_balance_is_the_sum_of_the_lots_debts_included() -> None:
    holder = member(points={"a": 10, "b": -3})

    assert (holder.balance("points"), holder.balance("coffee")) == (7, 0)


def test_an_effect_comes_back_from_an_entry_as_it_was() -> None:
    effect = Effect("r", "points", 3, "l", (0, 2), Measure.QUANTITY, Reason("punches", {"count": 3, "card": "C"}))

    assert Effect.from_map(effect.to_map()) == effect


def test_an_effect_on_another_account_and_with_a_last_day_comes_back_as_it_was() -> None:
    effect = Effect("r", "points", 3, "l", (), Measure.SALE, Reason("counted"), "2025-01-01", "till:corner/1")

    assert Effect.from_map(effect.to_map()) == effect
    first = {name: value for name, value in effect.to_map().items() if name not in {"account", "expires"}}
    read = Effect.from_map(first)
    assert (read.expires, read.account) == (None, None)


def test_names_of_one_and_of_forty_characters_are_taken() -> None:
    for size in (1, 40):
        assert Line("a" * size, 1000, 1, "c" * size, brand="b" * size).brand == "b" * size
    for wrong in ("", "x" * 41):
        with pytest.raises(InvalidError):
            Line("a", 1000, 1, wrong)
        with pytest.raises(InvalidError):
            Line("a", 1000, 1, brand=wrong)
