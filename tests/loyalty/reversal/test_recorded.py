"""A sale as a refund reads it from the journal."""

from __future__ import annotations

from typing import Any

import pytest

from agent.errors import InvalidError
from agent.journal.entry import Entry, Posting
from agent.loyalty.reversal import RecordedSale, Spent
from agent.loyalty.sale import Discount, Effect, Line, Measure, Reason

LINES = (
    {"article": "tea", "quantity": 2000, "amount": 900, "category": "tea", "tax": 90, "brand": "leaf"},
    {"article": "card", "quantity": 1000, "amount": 5000, "category": "gift-card", "tax": 0, "brand": None},
)
GIVEN = Effect("earning", "points", 8, "e", (0,), Measure.AMOUNT, Reason("points_for_amount"), "2025-05-01")
LOADED = Effect("gift", "gift", 5000, "e@corner", (1,), Measure.AMOUNT, Reason("loaded"))
TAKEN = (Posting("points", "account:m", -20, "old"), Posting("points", "redeemed", 20))


def _entry(kind: str, body: dict[str, Any], *postings: Posting) -> Entry:
    return Entry("t", "e" * 32, 1, "id", f"op-{kind}", kind, "2024-05-01", {}, "pos", postings=postings, body=body)


def _sale(**more: object) -> Entry:
    body = {"account": "m", "lines": LINES, "effects": [GIVEN.to_map(), LOADED.to_map()], **more}
    return _entry("sale", body)


def test_a_sale_is_read_with_what_was_paid_given_loaded_and_redeemed() -> None:
    redemption = _entry("redemption", {"unit": "points", "units": 20, "value": 100}, *TAKEN)
    off = Discount("bulk", "Bulk", ((0, 90),))

    assert RecordedSale.of(_sale(discounts=[off.to_map()]), [redemption], {0: 1000}) == RecordedSale(
        op="op-sale",
        account="m",
        lines=(Line("tea", 2000, 810, "tea", 81, "leaf"), Line("card", 1000, 5000, "gift-card")),
        effects=(GIVEN, LOADED),
        spent=(Spent("points", 20, 100, TAKEN),),
        returned={0: 1000},
        loads=frozenset({1}),
    )


def test_the_first_sales_had_no_discounts() -> None:
    assert RecordedSale.of(_sale(), (), {}).lines[0].amount == 900


def test_a_discount_comes_back_from_an_entry_as_it_was() -> None:
    off = Discount("bulk", "Bulk", ((0, 90), (3, 1)))

    assert Discount.from_map(off.to_map()) == off
    assert off.to_map() == {"label": "Bulk", "lines": [[0, 90], [3, 1]], "rule": "bulk"}
    assert off.amount == 91


def test_more_than_is_left_of_a_line_is_refused_with_what_to_look_at() -> None:
    sale = RecordedSale.of(_sale(), (), {0: 500})
    sale.check_left(0, 1500)

    for quantity in (0, 1501):
        with pytest.raises(
            InvalidError, match=rf"^cannot take back {quantity} .* of sale 'op-sale': 1500 are left$"
        ) as caught:
            sale.check_left(0, quantity)
        assert caught.value.hint == "check the receipt: the line may have come back already"
    for index in (-1, 2):
        with pytest.raises(InvalidError, match=rf"^sale 'op-sale' has lines 0 to 1, not {index}$"):
            sale.check_left(index, 1)


def test_what_came_back_twice_takes_nothing_of_other_lines() -> None:
    sale = RecordedSale.of(_sale(), (), {})

    assert sale.with_returned({0: 9000, 1: 400, 7: 1}).returned == {0: 2000, 1: 400}
