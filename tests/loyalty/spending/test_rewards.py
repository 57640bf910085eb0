import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InvalidError, NotAllowedError, ProgrammeError
from agent.loyalty.programme.conditions import Scope, When
from agent.loyalty.programme.rules.rewarding import Gives
from agent.loyalty.sale import Holder, Line, Lot, Moment, Redeemed, Status
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import Offer, nearest, offers
from agent.loyalty.spending.redeeming import Redemption, check_on, redeem
from agent.loyalty.spending.worth import fits, most_on, prices
from tests.loyalty.shops import COFFEE, GOLD, MONEY, NOW, POINTS, UNSURE, line, member, moves, programme

TENTH = """
[[rewards]]
id = "tenth"
label = "10 % off"
gives = "percent"
unit = "points"
units = 50
percent = 10
most = "20.00"
exclude = ["gift-card"]
min_amount = "10.00"
"""
CAKE = """
[[rewards]]
id = "cake"
label = "A cake"
gives = "article"
unit = "points"
units = 80
categories = ["cake"]
value_max = "4.00"
"""
GOLDEN = TENTH + 'tiers = ["gold"]\n'
SHOP = programme(POINTS, GOLD, TENTH, CAKE)


def _offer(reward: str, *lines: Line, due: int | None = None) -> Offer | None:
    found = offers(Customer.of(SHOP, member(points=500), NOW), due=due, lines=lines)
    return next((offer for offer in found if offer.reward == reward), None)


def _redeem(reward: str, value: int | None, holder: Holder | None = None) -> Redemption:
    return redeem(SHOP, holder or member(points=500), NOW, reward, units=None, value=value)


def test_a_percentage_is_offered_for_what_the_lines_of_its_scope_cost() -> None:
    offer = _offer("tenth", line(1500), line(555), line(5000, "gift-card"))

    assert offer == Offer("tenth", "10 % off", "points", 50, 205, free=False)


@pytest.mark.parametrize(("due", "value"), [(None, 2000), (150, 150), (0, None)])
def test_a_percentage_is_limited_by_its_most_and_by_what_is_due(due: int | None, value: int | None) -> None:
    offer = _offer("tenth", line(99_900), due=due)

    assert (offer and offer.value_max) == value


def test_a_reward_with_a_minimum_is_not_offered_below_it() -> None:
    assert _offer("tenth", line(999)) is None
    assert _offer("tenth", line(999), line(5000, "gift-card")) is None


def test_before_the_goods_are_known_a_reward_is_offered_at_the_most_it_may_be_worth() -> None:
    assert [
        (offer.reward, offer.value_max) for offer in offers(Customer.of(SHOP, member(points=500), NOW), due=None)
    ] == [
        ("tenth", 2000),
        ("cake", 400),
    ]


def test_a_percentage_is_redeemed_at_the_worth_that_was_offered() -> None:
    found = _redeem("tenth", 205)

    assert (found.units, found.value, found.free) == (50, 205, False)
    assert moves(found.postings) == {("points", "old"): -50}
    with pytest.raises(InvalidError, match="say its worth as value, from 1 to 2000, not None"):
        _redeem("tenth", None)


def test_units_may_buy_an_article_up_to_its_price() -> None:
    offer = _offer("cake", line(700, "cake", pieces=2), line(900, "cake"))

    assert offer == Offer("cake", "A cake", "points", 80, 350, free=True)
    assert _redeem("cake", 350).free
    with pytest.raises(InvalidError, match="from 1 to 400, not 401"):
        _redeem("cake", 401)


def test_an_article_is_not_offered_for_a_sale_without_one() -> None:
    assert _offer("cake", line(300)) is None
    assert _offer("cake", Line("crumbs", 500, 300, "cake")) is None


def test_a_reward_for_a_tier_is_neither_offered_nor_near_nor_redeemed_without_it() -> None:
    shop = programme(POINTS, GOLD, GOLDEN)
    gold = member(points=500, spend={"2024": 50_000})

    assert offers(Customer.of(shop, member(points=500), NOW), due=None) == ()
    assert nearest(Customer.of(shop, member(points=1), NOW)) is None
    with pytest.raises(NotAllowedError, match="reward 'tenth' is not for account 'm': only_tiers"):
        redeem(shop, member(points=500), NOW, "tenth", units=None, value=100)
    assert redeem(shop, gold, NOW, "tenth", units=None, value=100).value == 100
    assert offers(Customer.of(shop, gold, NOW), due=None)[0].reward == "tenth"


def test_money_for_some_lines_pays_for_those_alone() -> None:
    shop = programme(POINTS, MONEY + 'categories = ["shoes"]\n')
    lines = [line(300, "shoes"), line(900, "hats")]

    assert offers(Customer.of(shop, member(points=500), NOW), due=1200, lines=lines)[0].value_max == 300
    check_on(shop, [Redeemed("r", "money", "points", 60, 300)], lines)
    with pytest.raises(NotAllowedError, match="is worth 305; on this sale reward 'money' gives 300 at most"):
        check_on(shop, [Redeemed("r", "money", "points", 61, 305)], lines)


def test_a_sale_that_is_worth_less_than_the_redemption_it_names_is_refused() -> None:
    redeemed = Redeemed("r", "tenth", "points", 50, 205)

    check_on(SHOP, [redeemed], [line(2055)])
    with pytest.raises(NotAllowedError, match="reward 'tenth' gives 204 at most"):
        check_on(SHOP, [redeemed], [line(2049)])
    with pytest.raises(NotAllowedError, match="redemptions worth 410 are more than the 409 that the goods cost"):
        check_on(SHOP, [redeemed, redeemed], [line(409)])


def test_what_was_redeemed_under_a_reward_that_is_gone_still_counts() -> None:
    check_on(SHOP, [Redeemed("r", "gone", "points", 50, 205)], [line(205)])


def _aged(*lots: Lot) -> Holder:
    return Holder("m", Status.REGULAR, {"points": lots})


def test_units_that_wait_or_have_expired_are_neither_offered_nor_spent() -> None:
    shop = programme(POINTS, MONEY)
    holder = _aged(Lot("a", 30), Lot("b+2024-05-02", 50), Lot("c", 70, "2024-04-30"), Lot("d", 20, "2024-05-01"))

    assert offers(Customer.of(shop, holder, NOW), due=None)[0].units_max == 50
    assert moves(redeem(shop, holder, NOW, "money", units=50, value=None).postings) == {
        ("points", "a"): -30,
        ("points", "d"): -20,
    }
    tomorrow = Moment("2024-05-02", confirmed=True)
    assert offers(Customer.of(shop, holder, tomorrow), due=None)[0].units_max == 80


def test_on_a_clock_nobody_confirmed_nothing_expires_and_what_waits_goes_on_waiting() -> None:
    holder = _aged(Lot("b+2024-05-01", 50), Lot("c", 70, "2024-04-30"))

    assert offers(Customer.of(programme(POINTS, MONEY), holder, UNSURE), due=None)[0].units_max == 70


def test_after_the_last_day_for_spending_nothing_is_offered_or_redeemed() -> None:
    end = '[closing]\nnotice = "2024-01-01"\nlast_earn = "2024-02-01"\nlast_spend = "2024-04-30"\n'
    shop = programme(end, POINTS, MONEY)

    assert offers(Customer.of(shop, member(points=500), NOW), due=None) == ()
    with pytest.raises(NotAllowedError, match="the programme has ended"):
        redeem(shop, member(points=500), NOW, "money", units=1, value=None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('gives = "percent"', 'gives = "cash"', "one of money, percent, article"),
        ("percent = 10\n", "", "key 'percent' is missing"),
        ('most = "20.00"', "", "key 'most' is missing"),
        ("percent = 10\n", "percent = 0\n", "from 1 to 100"),
        ('categories = ["cake"]', "", "name none, so no article is given"),
        ('value_max = "4.00"', 'value = "4.00"', "key 'value_max' is missing; is it meant by 'value'"),
    ],
)
def test_a_reward_that_cannot_be_meant_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(POINTS, (TENTH + CAKE).replace(old, new))


_lines = st.lists(
    st.builds(
        Line,
        article=st.just("article"),
        quantity=st.integers(1, 5000),
        amount=st.integers(0, 5000),
        category=st.sampled_from(["cake", "coffee", "gift-card", None]),
    ),
    max_size=5,
)


@given(_lines, st.integers(0, 600), st.none() | st.integers(0, 6000))
def test_every_offer_can_be_redeemed_as_it_was_offered_and_fits_its_sale(
    lines: list[Line], points: int, due: int | None
) -> None:
    shop = programme(POINTS, TENTH, CAKE, MONEY, COFFEE)
    holder = member(points=points, coffee=9)
    for offer in offers(Customer.of(shop, holder, NOW), due=due, lines=lines):
        gives = next((reward.gives for reward in shop.rewards if reward.id == offer.reward), Gives.ARTICLE)
        units, value = (offer.units_max, None) if gives is Gives.MONEY else (None, offer.value_max)
        found = redeem(shop, holder, NOW, offer.reward, units=units, value=value)

        assert (found.units, found.value, found.free) == (offer.units_max, offer.value_max, offer.free)
        assert found.value >= 1
        assert due is None or found.value <= due
        if lines and due is not None and due <= sum(one.amount for one in lines):
            redeemed = Redeemed("r", found.reward, found.unit, found.units, found.value, found.free)
            check_on(shop, [redeemed], lines)


@given(_lines)
def test_a_reward_is_never_worth_more_than_the_lines_it_is_for(lines: list[Line]) -> None:
    for reward in SHOP.rewards:
        cost = sum(one.amount for one in lines if reward.scope.counts(one))

        assert 0 <= most_on(reward, lines) <= min(cost, reward.value)


def test_a_reward_is_redeemed_under_its_own_name_from_the_smallest_coin_on() -> None:
    percent, cake = _redeem("tenth", 1), _redeem("cake", 1)

    assert percent == Redemption("tenth", "10 % off", "points", 50, 1, free=False, postings=percent.postings)
    assert cake == Redemption("cake", "A cake", "points", 80, 1, free=True, postings=cake.postings)
    with pytest.raises(
        InvalidError, match=r"^reward 'cake' gives an article: say its price as value, from 1 to 400, not 0$"
    ):
        _redeem("cake", 0)
    with pytest.raises(InvalidError, match=r"^reward 'cake' takes 80 of 'points', not 79$"):
        redeem(SHOP, member(points=500), NOW, "cake", units=79, value=100)


def test_who_redeemed_too_much_for_a_sale_is_told_what_to_do() -> None:
    gone, large = Redeemed("r", "gone", "points", 50, 1), Redeemed("s", "tenth", "points", 50, 205)

    with pytest.raises(NotAllowedError, match="redemptions worth 206 are more than the 205") as caught:
        check_on(SHOP, [gone, large], [line(205)])
    assert caught.value.hint == "give one of them back"
    with pytest.raises(NotAllowedError, match="redemption 's' is worth 205; on this sale reward 'tenth'") as caught:
        check_on(SHOP, [gone, large], [line(2049)])
    assert caught.value.hint == "give the redemption back and redeem what this sale allows"


def test_the_price_of_an_article_is_that_of_a_whole_piece_and_more_than_nothing() -> None:
    lines = (Line("a", 3000, 100, "cake"), line(1, "cake"), line(0, "cake"), Line("b", 999, 5, "cake"), line(7))

    assert prices(lines, Scope(categories=frozenset({"cake"}))) == [33, 1]


def test_lines_fit_a_reward_by_what_they_cost_and_by_whole_pieces() -> None:
    lines = (Line("a", 1999, 300), Line("b", 1500, 200))

    assert fits(When(minimum=500, pieces=2), lines)
    assert not fits(When(minimum=501), lines)
    assert not fits(When(pieces=3), lines)
