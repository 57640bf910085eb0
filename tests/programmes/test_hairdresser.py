"""The hairdresser's programme, with every number worked out by hand."""

from __future__ import annotations

from agent.loyalty.cards import Check, Source, check_digit
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.sale import Holder, Lot, Moment, Sale, Status
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import nearest, offers
from tests.loyalty.shops import NOW, UNSURE, line, member, moves, shipped

SHOP = shipped("hairdresser")
CUT, SHAMPOO = line(3200, "service"), line(1250, "care")


def test_its_cards_are_twelve_digits_under_9276_with_a_check_digit() -> None:
    assert SHOP.covers("92760000001" + check_digit("92760000001", Check.LUHN), Source.NUMBER)


def test_the_first_cut_is_two_holes_of_nine() -> None:
    judgement = evaluate(SHOP, member(), Sale((CUT, SHAMPOO)), NOW, lot="new")

    assert moves(judgement.postings) == {
        ("cuts", "new"): 2,  # the cut and the head start
        ("cuts.count", "started"): 1,
        ("visits", "2024-05-01"): 1,
    }
    assert {effect.expires for effect in judgement.effects if effect.unit == "cuts"} == {"2026-05-01"}


def test_two_cuts_on_a_day_are_one_visit() -> None:
    been = Holder("m", Status.REGULAR, {"visits": (Lot("2024-05-01", 1),), "cuts.count": (Lot("started", 1),)})
    judgement = evaluate(SHOP, been, Sale((CUT,)), NOW, lot="new")

    assert judgement.postings == ()
    assert [missed.reason.code for missed in judgement.missed] == ["visited_today"]


def test_shampoo_alone_is_no_visit_to_the_chair() -> None:
    judgement = evaluate(SHOP, member(), Sale((SHAMPOO,)), NOW, lot="new")

    assert moves(judgement.postings) == {("visits", "2024-05-01"): 1}


def test_a_hole_does_not_ask_the_clock_but_its_last_day_does() -> None:
    (hole, head_start, _, _) = evaluate(SHOP, member(), Sale((CUT,)), UNSURE, lot="new").effects

    assert (hole.amount, hole.expires, head_start.amount) == (1, None, 1)


def test_the_tenth_cut_is_free_up_to_its_price() -> None:
    full = Holder("m", Status.REGULAR, {"cuts": (Lot("a", 5, "2026-01-01"), Lot("b", 4, "2026-04-01"))})
    (offer,) = offers(Customer.of(SHOP, full, NOW), due=5200, lines=(line(5200, "service"),))

    assert (offer.value_max, offer.units_max, offer.free) == (4500, 9, True)


def test_holes_of_two_years_ago_are_gone() -> None:
    old = Holder("m", Status.REGULAR, {"cuts": (Lot("a", 5, "2024-04-30"), Lot("b", 4, "2026-04-01"))})

    assert offers(Customer.of(SHOP, old, NOW), due=3200, lines=(CUT,)) == ()
    found = nearest(Customer.of(SHOP, old, Moment("2024-05-01", confirmed=True)))
    assert found is not None
    assert found.missing == 5
