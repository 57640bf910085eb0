"""What is promised to several tills, in whatever order they ask, and what one of them may then take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.loyalty.programme.units import SpendPolicy
from agent.loyalty.sale import Holder, Lot, Status
from agent.loyalty.spending.between import promise, wanted, within
from tests.loyalty.shops import COFFEE, EARN, MONEY, POINTS, UNIT, programme

SHOP = programme(POINTS, COFFEE, MONEY)
OPEN = programme(UNIT + 'spend = "open"\n', EARN, COFFEE + 'spend = "open"\n', MONEY)

_lots = st.lists(st.integers(-50, 200), max_size=5).map(lambda sums: [Lot(f"l{i}", s) for i, s in enumerate(sums)])
_asks = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 300)), max_size=12)


@given(_lots, _asks)
def test_however_many_ask_no_lot_is_promised_twice(lots: list[Lot], asks: list[tuple[int, int]]) -> None:
    given_to: dict[int, dict[str, int]] = {}
    for who, units in asks:
        others: dict[str, int] = {}
        for other, told in given_to.items():
            for name, part in told.items():
                others[name] = others.get(name, 0) + (part if other != who else 0)
        before = given_to.get(who, {})
        told = promise(lots, units, others=others, before=before)

        assert all(told[name] >= part for name, part in before.items())  # what was promised stays so
        assert sum(told.values()) <= max(units, sum(before.values()))
        given_to[who] = told

    for lot in lots:
        assert sum(told.get(lot.lot, 0) for told in given_to.values()) <= max(lot.amount, 0)
    there = sum(lot.amount for lot in lots)
    assert sum(sum(told.values()) for told in given_to.values()) <= max(there, 0)


@given(_lots, st.integers(1, 1500))
def test_who_asks_alone_is_promised_all_there_is(lots: list[Lot], units: int) -> None:
    there = sum(lot.amount for lot in lots)

    assert sum(promise(lots, units).values()) == max(0, min(units, there))


def test_what_ends_first_is_promised_first() -> None:
    lots = [Lot("b", 100, "2025-01-31"), Lot("c", 100), Lot("a", 100, "2024-12-31")]

    assert promise(lots, 150) == {"a": 100, "b": 50}


def test_only_what_was_promised_or_is_this_tills_own_may_be_taken_and_no_more_than_there_is() -> None:
    held = Holder("m", Status.REGULAR, {"points": (Lot("a", 100), Lot("b", 100), Lot("c", 5), Lot("d", -20))})

    part = within(held, "points", {"a": 30, "c": 50}, {"a": 20})

    assert part.lots["points"] == (Lot("a", 50), Lot("c", 5))


def test_what_a_redemption_takes_is_known_before_it_is_made() -> None:
    assert wanted(SHOP, "money", None) == ("points", 100)
    assert wanted(SHOP, "money", 70) == ("points", 70)
    assert wanted(SHOP, "coffee", None) == ("coffee", 9)
    assert wanted(SHOP, "nothing", 7) is None


def test_headquarters_is_asked_unless_the_programme_says_open() -> None:
    assert SHOP.asks("points")
    assert SHOP.asks("coffee")
    assert not OPEN.asks("points")
    assert not OPEN.asks("coffee")
    assert OPEN.unit("points").spend is SpendPolicy.OPEN


@pytest.mark.parametrize("policy", ["escrow", "capped"])
def test_policies_of_rights_are_refused_until_there_are_rights(policy: str) -> None:
    with pytest.raises(ProgrammeError, match=f"must be one of online, open .'{policy}' needs rights"):
        programme(UNIT + f'spend = "{policy}"\n', EARN)


def test_money_has_a_policy_of_its_own() -> None:
    with pytest.raises(ProgrammeError, match="spend"):
        programme(UNIT + 'money = true\nspend = "open"\n')


def test_who_holds_nothing_may_take_nothing_and_one_unit_is_something() -> None:
    nobody = Holder("m", Status.REGULAR)

    assert within(nobody, "points", {"a": 30}, {}).lots == {"points": ()}
    one = Holder("m", Status.REGULAR, {"points": (Lot("a", 1),), "coffee": (Lot("b", 2),)})
    assert within(one, "points", {"a": 1}, {}).lots == {"points": (Lot("a", 1),), "coffee": (Lot("b", 2),)}


def test_money_is_promised_for_as_much_as_is_asked() -> None:
    money = programme(POINTS, '[[units]]\nid = "gift"\nlabel = "gift card"\nmoney = true\n')

    assert wanted(money, "gift", 700) == ("gift", 700)
    assert wanted(money, "gift", None) == ("gift", 0)


def test_of_lots_that_end_together_the_older_is_promised_first() -> None:
    lots = [Lot("b", 10), Lot("c", 10, "2024-12-31"), Lot("a", 10), Lot("d", 10, "2024-12-31")]

    assert promise(lots, 25) == {"c": 10, "d": 10, "a": 5}
