import pytest

from tests.loyalty.lint.looking import EARN, SPENT, UNIT, VISIT, found, rows
from tests.loyalty.shops import GOLD

CLUB = (
    '[[memberships]]\nid = "club"\nlabel = "Club"\narticle = "CLUB"\nprice = "9.00"\nterm = "1 year"\npercent = 120\n'
)
TIMES = '[[multipliers]]\nid = "times"\nlabel = "Times"\npercent = 200\n'
MORE = '[[multipliers]]\nid = "more"\nlabel = "More"\npercent = 300\n'
DARE = '[[challenges]]\nid = "dare"\nlabel = "Dare"\nunit = "points"\ngive = 5\ncounted = "visits"\nwithin = "week"\n'
CUTS = '[[punch_cards]]\nid = "cuts"\nlabel = "Cuts"\nby = "visit"\npunches = 9\nvalue_max = "9.00"\n'


@pytest.mark.parametrize(
    ("dead", "alive"),
    [
        (  # 2024-05-06 is a Monday
            'weekdays = ["tue"]\nfrom = "2024-05-04"\nuntil = "2024-05-06"',
            'weekdays = ["tue"]\nfrom = "2024-05-04"\nuntil = "2024-05-07"',
        ),
        ('first_sale = true\ntiers = ["gold"]', 'tiers = ["gold"]'),
        ('first_sale = true\nmemberships = ["club"]', "first_sale = true"),
        ('categories = ["tea"]\nexclude = ["tea"]', 'categories = ["tea"]\nbrands = ["x"]\nexclude = ["tea"]'),
        ('articles = ["1"]\nexclude_articles = ["1"]', 'articles = ["1", "2"]\nexclude_articles = ["1"]'),
    ],
)
def test_a_rule_that_never_holds_is_an_error(dead: str, alive: str) -> None:
    others = SPENT + GOLD + CLUB

    assert rows(found("dead-rule", others, TIMES, dead)) == [("error", "times")]
    assert found("dead-rule", others, TIMES, alive) == []


def test_what_begins_after_the_programme_has_closed_is_an_error() -> None:
    closing = '[closing]\nnotice = "2024-01-01"\nlast_earn = "2024-06-30"\nlast_spend = "2024-12-31"\n'
    reward = (
        '[[rewards]]\nid = "gift"\nlabel = "Gift"\nunit = "points"\nunits = 1\nvalue = "1.00"\nfrom = "2024-07-01"\n'
    )

    assert rows(found("dead-rule", UNIT, EARN, 'from = "2024-07-01"\n', closing)) == [("error", "earning")]
    assert found("dead-rule", UNIT, EARN, 'from = "2024-06-30"\n', closing, reward) == []


def test_a_scope_or_a_minimum_of_an_action_is_a_warning_for_nothing_is_bought() -> None:
    action = UNIT + '[[earn]]\nid = "review"\nunit = "points"\nby = "action"\naction = "review"\ngive = 5\n'

    assert rows(found("dead-rule", action, 'categories = ["tea"]')) == [("warning", "review")]
    assert rows(found("dead-rule", action, 'min_amount = "5.00"')) == [("warning", "review")]
    assert found("dead-rule", action, 'weekdays = ["mon"]') == []


@pytest.mark.parametrize(
    ("earning", "dead", "alive"),
    [
        (VISIT, "", 'of = ["tea"]'),
        ("", 'categories = ["gift-card"]', 'categories = ["gift-card", "tea"]'),
        ("", 'of = ["tea"]\ncategories = ["cake"]', 'of = ["tea"]\nbrands = ["cake"]'),
        ("", 'of = ["tea"]\nweekdays = ["sat", "sun"]', 'of = ["tea"]\nweekdays = ["sat", "fri"]'),
        ("", 'of = ["tea"]\nhours = "12:00-14:00"', 'of = ["tea"]\nhours = "11:59-14:00"'),
        ("", 'of = ["tea"]\nhours = "22:00-02:00"', 'of = ["tea"]\nhours = "22:00-08:01"'),
        ("", 'of = ["tea"]\nfrom = "2025-01-01"', 'of = ["tea"]\nfrom = "2024-12-31"'),
        ("", 'of = ["tea"]\nuntil = "2023-12-31"', 'of = ["tea"]\nuntil = "2024-01-01"'),
    ],
)
def test_a_multiplier_that_no_rule_ever_meets_is_an_error(earning: str, dead: str, alive: str) -> None:
    tea = (
        '[[earn]]\nid = "tea"\nunit = "points"\nby = "article"\ngive = 1\ncategories = ["tea"]\n'
        'weekdays = ["mon", "fri"]\nhours = "08:00-12:00"\nfrom = "2024-01-01"\nuntil = "2024-12-31"\n'
    )

    assert rows(found("dead-multiplier", earning or SPENT + tea, TIMES, dead)) == [("error", "times")]
    assert found("dead-multiplier", SPENT + tea, TIMES, alive) == []


def test_a_multiplier_for_visits_is_a_warning() -> None:
    visit = VISIT.removeprefix(UNIT)

    assert rows(found("dead-multiplier", SPENT, visit, TIMES, 'of = ["earning", "coming"]')) == [("warning", "times")]


def test_a_multiplier_that_is_always_beaten_is_a_warning() -> None:
    assert rows(found("dead-multiplier", SPENT, TIMES, MORE)) == [("warning", "times")]
    assert found("dead-multiplier", SPENT, TIMES, MORE, 'weekdays = ["mon"]') == []


def test_a_multiplier_for_a_tier_that_gives_more_by_itself_is_a_warning() -> None:
    assert rows(found("dead-multiplier", SPENT, GOLD, TIMES.replace("200", "150"), 'tiers = ["gold"]')) == [
        ("warning", "times")
    ]
    assert found("dead-multiplier", SPENT, GOLD, TIMES, 'tiers = ["gold"]') == []


def test_a_limit_that_never_bites_is_a_warning() -> None:
    assert rows(found("dead-limit", UNIT, EARN, "most = { sale = 50, day = 50 }")) == [("warning", "earning")]
    assert rows(found("dead-limit", UNIT, EARN, "most = { day = 90, month = 80 }")) == [("warning", "earning")]
    assert found("dead-limit", UNIT, EARN, "most = { sale = 50, day = 51, month = 52 }") == []


def test_a_limit_below_what_is_given_at_a_time_is_an_error() -> None:
    assert rows(found("dead-limit", VISIT, "most = { month = 4 }")) == [("error", "coming")]
    assert found("dead-limit", VISIT, "most = { month = 5 }") == []


@pytest.mark.parametrize(
    ("dead", "alive"),
    [
        ("goal = 8", "goal = 7"),
        ('goal = 3\nweekdays = ["sat", "sun"]', 'goal = 2\nweekdays = ["sat", "sun"]'),
        ("goal = 2\nfirst_sale = true", "goal = 2"),
    ],
)
def test_a_challenge_of_more_visits_than_days_is_an_error(dead: str, alive: str) -> None:
    assert rows(found("dead-challenge", SPENT, DARE, dead)) == [("error", "dare")]
    assert found("dead-challenge", SPENT, DARE, alive) == []


def test_pieces_are_not_limited_by_days() -> None:
    assert found("dead-challenge", SPENT, DARE.replace("visits", "pieces"), "goal = 100") == []


@pytest.mark.parametrize(
    ("dead", "alive"),
    [
        ('expires = "7 days"', 'expires = "8 days"'),
        ('head_start = 1\nexpires = "6 days"', 'head_start = 1\nexpires = "7 days"'),
        ("first_sale = true", "first_sale = true\nhead_start = 8"),
    ],
)
def test_a_punch_card_that_is_never_full_is_an_error(dead: str, alive: str) -> None:
    assert rows(found("dead-punch-card", CUTS, dead)) == [("error", "cuts")]
    assert found("dead-punch-card", CUTS, alive) == []
