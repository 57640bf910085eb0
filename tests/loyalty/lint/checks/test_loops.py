from agent.loyalty.articles import read_articles
from tests.loyalty.lint.looking import SPENT, UNIT, found, rows

EARN = '[[earn]]\nid = "earning"\nunit = "points"\ngive = 1\nper = "1.00"\n'
TENDERS = 'exclude_tenders = ["gift-card"]\n'
MONEY = '[[rewards]]\nid = "money"\nlabel = "Off"\nunit = "points"\nunits = 100\nvalue = "1.00"\n'
SOLD = read_articles(b"sku,category\n1,gift-card\n2,tea\n")


def test_a_gift_card_that_earns_when_it_is_bought_and_when_it_pays_is_an_error() -> None:
    mentioned = '[[multipliers]]\nid = "twice"\nlabel = "Twice"\npercent = 200\nexclude = ["gift-card"]\n'

    assert rows(found("loop", UNIT, EARN, mentioned)) == [("error", "earning")]
    assert found("loop", UNIT, EARN, TENDERS, mentioned) == []
    assert found("loop", UNIT, EARN, 'exclude = ["gift-card"]\n', mentioned) == []


def test_gift_cards_are_known_from_the_shops_articles() -> None:
    assert rows(found("loop", UNIT, EARN, articles=SOLD)) == [("error", "earning")]
    assert found("loop", UNIT, EARN) == []  # nobody says that the shop sells any


def test_points_that_pay_for_gift_cards_which_earn_are_a_warning() -> None:
    assert rows(found("loop", SPENT)) == [("warning", "money")]
    assert found("loop", SPENT, 'exclude = ["gift-card"]\n') == []
    assert found("loop", UNIT, EARN, 'exclude = ["gift-card"]\n', TENDERS, MONEY) == []


def test_a_gift_card_of_the_programmes_own_earns_nothing_anyway() -> None:
    own = '[[units]]\nid = "credit"\nlabel = "Credit"\nmoney = true\n[[gift_cards]]\nid = "gift"\nunit = "credit"\n'

    assert found("loop", UNIT, EARN, MONEY, own, 'categories = ["gift-card"]\n', articles=SOLD) == []


def test_an_action_that_may_be_repeated_without_end_is_a_warning() -> None:
    review = '[[earn]]\nid = "said"\nunit = "points"\nby = "action"\ngive = 5\naction = '

    assert rows(found("loop", UNIT, review, '"review"\n')) == [("warning", "said")]
    assert found("loop", UNIT, review, '"review"\nmost = { month = 5 }\n') == []
    assert found("loop", UNIT, review, '"sign-up"\n') == []


def test_friends_who_need_not_buy_without_end_are_a_warning() -> None:
    referral = '[[referrals]]\nid = "friends"\nlabel = "Friends"\nunit = "points"\nreferrer = 500\non = '
    clean = SPENT + 'exclude = ["gift-card"]\n'

    assert rows(found("loop", clean, referral, '"sign-up"\n')) == [("warning", "friends")]
    assert found("loop", clean, referral, '"sign-up"\nfriends_a_year = 12\n') == []
    assert found("loop", clean, referral, '"first-purchase"\n') == []
