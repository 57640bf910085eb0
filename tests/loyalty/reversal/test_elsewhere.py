from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InvalidError
from agent.journal.codes import SaleCode, kind_tag, sale_tag
from agent.journal.entry import Entry, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.lots import booked
from agent.loyalty.reversal import RecordedSale, Reversal, reverse
from agent.loyalty.reversal.elsewhere import (
    Flag,
    Provisional,
    matched,
    provisional,
    returned_twice,
    sale_lot,
    settle,
)
from agent.loyalty.sale import Holder, Line, Reason, Sale
from tests.loyalty.shops import COFFEE, GOLD, MONEY, NOW, POINTS, member, moves, programme

SHOP = programme(POINTS, COFFEE, MONEY, GOLD)
TAG = sale_tag("the sale")


def article(name: str, amount: int, *, pieces: int = 1) -> Line:
    return Line(name, pieces * 1000, amount)


def sold(*lines: Line) -> tuple[RecordedSale, Holder, SaleCode]:
    """A sale at another till, the member after it, and what its slip says."""
    judged = evaluate(SHOP, member(), Sale(lines), NOW, lot="the sale")
    after = booked(member(), judged.postings)
    earned = ((kind_tag("points"), after.balance("points")),)
    code = SaleCode(TAG, earned, "the sale", sum(item.amount for item in lines))
    return RecordedSale("S", "m", lines, judged.effects, (), {}), after, code


def recorded(found: Reversal, lines: tuple[Line, ...]) -> Provisional:
    """The provisional refund as headquarters reads it from its entry."""
    body = {
        "lines": [{"article": li.article, "quantity": li.quantity, "amount": li.amount, "sale": None} for li in lines]
    }
    entry = Entry("t2", "e", 1, "id", "B", "refund", NOW.day, {}, "pos", postings=found.postings, body=body)
    return Provisional.of(entry)


def test_units_are_held_pro_rata_in_a_lot_that_names_the_sale() -> None:
    _, after, code = sold(article("a", 700), article("b", 350))
    found = provisional(SHOP, code, after, (article("b", 350),), NOW)

    check_conservation(found.postings)
    assert (found.money, moves(found.postings)) == (350, {("points", sale_lot(TAG)): -4})  # 10 * 700 // 1050 = 6 stay
    assert found.reasons == (Reason("held", {"units": 4, "unit": "points"}),)


def test_by_a_typed_code_what_the_goods_would_earn_now_is_held_and_no_more_than_was_earned() -> None:
    typed = SaleCode(TAG, ((None, 10),))

    assert moves(provisional(SHOP, typed, member(), (article("a", 350),), NOW).postings) == {
        ("points", sale_lot(TAG)): -3
    }
    much = provisional(SHOP, typed, member(), (article("a", 99_000),), NOW)
    assert moves(much.postings) == {("points", sale_lot(TAG)): -10}


def test_all_refunds_of_one_sale_hold_no_more_than_it_earned() -> None:
    _, after, code = sold(article("a", 1000))
    once = booked(after, provisional(SHOP, code, after, (article("a", 1000),), NOW).postings)

    assert provisional(SHOP, code, once, (article("a", 1000),), NOW).postings == ()


def test_more_money_than_was_paid_is_refused() -> None:
    _, after, code = sold(article("a", 1000))

    with pytest.raises(InvalidError, match="the goods are to cost 1001, and 1000 were paid"):
        provisional(SHOP, code, after, (article("a", 1001),), NOW)


def test_without_a_member_and_of_unknown_units_only_money_counts() -> None:
    _, after, code = sold(article("a", 1000))
    lines = (article("a", 1000),)

    assert provisional(SHOP, code, None, lines, NOW) == Reversal(1000, (), ())
    strange = replace(code, earned=((1023, 10),))
    assert provisional(SHOP, strange, after, lines, NOW) == Reversal(1000, (), ())


def test_goods_are_found_among_the_lines_and_what_is_not_there_is_flagged() -> None:
    sale, _, _ = sold(article("a", 400, pieces=2), article("b", 100), article("a", 200))
    sale = replace(sale, returned={0: 1000})

    assert matched(sale, (article("a", 0, pieces=2),)) == ({0: 1000, 2: 1000}, ())
    found, flags = matched(sale, (article("a", 0, pieces=3), article("x", 0)))
    assert found == {0: 1000, 2: 1000}
    assert flags == (Flag("a", 2, 1000), Flag("x", None, 1000))


def test_of_no_line_more_is_returned_than_was_sold_and_of_no_line_that_is_not_there() -> None:
    sale, _, _ = sold(article("a", 400, pieces=2), article("b", 100))

    assert sale.with_returned({0: 5000, 1: 400, 7: 1000}).returned == {0: 2000, 1: 400}


def test_a_settlement_says_what_was_given_too_much() -> None:
    sale, after, code = sold(article("a", 1000))
    lines = (article("a", 900),)
    refund = recorded(provisional(SHOP, code, after, lines, NOW), lines)

    assert settle(refund, sale).money_over == -100
    twice = settle(refund, replace(sale, returned={0: 1000}))
    assert (twice.quantities, twice.money_over, twice.flags) == ({}, 900, (Flag("a", 0, 1000),))


def test_a_line_that_came_back_in_two_tills_is_flagged() -> None:
    sale, _, _ = sold(article("a", 1000, pieces=2), article("b", 100))

    assert returned_twice(replace(sale, returned={0: 2000, 1: 1000})) == ()
    assert returned_twice(replace(sale, returned={0: 3500})) == (Flag("a", 0, 1500),)


_goods = st.lists(
    st.builds(article, st.sampled_from("abc"), st.integers(0, 9000), pieces=st.integers(1, 3)), min_size=1, max_size=4
)


@given(_goods, st.data())
def test_provisional_and_settled_is_the_refund_that_the_tills_own_would_have_been(
    goods: list[Line], data: st.DataObject
) -> None:
    sale, after, code = sold(*goods)
    some = data.draw(st.sets(st.sampled_from(range(len(goods))), min_size=1))
    lines = tuple(goods[i] for i in sorted(some))
    found = provisional(SHOP, code, after, lines, NOW)
    settlement = settle(recorded(found, lines), sale)
    direct = reverse(sale, settlement.quantities)

    assert settlement.flags == ()
    assert sum(settlement.quantities.values()) == sum(item.quantity for item in lines)
    check_conservation(settlement.postings)
    assert _state(booked(after, (*found.postings, *settlement.postings))) == _state(booked(after, direct.postings))
    assert _state(booked(after, (*settlement.postings, *found.postings))) == _state(booked(after, direct.postings))
    assert settlement.money_over == found.money - direct.money


def _state(holder: Holder) -> set[tuple[str, str, int]]:
    return {(unit, lot.lot, lot.amount) for unit, held in holder.lots.items() for lot in held}


def test_what_is_held_is_let_go_whoever_spent_it_meanwhile() -> None:
    sale, after, code = sold(article("a", 1000))
    lines = (article("a", 1000),)
    found = provisional(SHOP, code, after, lines, NOW)
    held = recorded(found, lines).held

    assert held == (Posting("points", "account:m", -10, sale_lot(TAG)),)
    assert moves((*found.postings, *settle(recorded(found, lines), sale).postings)) == {
        ("points", "the sale"): -10,
        ("spend", "2024"): -1000,
    }
