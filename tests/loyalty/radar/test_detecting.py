from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.loyalty.programme.radar import Radar
from agent.loyalty.radar.detecting import Note, detect
from agent.loyalty.radar.facts import Fact, Kind

START = datetime(2026, 11, 2, 9, 0)  # noqa: DTZ001 - the shop's local time
ONLY_TRAVEL = Radar(burst=0, same_staff=0, refunds=0, claims=0)


def fact(minute: int, staff: str, account: str | None, *, kind: Kind = Kind.SALE, till: str = "corner/1") -> Fact:
    return Fact(kind, f"S-{till}-{minute}", START + timedelta(minutes=minute), till, staff, account)


def others(staff: str = "ion", count: int = 40) -> list[Fact]:
    """Sales of many members, one each."""
    return [fact(1000 + 7 * number, staff, f"m{number}") for number in range(count)]


def whats(notes: tuple[Note, ...]) -> list[tuple[str, str, str | None, int]]:
    return [(note.what, note.staff, note.account, note.count) for note in notes]


def test_one_card_in_many_sales_within_an_hour_is_noted_with_its_receipts() -> None:
    burst = [fact(minute, "ana", "own") for minute in (0, 10, 25, 59)]

    (note,) = detect([*burst, *others("ana")], Radar())

    assert whats((note,)) == [("burst", "ana", "own", 4)]
    assert (note.since, note.until, note.of) == ("2026-11-02T09:00", "2026-11-02T09:59", 4)
    assert note.ops == tuple(one.op for one in burst)


def test_three_in_an_hour_or_four_in_two_are_a_family_not_a_fraud() -> None:
    family = [fact(minute, "ana", "own") for minute in (0, 10, 59)]
    slow = [fact(minute, "ana", "slow") for minute in (0, 40, 80, 120)]

    assert detect([*family, *slow, *others("ana")], Radar()) == ()


def test_a_card_that_only_ever_meets_one_of_many_staff_is_noted() -> None:
    own = [fact(1440 * day, "ana", "own") for day in range(6)]

    assert whats(detect([*own, *others("ion"), *others("vera")], Radar())) == [("same_staff", "ana", "own", 6)]


def test_where_one_person_rings_up_everything_nobody_is_noted_for_it() -> None:
    own = [fact(1440 * day, "ana", "regular") for day in range(20)]

    assert detect([*own, *others("ana")], Radar()) == ()


@pytest.mark.parametrize(("kind", "enough"), [(Kind.REFUND, 3), (Kind.CLAIM, 10)])
def test_refunds_after_redemptions_and_claims_are_counted_by_person(kind: Kind, enough: int) -> None:
    some = [fact(1440 * day, "ana", f"m{day}", kind=kind) for day in range(enough)]

    assert detect(some[1:], Radar()) == ()
    assert whats(detect([*some, fact(3, "ion", "m", kind=kind)], Radar())) == [(str(kind), "ana", None, enough)]


def test_one_card_at_two_shops_within_minutes_is_noted() -> None:
    here, there = fact(0, "ana", "own"), fact(19, "ion", "own", till="harbour/1")
    later = fact(40, "ion", "own", till="corner/2")

    (note,) = detect([there, here, later], ONLY_TRAVEL)

    assert whats((note,)) == [("travel", "ion", "own", 2)]
    assert detect([here, fact(5, "ion", "own", till="corner/2")], ONLY_TRAVEL) == ()


def test_what_is_switched_off_makes_no_note() -> None:
    off = Radar(burst=0, same_staff=0, refunds=0, claims=0, travel_minutes=0)
    facts = [fact(minute, "ana", "own", till=f"{minute}/1") for minute in range(30)]

    assert detect(facts, off) == ()


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_facts_does_not_matter(draw: object) -> None:
    facts = [*(fact(minute, "ana", "own") for minute in range(5)), *others("ion"), *others("ana", 3)]
    before = detect(facts, Radar())
    draw.shuffle(facts)  # type: ignore[attr-defined]

    assert before
    assert detect(facts, Radar()) == before
