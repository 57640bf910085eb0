from agent.loyalty.lots import Waiting, owned, spendable, spendable_from, waiting_of
from agent.loyalty.sale import Holder, Lot, Moment, Status

TODAY = Moment("2024-05-01", confirmed=True)
UNSURE = Moment("2024-05-01", confirmed=False)
HOLDER = Holder(
    "m",
    Status.REGULAR,
    {
        "points": (
            Lot("a", 10, "2024-04-30"),
            Lot("b", 20, "2024-05-01"),
            Lot("c+2024-05-01", 30),
            Lot("d+2024-05-02", 40, "2025-05-01"),
            Lot("e", -5),
        ),
        "first.count": (Lot("f+2024-06-01", 9),),
    },
)


def test_what_waits_and_what_has_expired_is_not_spent_and_a_debt_counts() -> None:
    assert [lot.amount for lot in spendable(HOLDER, TODAY).lots["points"]] == [20, 30, -5]
    assert owned(HOLDER, "points", TODAY) == {"b": 20, "c+2024-05-01": 30, "d+2024-05-02": 40, "e": -5}


def test_on_an_unconfirmed_clock_nothing_has_expired_and_what_waits_goes_on_waiting() -> None:
    assert [lot.amount for lot in spendable(HOLDER, UNSURE).lots["points"]] == [10, 20, -5]
    assert waiting_of(HOLDER, UNSURE) == (Waiting("points", 30, "2024-05-01"), Waiting("points", 40, "2024-05-02"))


def test_what_waits_is_shown_with_its_day() -> None:
    assert waiting_of(HOLDER, TODAY) == (Waiting("points", 40, "2024-05-02"),)


def test_what_waits_for_the_same_day_is_one_sum_and_what_is_gone_waits_for_nothing() -> None:
    lots = (Lot("a+2024-06-01", 1), Lot("b+2024-06-01", 4), Lot("c+2024-06-01", 0), Lot("d+2024-06-02", 1))
    holder = Holder("m", Status.REGULAR, {"points": lots})

    assert waiting_of(holder, TODAY) == (Waiting("points", 5, "2024-06-01"), Waiting("points", 1, "2024-06-02"))


def test_a_lot_says_in_its_name_from_when_on_it_may_be_spent() -> None:
    assert spendable_from("a") is None
    assert spendable_from("a+2024-06-01") == "2024-06-01"


def test_what_rules_count_for_themselves_neither_waits_nor_ends() -> None:
    assert spendable(HOLDER, TODAY).lots["first.count"] == HOLDER.lots["first.count"]
