from tests.loyalty.lint.looking import EARN, SPENT, UNIT, VISIT, found, looked, rows
from tests.loyalty.shops import COFFEE, GOLD

REWARD = '[[rewards]]\nid = "gift"\nlabel = "Gift"\nunit = "points"\nvalue = "1.00"\nunits = 10\n'
CLUB = (
    '[[memberships]]\nid = "club"\nlabel = "Club"\narticle = "CLUB"\nprice = "9.00"\nterm = "1 year"\npercent = 120\n'
)


def stated(*parts: str) -> dict[str, str]:
    return {finding.rule: finding.text for finding in looked(*parts) if finding.check == "splitting"}


def test_a_limit_of_a_sale_without_one_of_a_day_is_a_warning() -> None:
    assert rows(found("splitting", UNIT, EARN, "most = { sale = 50 }")) == [("warning", "earning")]
    assert found("splitting", UNIT, EARN, "most = { sale = 50, day = 100 }") == []


def test_the_gain_under_a_limit_of_a_sale_is_bounded_by_that_of_a_period() -> None:
    said = stated(UNIT, EARN, "most = { sale = 50, day = 80, month = 70 }\n", REWARD)

    assert said["earning"] == (
        "a basket split into more sales gains 20 points (worth 2.00 EUR) a day at most: 70 is the most for one month"
    )


def test_visits_are_bounded_by_the_day() -> None:
    assert stated(VISIT, REWARD)["coming"] == (
        "a basket split over days gains 5 points (worth 0.50 EUR) a day at most: a day counts one visit"
    )
    card = COFFEE + 'by = "visit"\n'
    assert stated(card)["coffee"].startswith("a basket split over days gains 1 Coffee card (worth 0.50 EUR) a day")


def test_a_minimum_rewards_joining_and_never_splitting() -> None:
    said = stated(SPENT.replace('per = "1.00"', 'per = "1.00"\nmin_amount = "20.00"\nmost = { day = 500 }'))

    assert said["earning"] == (
        "baskets joined to reach 20.00 EUR gain what it gives; split ones gain nothing. "
        "Bounded by 500 points (worth 5.00 EUR) for one day"
    )


def test_the_first_sale_tiers_and_memberships_are_stated() -> None:
    assert "second account" in stated(SPENT.replace('per = "1.00"', 'per = "1.00"\nfirst_sale = true'))["earning"]
    assert "once a year" in stated(SPENT, GOLD)["gold"]
    assert "once a term" in stated(SPENT, CLUB)["club"]


def test_a_programme_without_any_of_them_has_nothing_to_state() -> None:
    assert stated(SPENT, COFFEE) == {}


def test_a_voucher_with_every_sale_is_a_warning_and_not_from_a_minimum_on() -> None:
    voucher = '[[vouchers]]\nid = "five"\nlabel = "Five"\nvalue = "5.00"\n[vouchers.issue]\n'

    assert rows(found("splitting", SPENT, voucher)) == [("warning", "five")]
    assert found("splitting", SPENT, voucher, 'min_amount = "50.00"\n') == []


def test_each_purchase_of_a_friend_is_stated_with_its_bound() -> None:
    referral = (
        '[[referrals]]\nid = "friends"\nlabel = "F"\nunit = "points"\nfriend = 50\non = "every-purchase"\ntimes = 3\n'
    )

    assert stated(SPENT, referral)["friends"] == (
        "a friend's basket split gains 50 points (worth 0.50 EUR) with each part, 3 times in all"
    )
