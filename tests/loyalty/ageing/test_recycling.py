from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.journal.entry import EXPIRED
from agent.journal.fold import check_conservation
from agent.loyalty.ageing.recycling import Plan, plan, recycle
from tests.loyalty.shops import GOLD, NOW, POINTS, programme

RULE = '[recycling]\nunit = "points"\ntiers = ["gold"]\npercent = 50\nmost = 200\n'
SHOP = programme(POINTS, GOLD, RULE)


def test_what_some_lost_goes_to_the_members_of_the_tiers_in_equal_parts() -> None:
    found = plan(SHOP, {"points": 1001, "stars": 9}, {"b": "gold", "a": "gold", "c": None, "d": "gold"})

    assert found == Plan("points", 166, ("a", "b", "d"), 1001 - 3 * 166)


def test_nobody_gets_more_than_the_most() -> None:
    assert plan(SHOP, {"points": 100_000}, {"a": "gold"}) == Plan("points", 200, ("a",), 99_800)


@pytest.mark.parametrize("lost", [{}, {"points": 1}])
def test_too_little_for_all_stays_lost(lost: dict[str, int]) -> None:
    assert plan(SHOP, lost, {"a": "gold"}) == Plan("points", 0, (), sum(lost.values()))


def test_a_programme_without_the_rule_recycles_nothing() -> None:
    assert plan(programme(POINTS, GOLD), {"points": 1000}, {"a": "gold"}) is None


@given(st.integers(0, 10**6), st.dictionaries(st.text("ab", min_size=1, max_size=4), st.sampled_from(("gold", None))))
def test_what_is_given_and_what_is_kept_is_what_was_lost(lost: int, tiers: dict[str, str | None]) -> None:
    found = plan(SHOP, {"points": lost}, tiers)
    assert found is not None
    postings = recycle(SHOP, found, found.accounts, NOW, lot="entry")

    check_conservation(postings)
    moved: Counter[str] = Counter()
    for posting in postings:
        moved[posting.account] += posting.amount
    assert found.kept - moved[EXPIRED] == lost
    assert 0 <= -moved[EXPIRED] <= lost // 2
    assert {account for account in moved if account != EXPIRED} == {f"account:{one}" for one in found.accounts}
    assert all(tiers[account] == "gold" for account in found.accounts)


def test_a_present_is_a_lot_like_any_other() -> None:
    lasting = programme(POINTS.replace('label = "points"', 'label = "points"\nexpires = "30 days"'), GOLD, RULE)
    postings = recycle(lasting, Plan("points", 5, ("a",), 0), ("a",), NOW, lot="entry")

    assert (postings[1].lot, postings[1].expires) == ("entry", "2024-05-31")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("gold", "silver"), "tiers names 'silver', which is not in the programme"),
        (('["gold"]', "[]"), "'tiers' names none"),
        (('"points"', '"stars"'), "unit names 'stars', which is not in the programme"),
        (("percent = 50", "percent = 101"), "must be a whole number from 1 to 100"),
    ],
)
def test_a_rule_for_nobody_or_nothing_is_refused(change: tuple[str, str], message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(POINTS, GOLD, RULE.replace(*change))
