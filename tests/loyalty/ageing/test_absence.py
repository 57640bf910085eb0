from itertools import pairwise

import pytest

from agent.errors import ProgrammeError
from agent.journal.fold import check_conservation
from agent.loyalty.ageing.absence import (
    State,
    absence_notices,
    absence_of,
    forfeit,
    lapses_of,
    last_visit,
    message_due,
)
from agent.loyalty.ageing.ending import Ending
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.lots import booked
from agent.loyalty.sale import Holder, Lot, Moment, Reason, Sale, Status
from tests.loyalty.shops import NOW, POINTS, line, member, programme

DORMANCY = '[dormancy]\nsleeping = "6 months"\ndormant = "12 months"\n'
LASTING = POINTS.replace('label = "points"', 'label = "points"\ninactive = "15 months"\nnotices = [30]')
SHOP = programme(LASTING, DORMANCY)
HOLDER = Holder("m", Status.REGULAR, {"points": (Lot("a", 40), Lot("b", -10)), "visits": (Lot("2024-01-10", 1),)})
LAST = "2024-01-10"


def on(day: str) -> Moment:
    return Moment(day, confirmed=True)


@pytest.mark.parametrize(
    ("day", "state", "began"),
    [
        ("2024-07-10", State.ACTIVE, None),
        ("2024-07-11", State.SLEEPING, "2024-07-10"),
        ("2025-01-10", State.SLEEPING, "2024-07-10"),
        ("2025-01-11", State.DORMANT, "2025-01-10"),
    ],
)
def test_a_member_sleeps_and_is_dormant_after_so_long_without_a_purchase(
    day: str, state: State, began: str | None
) -> None:
    absence = absence_of(SHOP, HOLDER, on(day), last_sale=LAST)

    assert (absence.state, absence.began) == (state, began)
    assert absence.lapses == (Ending("points", 40, "2025-04-10"),)


def test_nobody_has_been_away_on_a_clock_that_nobody_confirmed() -> None:
    unsure = Moment("2030-01-01", confirmed=False)

    assert absence_of(SHOP, HOLDER, unsure, last_sale=LAST).state is State.ACTIVE
    assert forfeit(SHOP, HOLDER, unsure, last_sale=LAST) == ()
    assert message_due(SHOP, HOLDER, unsure, last_sale=LAST, since="2020-01-01") == ()


def test_units_are_lost_the_day_after_the_last_that_could_save_them() -> None:
    assert forfeit(SHOP, HOLDER, on("2025-04-10"), last_sale=LAST) == ()
    postings = forfeit(SHOP, HOLDER, on("2025-04-11"), last_sale=LAST)

    check_conservation(postings)
    left = booked(HOLDER, postings)
    assert left.balance("points") == -10  # what was owed is owed
    assert forfeit(SHOP, left, on("2025-04-11"), last_sale=LAST) == ()


def test_a_purchase_saves_them() -> None:
    assert lapses_of(SHOP, HOLDER, last_sale="2025-04-10") == (Ending("points", 40, "2026-07-10"),)
    assert forfeit(SHOP, HOLDER, on("2025-04-11"), last_sale="2025-04-10") == ()


def test_units_without_a_limit_are_never_lost() -> None:
    lasting = programme(POINTS, DORMANCY)

    assert lapses_of(lasting, HOLDER, last_sale=LAST) == ()
    assert forfeit(lasting, HOLDER, on("2040-01-01"), last_sale=LAST) == ()


def test_a_state_is_written_of_once_and_then_each_notice_of_what_goes() -> None:
    asked = ["2024-07-10", "2024-07-11", "2024-07-12", "2025-01-12", "2025-03-10", "2025-03-11", "2025-04-11"]
    written = {
        day: [reason.code for reason in message_due(SHOP, HOLDER, on(day), last_sale=LAST, since=since)]
        for since, day in pairwise(asked)
    }

    assert {day: codes for day, codes in written.items() if codes} == {
        "2024-07-11": ["account_sleeping", "expiring"],
        "2025-01-12": ["account_dormant", "expiring"],
        "2025-03-11": ["expiring"],
    }


def test_the_till_welcomes_one_who_has_been_away_and_a_sale_makes_him_active() -> None:
    day = on("2025-02-01")
    assert next(absence_notices(SHOP, HOLDER, day)) == Reason("account_dormant", {"from": "2025-01-10"})
    assert list(absence_notices(SHOP, member(points=5), day)) == []  # no till has seen him buy

    bought = evaluate(SHOP, HOLDER, Sale((line(500),)), day, lot="new").postings
    assert list(absence_notices(SHOP, booked(HOLDER, bought), day)) == []


def test_visits_are_noted_wherever_absence_counts() -> None:
    holder = booked(member(), evaluate(SHOP, member(), Sale((line(500),)), NOW, lot="new").postings)

    assert (last_visit(holder), last_visit(member())) == (NOW.day, None)
    assert programme(LASTING).counts_visits


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('[dormancy]\nsleeping = "6 months"\n', "key 'dormant' is missing"),
        ('[dormancy]\ndormant = "6 months"\n', "key 'sleeping' is missing"),
        ('[dormancy]\nsleeping = "6 months"\ndormant = "180 days"\n', "sleeping must begin before dormant"),
        (LASTING.replace("15", "12") + DORMANCY, "'points': inactive must be longer than"),
    ],
)
def test_states_out_of_order_are_refused(tables: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(tables)


def test_every_lot_that_is_lost_is_moved_and_none_that_holds_nothing() -> None:
    held = Holder("m", Status.REGULAR, {"points": (Lot("a", 1), Lot("b", 0), Lot("c", 7), Lot("d", -3))})

    postings = forfeit(SHOP, held, on("2025-04-11"), last_sale=LAST)

    check_conservation(postings)
    lost = {posting.lot: posting.amount for posting in postings if posting.unit == "points" and posting.lot}
    assert lost == {"a": -1, "c": -7}


def test_a_member_who_holds_nothing_loses_nothing_and_one_unit_is_something() -> None:
    assert lapses_of(SHOP, member(), last_sale=LAST) == ()
    assert lapses_of(SHOP, member(points=0), last_sale=LAST) == ()
    assert lapses_of(SHOP, member(points=1), last_sale=LAST) == (Ending("points", 1, "2025-04-10"),)


def test_a_visit_that_came_back_is_no_visit() -> None:
    assert last_visit(member(visits={"2024-01-10": 1, "2024-02-10": 0})) == "2024-01-10"


def test_on_an_unconfirmed_clock_nobody_is_written_to_of_what_he_may_lose() -> None:
    unsure = Moment("2025-04-01", confirmed=False)  # the notice began on 11 March

    assert message_due(SHOP, HOLDER, on("2025-04-01"), last_sale=LAST, since="2025-03-01") != ()
    assert message_due(SHOP, HOLDER, unsure, last_sale=LAST, since="2025-03-01") == ()
