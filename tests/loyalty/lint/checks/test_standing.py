import pytest

from tests.loyalty.lint.looking import SPENT, UNIT, VISIT, found, rows
from tests.loyalty.shops import EARN, GOLD

RULES = '[tier_rules]\nby = "{by}"\nperiod = "{period}"\nwindow = {window}\n'
LOW = '[[tiers]]\nid = "low"\nlabel = "Low"\nfrom = "500.00"\npercent = 120\n'
CLUB = '[[memberships]]\nid = "club"\nlabel = "Club"\narticle = "CLUB"\nprice = "9.00"\nterm = "1 year"\n'
TIMES = '[[multipliers]]\nid = "times"\nlabel = "Times"\npercent = 200\n'


def tier(threshold: int) -> str:
    return f'[[tiers]]\nid = "top"\nlabel = "Top"\nfrom = {threshold}\npercent = 150\n'


def test_a_tier_that_begins_where_another_does_is_an_error() -> None:
    assert rows(found("tiers", SPENT, LOW, GOLD)) == [("error", "low")]
    assert found("tiers", SPENT, LOW.replace("500", "499"), GOLD) == []


def test_a_tier_that_gives_less_than_the_lower_one_is_an_error() -> None:
    lower = LOW.replace("500", "100")

    assert rows(found("tiers", SPENT, lower.replace("120", "151"), GOLD)) == [("error", "gold")]
    assert found("tiers", SPENT, lower.replace("120", "150"), GOLD) == []


@pytest.mark.parametrize(
    ("earning", "rules", "reachable"),
    [
        (SPENT, {"by": "visits", "period": "month", "window": 1}, 31),
        (SPENT, {"by": "visits", "period": "quarter", "window": 2}, 184),
        (VISIT, {"by": "points", "period": "month", "window": 1}, 31 * 5),
        (UNIT + EARN + "most = { month = 100 }\n", {"by": "points", "period": "year", "window": 1}, 1200),
    ],
)
def test_a_tier_above_what_days_and_limits_allow_is_an_error(
    earning: str, rules: dict[str, object], reachable: int
) -> None:
    ruled = RULES.format(**rules)

    assert rows(found("tiers", earning, ruled, tier(reachable + 1))) == [("error", "top")]
    assert found("tiers", earning, ruled, tier(reachable)) == []


def test_points_without_a_limit_reach_any_tier() -> None:
    assert found("tiers", SPENT, RULES.format(by="points", period="month", window=1), tier(10**9)) == []


@pytest.mark.parametrize("gives", ["percent = 101", 'perks = ["Coffee on the house"]'])
def test_a_tier_that_gives_nothing_is_a_warning(gives: str) -> None:
    empty = GOLD.replace("percent = 150", "")

    assert rows(found("tiers", SPENT, empty)) == [("warning", "gold")]
    assert found("tiers", SPENT, empty, gives) == []
    assert found("tiers", SPENT, empty, TIMES, 'tiers = ["gold"]') == []


def test_a_membership_that_gives_nothing_is_an_error() -> None:
    assert rows(found("memberships", SPENT, CLUB)) == [("error", "club")]
    assert found("memberships", SPENT, CLUB, 'perks = ["First"]') == []
    assert found("memberships", SPENT, CLUB, TIMES, 'memberships = ["club"]') == []
