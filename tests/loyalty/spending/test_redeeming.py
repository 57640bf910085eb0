from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InsufficientError, InvalidError, NotAllowedError, UnknownError
from agent.journal.entry import REDEEMED, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.programme import Reward
from agent.loyalty.sale import Holder, Line, Lot, Status
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import Nearest, Offer, nearest, offers
from agent.loyalty.spending.redeeming import Redemption, redeem
from tests.loyalty.shops import COFFEE, MONEY, NOW, POINTS, line, member, moves, programme

SHOP = programme(POINTS, COFFEE, MONEY)  # 100 points are 5.00, in parts; 9 punches are a coffee
WHOLE = programme(POINTS, MONEY.replace("part = true", ""))


def _aged(**lots: tuple[int, str | None]) -> Holder:
    return Holder("m", Status.REGULAR, {"points": tuple(Lot(lot, *rest) for lot, rest in lots.items())})


def test_a_whole_reward_is_redeemed_unless_units_are_named() -> None:
    found = redeem(SHOP, member(points=250), NOW, "money", units=None, value=None)

    assert (found.units, found.value, found.free) == (100, 500, False)
    assert found.postings == (Posting("points", "account:m", -100, "old"), Posting("points", REDEEMED, 100))


def test_part_of_a_reward_is_worth_proportionally_less() -> None:
    found = redeem(SHOP, member(points=250), NOW, "money", units=37, value=None)

    assert (found.units, found.value) == (37, 185)


def test_more_than_one_whole_reward_may_be_had_in_parts() -> None:
    assert redeem(SHOP, member(points=250), NOW, "money", units=250, value=None).value == 1250


def test_nobody_pays_units_for_a_fraction_of_a_cent() -> None:
    shop = programme(POINTS, MONEY.replace("units = 100", "units = 1500"))  # three points a cent
    found = redeem(shop, member(points=11), NOW, "money", units=11, value=None)

    assert (found.value, found.units) == (3, 9)
    with pytest.raises(InvalidError, match="worth less than the smallest coin"):
        redeem(shop, member(points=11), NOW, "money", units=2, value=None)


def test_more_than_there_is_is_refused_with_what_there_is() -> None:
    with pytest.raises(InsufficientError, match="cannot redeem 121 of 'points': account 'm' has 120") as caught:
        redeem(SHOP, member(points=120), NOW, "money", units=121, value=None)

    assert caught.value.hint == "offer at most 120"


@pytest.mark.parametrize("balance", [0, -5])
def test_nothing_and_a_debt_redeem_nothing(balance: int) -> None:
    with pytest.raises(InsufficientError, match=f"has {balance}") as caught:
        redeem(SHOP, member(points=balance), NOW, "money", units=1, value=None)

    assert caught.value.hint == "offer at most 0"


@pytest.mark.parametrize("units", [0, -1, -(2**63)])
def test_less_than_one_unit_is_refused(units: int) -> None:
    with pytest.raises(InvalidError, match=f"cannot redeem {units} of 'points'"):
        redeem(SHOP, member(points=100), NOW, "money", units=units, value=None)


@pytest.mark.parametrize("units", [1, 99, 101, 200])
def test_a_reward_that_is_had_whole_is_not_had_in_parts(units: int) -> None:
    assert redeem(WHOLE, member(points=300), NOW, "money", units=100, value=None).value == 500
    with pytest.raises(InvalidError, match="reward 'money' takes 100"):
        redeem(WHOLE, member(points=300), NOW, "money", units=units, value=None)


@pytest.mark.parametrize("status", [Status.PROVISIONAL, Status.BLOCKED])
def test_a_provisional_or_blocked_account_spends_nothing(status: Status) -> None:
    rich = member(status, points=500, coffee=9)

    assert offers(Customer.of(SHOP, rich, NOW), due=None) == ()
    with pytest.raises(NotAllowedError, match=f"account 'm' is {status} and cannot spend"):
        redeem(SHOP, rich, NOW, "money", units=1, value=None)


def test_an_unknown_reward_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(UnknownError, match=r"no reward 'cake' .*there are: money, coffee"):
        redeem(SHOP, member(points=500), NOW, "cake", units=None, value=None)


def test_lots_that_expire_first_are_taken_first() -> None:
    holder = _aged(never=(100, None), late=(50, "2026-12-31"), soon=(20, "2025-01-31"))
    found = redeem(SHOP, holder, NOW, "money", units=60, value=None)

    taken = [(posting.lot, posting.amount, posting.expires) for posting in found.postings[:-1]]
    assert taken == [("soon", -20, "2025-01-31"), ("late", -40, "2026-12-31")]


def test_of_lots_that_expire_together_the_older_is_taken_first() -> None:
    found = redeem(SHOP, member(points={"2": 10, "1": 10}), NOW, "money", units=15, value=None)

    assert moves(found.postings) == {("points", "1"): -10, ("points", "2"): -5}


def test_a_debt_in_one_lot_counts_against_the_others() -> None:
    holder = member(points={"debt": -30, "good": 100})

    assert moves(redeem(SHOP, holder, NOW, "money", units=70, value=None).postings) == {("points", "good"): -70}
    with pytest.raises(InsufficientError, match="has 70"):
        redeem(SHOP, holder, NOW, "money", units=71, value=None)


def test_a_full_punch_card_gives_an_article_at_its_price() -> None:
    found = redeem(SHOP, member(coffee={"punches": 11}), NOW, "coffee", units=None, value=320)

    assert (found.units, found.value, found.free, found.unit) == (9, 320, True, "coffee")
    assert moves(found.postings) == {("coffee", "punches"): -9}


@pytest.mark.parametrize("value", [None, 0, -1, 451, 2**63])
def test_the_article_of_a_punch_card_needs_a_price_within_its_limit(value: int | None) -> None:
    with pytest.raises(InvalidError, match=f"from 1 to 450, not {value}"):
        redeem(SHOP, member(coffee=9), NOW, "coffee", units=None, value=value)


def test_a_punch_card_that_is_not_full_gives_nothing() -> None:
    with pytest.raises(InsufficientError, match="cannot redeem 9 of 'coffee': account 'm' has 8"):
        redeem(SHOP, member(coffee=8), NOW, "coffee", units=None, value=300)


def test_an_offer_is_limited_by_the_balance_and_by_what_is_due() -> None:
    holder = member(points=250)

    assert offers(Customer.of(SHOP, holder, NOW), due=None) == (
        Offer("money", "5.00 off", "points", 250, 1250, free=False),
    )
    assert offers(Customer.of(SHOP, holder, NOW), due=99_999)[0].value_max == 1250
    assert offers(Customer.of(SHOP, holder, NOW), due=1000) == (
        Offer("money", "5.00 off", "points", 200, 1000, free=False),
    )


def test_an_offer_never_takes_a_unit_that_is_worth_more_than_is_left_to_pay() -> None:
    offer = offers(Customer.of(SHOP, member(points=250), NOW), due=103)[
        0
    ]  # a point is worth 5: 21 points would be 1.05

    assert (offer.units_max, offer.value_max) == (20, 100)


@pytest.mark.parametrize(("points", "due"), [(0, None), (-10, None), (250, 0), (250, 4)])
def test_nothing_is_offered_where_nothing_could_be_redeemed(points: int, due: int | None) -> None:
    assert offers(Customer.of(SHOP, member(points=points), NOW), due=due) == ()


def test_a_whole_reward_is_offered_when_it_is_reached_and_fits() -> None:
    assert offers(Customer.of(WHOLE, member(points=350), NOW), due=500)[0].units_max == 100
    assert offers(Customer.of(WHOLE, member(points=99), NOW), due=None) == ()
    assert offers(Customer.of(WHOLE, member(points=350), NOW), due=499) == ()


_rewards = st.builds(
    Reward,
    id=st.just("money"),
    label=st.just("off"),
    unit=st.just("points"),
    units=st.integers(1, 2000),
    value=st.integers(1, 2000),
    part=st.booleans(),
)


@given(_rewards, st.integers(-10, 3000), st.none() | st.integers(0, 3000))
def test_every_offer_can_be_redeemed_as_it_was_offered_and_no_more(
    reward: Reward, balance: int, due: int | None
) -> None:
    shop = replace(SHOP, rewards=(reward,))
    holder = member(points=balance)
    for offer in offers(Customer.of(shop, holder, NOW), due=due):
        found = redeem(shop, holder, NOW, "money", units=offer.units_max, value=None)

        assert (found.units, found.value) == (offer.units_max, offer.value_max)
        assert found.value >= 1
        assert due is None or found.value <= due
        better = (offer.units_max + 1) * reward.value // reward.units
        assert (
            not reward.part or offer.units_max == balance or better == found.value or (due is not None and better > due)
        )


def test_a_full_punch_card_offers_the_cheapest_article_of_the_sale() -> None:
    lines = [line(700, "coffee", pieces=2), line(300, "coffee"), line(100, "cake")]

    offer = offers(Customer.of(SHOP, member(coffee=9), NOW), due=1100, lines=lines)[0]
    assert (offer.reward, offer.units_max, offer.value_max, offer.free) == ("coffee", 9, 300, True)


def test_a_free_article_is_offered_up_to_its_limit_and_to_what_is_due() -> None:
    full = member(coffee=12)

    assert offers(Customer.of(SHOP, full, NOW), due=None)[0].value_max == 450
    assert offers(Customer.of(SHOP, full, NOW), due=None, lines=[line(600, "coffee")])[0].value_max == 450
    assert offers(Customer.of(SHOP, full, NOW), due=200, lines=[line(600, "coffee")])[0].value_max == 200


@pytest.mark.parametrize("lines", [[line(100, "cake")], [Line("beans", 500, 300, "coffee")], [line(0, "coffee")]])
def test_a_free_article_is_not_offered_for_a_sale_without_one(lines: list[Line]) -> None:
    assert offers(Customer.of(SHOP, member(coffee=9), NOW), due=None, lines=lines) == ()


def test_the_nearest_reward_is_the_one_of_which_most_is_there() -> None:
    assert nearest(Customer.of(SHOP, member(points=50, coffee=8), NOW)) == Nearest(
        "coffee", "Coffee card", "coffee", "Coffee card", 1
    )
    assert nearest(Customer.of(SHOP, member(points=95, coffee=3), NOW)) == Nearest(
        "money", "5.00 off", "points", "points", 5
    )
    assert nearest(Customer.of(SHOP, member(), NOW)) == Nearest("money", "5.00 off", "points", "points", 100)


def test_a_debt_makes_a_reward_further_away() -> None:
    assert nearest(Customer.of(WHOLE, member(points=-20), NOW)) == Nearest("money", "5.00 off", "points", "points", 120)


def test_what_is_reached_is_not_near() -> None:
    found = nearest(Customer.of(SHOP, member(points=100, coffee=2), NOW))

    assert found is not None
    assert found.reward == "coffee"
    assert nearest(Customer.of(SHOP, member(points=100, coffee=9), NOW)) is None


_lots = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(-50, 100), st.none() | st.sampled_from(["2025-01-31", "2025-06-30"])),
)


@given(_lots, st.integers(1, 300))
def test_a_redemption_takes_what_it_says_from_lots_that_have_it(
    lots: dict[str, tuple[int, str | None]], units: int
) -> None:
    holder = _aged(**lots)
    try:
        found = redeem(SHOP, holder, NOW, "money", units=units, value=None)
    except InsufficientError:
        assert units > holder.balance("points")
        return

    check_conservation(found.postings)
    taken = {posting.lot: -posting.amount for posting in found.postings if posting.lot}
    assert sum(taken.values()) == units == found.units
    assert all(0 < amount <= lots[str(lot)][0] for lot, amount in taken.items())


def _offered(
    *tables: str, due: int | None = None, lines: tuple[Line, ...] = (), points: int = 0, coffee: int = 0
) -> list[Offer]:
    return list(
        offers(Customer.of(programme(*tables), member(points=points, coffee=coffee), NOW), due=due, lines=lines)
    )


def test_what_is_exactly_reached_is_offered_and_the_smallest_coin_is_worth_something() -> None:
    whole = MONEY.replace("part = true", "")
    off = Offer("money", "5.00 off", "points", 100, 500, free=False)
    coffee = Offer("coffee", "Coffee card", "coffee", 9, 450, free=True)

    assert _offered(POINTS, whole, points=100) == _offered(POINTS, whole, points=100, due=500) == [off]
    assert _offered(POINTS, whole, points=99) == _offered(POINTS, whole, points=100, due=499) == []
    assert _offered(COFFEE, coffee=9) == [coffee]
    assert _offered(COFFEE, coffee=9, due=1) == [replace(coffee, value_max=1)]
    penny = MONEY.replace('"5.00"', '"1.00"')
    assert _offered(POINTS, penny, points=1) == [Offer("money", "5.00 off", "points", 1, 1, free=False)]
    assert _offered(POINTS, penny, points=500, due=99)[0].units_max == 99


def test_money_is_offered_for_as_little_as_one_coin() -> None:
    gift = '[[units]]\nid = "gift"\nlabel = "gift card"\nmoney = true\n'
    held = Holder("m", Status.REGULAR, {"gift": (Lot("a@", 1),)})
    customer = Customer.of(programme(gift), held, NOW)

    assert offers(customer, due=0) == ()
    local = replace(held, lots={"gift": (Lot(f"a@{NOW.shop or 'corner'}", 1),)})
    here = replace(NOW, shop=NOW.shop or "corner")
    found = offers(Customer.of(programme(gift), local, here), due=5)
    assert found == (Offer("gift", "gift card", "gift", 1, 1, free=False),)


def test_an_article_for_units_is_offered_at_its_price_and_never_for_nothing() -> None:
    cake = '[[rewards]]\nid = "cake"\nlabel = "A cake"\ngives = "article"\nunit = "points"\nunits = 80\n'
    cake += 'value_max = "4.00"\ncategories = ["cake"]\n'

    exact = _offered(POINTS, cake, points=80, lines=(line(1, "cake"), line(900)))
    assert exact == [Offer("cake", "A cake", "points", 80, 1, free=True)]
    assert _offered(POINTS, cake, points=80, lines=(line(900, "cake"),), due=0) == []
    assert [offer.value_max for offer in _offered(POINTS, cake, points=80)] == [400]


def test_a_punch_card_pays_for_an_article_of_one_coin() -> None:
    (offer,) = _offered(COFFEE, coffee=9, lines=(line(1, "coffee"),))

    assert (offer.value_max, offer.free) == (1, True)


def test_money_off_is_redeemed_under_its_own_name_and_for_units_alone() -> None:
    found = redeem(SHOP, member(points=250), NOW, "money", units=None, value=None)

    assert found == Redemption("money", "5.00 off", "points", 100, 500, free=False, postings=found.postings)
    with pytest.raises(InvalidError, match=r"^reward 'money' is worth what its units are worth: say units, not value$"):
        redeem(SHOP, member(points=250), NOW, "money", units=None, value=500)


def test_who_is_not_registered_is_told_how_to_be() -> None:
    with pytest.raises(NotAllowedError, match=r"^account 'm' is provisional and cannot spend$") as caught:
        redeem(SHOP, member(Status.PROVISIONAL, points=250), NOW, "money", units=None, value=None)

    assert caught.value.hint == "enrol the member first: a name or a phone number will do"
