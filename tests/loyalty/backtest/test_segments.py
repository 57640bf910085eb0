import pytest

from agent.loyalty.backtest.segments import Segment, changes, holdings, segment_of
from tests.loyalty.backtest.pasts import LAST, outcome


@pytest.mark.parametrize(
    ("sales", "last", "segment"),
    [
        (4, "2024-12-31", Segment.REGULAR),
        (4, "2024-10-02", Segment.REGULAR),
        (4, "2024-10-01", Segment.SLEEPING),
        (3, "2024-10-02", Segment.OCCASIONAL),
        (3, "2024-10-01", Segment.GONE),
    ],
)
def test_a_segment_is_how_often_and_how_lately(sales: int, last: str, segment: Segment) -> None:
    assert segment_of(outcome(sales=sales, last_day=last), LAST) is segment


def test_winners_and_losers_are_told_apart_member_by_member() -> None:
    now = [outcome("a", given=100), outcome("b", given=100), outcome("c", owed=100)]
    draft = [outcome("c", given=100), outcome("a", owed=150), outcome("b")]

    regulars = changes(now, draft, LAST)[0]

    assert (regulars.winners, regulars.losers, regulars.gained, regulars.lost) == (1, 1, 50, 100)


def test_every_member_is_in_one_segment() -> None:
    members = [outcome(str(n), sales=n, last_day=f"2024-{n:02}-01") for n in range(1, 13)]

    assert sum(row.members for row in holdings(members, LAST)) == 12


def test_what_is_too_little_for_a_reward_is_stranded_when_the_programme_closes() -> None:
    regulars = holdings([outcome("a", owed=300, can_spend=True), outcome("b", owed=40), outcome("c")], LAST)[0]

    assert (regulars.members, regulars.holders, regulars.can_spend) == (3, 2, 1)
    assert (regulars.owed, regulars.stranded) == (340, 40)
