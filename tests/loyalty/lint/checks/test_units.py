import pytest

from tests.loyalty.lint.looking import EARN, POINTS, SPENT, UNIT, VISIT, found, rows

STARS = '[[units]]\nid = "stars"\nlabel = "stars"\n'
REWARD = '[[rewards]]\nid = "gift"\nlabel = "Gift"\nunit = "points"\nvalue = "5.00"\n'


def test_a_unit_that_nobody_earns_is_a_warning_and_an_error_where_rewards_take_it() -> None:
    reward = REWARD.replace("points", "stars") + "units = 5\n"

    assert rows(found("units", SPENT, STARS)) == [("warning", "stars")]
    assert rows(found("units", SPENT, STARS, reward)) == [("error", "stars")]
    assert found("units", SPENT, STARS, reward, EARN.replace("earning", "more").replace("points", "stars")) == []


def test_a_unit_that_nothing_can_be_had_for_is_a_warning() -> None:
    assert rows(found("units", POINTS)) == [("warning", "points")]
    assert found("units", SPENT) == []


def test_money_needs_neither_rules_nor_rewards() -> None:
    assert found("units", SPENT, '[[units]]\nid = "credit"\nlabel = "Credit"\nmoney = true\n') == []


@pytest.mark.parametrize(
    ("gone", "there"),
    [
        ('pending = "31 days"\nexpires = "30 days"\n', 'pending = "30 days"\nexpires = "30 days"\n'),
        (
            'pending = "31 days"\nexpires = "1 day"\nrounded = "month"\n',
            'pending = "1 day"\nexpires = "1 day"\nrounded = "month"\n',
        ),
    ],
)
def test_units_that_go_before_they_can_be_spent_are_an_error(gone: str, there: str) -> None:
    assert rows(found("expiry", UNIT, gone, EARN)) == [("error", "points")]
    assert found("expiry", UNIT, there, EARN) == []


def test_inactivity_that_comes_after_expiry_is_a_warning() -> None:
    inactive = 'inactive = "12 months"\n'

    assert rows(found("expiry", UNIT, 'expires = "12 months"\n', inactive, EARN)) == [("warning", "points")]
    assert found("expiry", UNIT, 'expires = "13 months"\n', inactive, EARN) == []


def test_a_reward_that_takes_more_than_anybody_can_hold_is_an_error() -> None:
    lasting = VISIT.replace('label = "points"\n', 'label = "points"\nexpires = "30 days"\n')

    assert rows(found("reach", lasting, REWARD, "units = 156")) == [("error", "gift")]  # the 31st day counts
    assert found("reach", lasting, REWARD, "units = 155") == []


def test_a_challenge_brings_a_reward_into_reach() -> None:
    lasting = VISIT.replace('label = "points"\n', 'label = "points"\nexpires = "30 days"\n')
    dare = '[[challenges]]\nid = "dare"\nlabel = "Dare"\nunit = "points"\ngive = 1\ncounted = "visits"\ngoal = 2\n'

    assert found("reach", lasting, dare, 'within = "year"\n', REWARD, "units = 156") == []


def test_a_reward_worth_less_than_half_a_percent_of_the_way_to_it_is_a_warning() -> None:
    assert rows(found("reach", POINTS, REWARD, "units = 1001")) == [("warning", "gift")]
    assert found("reach", POINTS, REWARD, "units = 1000") == []


def test_a_reward_a_hundred_visits_away_is_a_warning() -> None:
    assert rows(found("reach", VISIT, REWARD, "units = 501")) == [("warning", "gift")]
    assert found("reach", VISIT, REWARD, "units = 500") == []


def test_a_voucher_that_nobody_is_given_is_a_warning() -> None:
    voucher = '[[vouchers]]\nid = "five"\nlabel = "Five"\nvalue = "5.00"\n'
    reward = (
        '[[rewards]]\nid = "swap"\nlabel = "Swap"\nunit = "points"\nunits = 500\ngives = "voucher"\nvoucher = "five"\n'
    )

    assert rows(found("units", SPENT, voucher)) == [("warning", "five")]
    assert found("units", SPENT, voucher, reward) == []
    assert found("units", SPENT, voucher, '[vouchers.issue]\nmin_amount = "50.00"\n') == []


def test_points_of_friends_bring_any_reward_into_reach() -> None:
    lasting = VISIT.replace('label = "points"\n', 'label = "points"\nexpires = "30 days"\n')
    referral = '[[referrals]]\nid = "friends"\nlabel = "F"\nunit = "points"\nfriend = 50\non = "first-purchase"\n'

    assert found("reach", lasting, referral, REWARD, "units = 156") == []
