from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InsufficientError, InvalidError, NotAllowedError, ProgrammeError
from agent.journal.fold import check_conservation
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.reversal import RecordedSale, Spent, reverse
from agent.loyalty.sale import Holder, Judgement, Line, Lot, Moment, Reason, Redeemed, Sale, Status
from agent.loyalty.spending.credit import check_loads, credited, in_money, issued_here, issued_in
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import Offer, offers
from agent.loyalty.spending.redeeming import Redemption, check_on, redeem
from tests.loyalty.shops import GOLD, MONEY, POINTS, line, member, moves, programme

GIFT = """
[[units]]
id = "gift"
label = "gift card"
money = true
[[gift_cards]]
id = "gift-card-sold"
unit = "gift"
categories = ["gift-card"]
"""
EVERYTHING = POINTS.replace('exclude = ["gift-card"]', "")
SHOP = programme(EVERYTHING, GIFT, MONEY, GOLD)
HERE = Moment("2024-05-01", confirmed=True, shop="corner")
THERE = Moment("2024-05-01", confirmed=True, shop="station")


def _sell(*lines: Line, redeemed: tuple[Redeemed, ...] = (), shop: str = "") -> Judgement:
    terms = programme(EVERYTHING, GIFT.replace("money = true", f"money = true\n{shop}"), MONEY, GOLD)
    return evaluate(terms, member(), Sale(lines, redeemed), HERE, lot="new")


def _pay(holder: Holder, units: int | None, moment: Moment = HERE) -> Redemption:
    return redeem(SHOP, holder, moment, "gift", units=units, value=None)


def _card(*lots: Lot, status: Status = Status.REGULAR) -> Holder:
    return Holder("m", status, {"gift": lots})


def test_a_gift_card_is_loaded_with_what_it_costs_and_earns_nothing() -> None:
    judged = _sell(line(5000, "gift-card"))

    assert moves(judged.postings) == {("gift", "new@corner"): 5000}
    assert Reason("loaded", {"label": "gift card", "amount": 5000}) in [effect.reason for effect in judged.effects]


def test_goods_beside_a_gift_card_earn_as_ever() -> None:
    judged = _sell(line(5000, "gift-card"), line(1000))

    assert moves(judged.postings) == {("gift", "new@corner"): 5000, ("points", "new"): 10, ("spend", "2024"): 1000}


def test_what_is_loaded_lasts_as_long_as_its_unit_says() -> None:
    judged = _sell(line(5000, "gift-card"), shop='expires = "1 year"')

    assert [effect.expires for effect in judged.effects if effect.unit == "gift"] == ["2025-05-01"]


def test_a_gift_card_pays_exactly_what_it_is_in_the_shop_that_issued_it() -> None:
    holder = _card(Lot("a@corner", 5000))

    assert offers(Customer.of(SHOP, holder, HERE), due=1234) == (
        Offer("gift", "gift card", "gift", 1234, 1234, free=False),
    )
    found = _pay(holder, 1234)
    assert (found.units, found.value, found.free) == (1234, 1234, False)
    assert moves(found.postings) == {("gift", "a@corner"): -1234}


def test_elsewhere_it_is_neither_offered_nor_taken() -> None:
    holder = _card(Lot("a@corner", 5000), Lot("b@station+2024-05-01", 300))

    assert [offer.units_max for offer in offers(Customer.of(SHOP, holder, THERE), due=None)] == [300]
    with pytest.raises(NotAllowedError, match="only 300 of 'gift' was issued in shop 'station', not 301") as caught:
        _pay(holder, 301, THERE)
    assert "headquarters" in caught.value.hint
    assert _pay(holder, 300, THERE).value == 300


def test_more_than_there_is_anywhere_is_refused_with_what_there_is() -> None:
    with pytest.raises(InsufficientError, match="cannot redeem 501 of 'gift': account 'm' has 500"):
        _pay(_card(Lot("a@corner", 500)), 501)


@pytest.mark.parametrize("units", [None, 0, -1])
def test_how_much_pays_has_to_be_said(units: int | None) -> None:
    with pytest.raises(InvalidError, match="say how much of 'gift' pays"):
        _pay(_card(Lot("a@corner", 500)), units)


def test_whoever_has_the_card_may_spend_it_unless_it_is_blocked() -> None:
    assert _pay(_card(Lot("a@corner", 500), status=Status.PROVISIONAL), 500).value == 500
    assert offers(Customer.of(SHOP, _card(Lot("a@corner", 500), status=Status.PROVISIONAL), HERE), due=None)
    with pytest.raises(NotAllowedError, match="account 'm' is blocked"):
        _pay(_card(Lot("a@corner", 500), status=Status.BLOCKED), 500)


def test_what_a_gift_card_pays_for_earns_nothing_unless_the_programme_says_so() -> None:
    plain, earning = (Redeemed("r", "gift", "gift", 600, 600, earns=earns) for earns in (False, True))

    assert moves(_sell(line(1000), redeemed=(plain,)).postings)["points", "new"] == 4
    assert moves(_sell(line(1000), redeemed=(earning,)).postings)["points", "new"] == 10


def test_points_pay_for_goods_and_never_for_gift_cards() -> None:
    lines = [line(5000, "gift-card"), line(300)]
    holder = replace(member(points=5000), lots={"points": (Lot("old", 5000),), "gift": (Lot("a@corner", 900),)})

    assert [offer.value_max for offer in offers(Customer.of(SHOP, holder, HERE), due=5300, lines=lines)] == [300, 300]
    assert offers(Customer.of(SHOP, holder, HERE), due=5000, lines=lines[:1]) == ()
    with pytest.raises(NotAllowedError, match="redemptions worth 305 are more than the 300 that the goods cost"):
        check_on(SHOP, [Redeemed("r", "money", "points", 61, 305)], lines)


def test_a_gift_card_is_not_sold_to_nobody_nor_to_a_blocked_account() -> None:
    lines = (line(5000, "gift-card"),)

    check_loads(SHOP, None, (line(300),))
    check_loads(SHOP, member(Status.PROVISIONAL), lines)
    with pytest.raises(NotAllowedError, match="no card was shown"):
        check_loads(SHOP, None, lines)
    with pytest.raises(NotAllowedError, match="is blocked and cannot be loaded"):
        check_loads(SHOP, member(Status.BLOCKED), lines)


def test_credit_is_a_lot_of_this_shop() -> None:
    postings = credited(SHOP.unit("gift"), "m", 700, HERE, lot="refund")

    check_conservation(postings)
    assert moves(postings) == {("gift", "refund@corner"): 700}
    assert issued_in("refund@corner") == "corner"
    assert issued_in("refund") is None


def test_a_reason_that_counts_money_says_an_amount() -> None:
    found = in_money(SHOP, Reason("returned", {"units": 700, "unit": "gift"}))

    assert found == Reason("returned_money", {"label": "gift card", "amount": 700})
    assert in_money(SHOP, Reason("returned", {"units": 7, "unit": "points"})).code == "returned"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('categories = ["gift-card"]', "", "name none, so nothing is loaded"),
        ('unit = "gift"', 'unit = "points"', "unit names 'points', which is not in the programme .known: gift"),
        ("money = true", 'money = true\npolicy = "open"', "one of online, shop"),
        ("money = true", "earns = true", "unknown key 'earns'"),
    ],
)
def test_a_gift_card_that_cannot_be_meant_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(POINTS, GIFT.replace(old, new))


def test_money_is_not_earned() -> None:
    with pytest.raises(ProgrammeError, match="'earning': unit 'gift' is money"):
        programme(POINTS.replace('unit = "points"', 'unit = "gift"'), GIFT)


@given(st.integers(0, 5000), st.integers(0, 3000), st.integers(0, 3000), st.permutations([0, 1, 2]))
def test_giving_everything_back_restores_goods_cards_and_what_paid(
    load: int, first: int, second: int, order: list[int]
) -> None:
    lines = (line(load, "gift-card"), line(first), line(second))
    worth = (first + second) // 2
    holder = _card(Lot("a@corner", worth))
    redeemed: tuple[Redeemed, ...] = ()
    spent: tuple[Spent, ...] = ()
    if worth:
        paid = _pay(holder, worth)
        redeemed = (Redeemed("r", "gift", "gift", paid.units, paid.value),)
        spent = (Spent("gift", paid.units, paid.value, paid.postings),)
    judged = evaluate(SHOP, holder, Sale(lines, redeemed), HERE, lot="new")
    check_conservation(judged.postings)
    sold = RecordedSale("S", "m", lines, judged.effects, spent, {}, SHOP.loads(lines))
    left = dict(moves([*judged.postings, *(posting for one in spent for posting in one.postings)]))
    money = 0
    for index in order:
        back = reverse(sold, {index: 1000})
        assert back.money >= (load if index == 0 else 0)
        sold = replace(sold, returned={**sold.returned, index: 1000})
        money += back.money
        for key, amount in moves(back.postings).items():
            left[key] = left.get(key, 0) + amount

    assert money == load + first + second - worth
    assert not any(left.values())


def test_who_sells_a_gift_card_to_nobody_is_told_what_to_do() -> None:
    lines = (line(5000, "gift-card"),)

    with pytest.raises(
        NotAllowedError, match=r"^a gift card is loaded into an account, and no card was shown$"
    ) as none:
        check_loads(SHOP, None, lines)
    with pytest.raises(NotAllowedError, match=r"^account 'm' is blocked and cannot be loaded$") as blocked:
        check_loads(SHOP, member(Status.BLOCKED), lines)
    assert (none.value.hint, blocked.value.hint) == ("read a card first", "take another card")


def test_money_that_was_issued_elsewhere_counts_once_headquarters_was_asked() -> None:
    holder = _card(Lot("a@corner", 500))
    asked = redeem(SHOP, holder, THERE, "gift", units=500, value=None, anywhere=True)

    assert asked == Redemption("gift", "gift card", "gift", 500, 500, free=False, postings=asked.postings)
    assert moves(asked.postings) == {("gift", "a@corner"): -500}
    with pytest.raises(NotAllowedError, match="only 0 of 'gift' was issued in shop 'station', not 500") as caught:
        _pay(holder, 500, THERE)
    assert caught.value.hint == "this till asks no headquarters, which would have to agree"
    with pytest.raises(InvalidError, match=r"^'gift' is worth what it is: say units, not value$"):
        redeem(SHOP, holder, HERE, "gift", units=None, value=500)


def test_money_of_a_shop_is_spent_where_it_is_from() -> None:
    own = programme(EVERYTHING, GIFT.replace("money = true", 'money = true\npolicy = "shop"'))

    with pytest.raises(NotAllowedError) as caught:
        redeem(own, _card(Lot("a@corner", 500)), THERE, "gift", units=1, value=None)
    assert caught.value.hint == "spend it where it is from"


def test_who_holds_no_money_has_none_here_and_a_debt_counts_anywhere() -> None:
    unit = SHOP.unit("gift")

    assert issued_here(unit, member(), HERE).lots == {"gift": ()}
    held = _card(Lot("a@corner", 1), Lot("b@station", 1), Lot("c@station", 0), Lot("d@station", -4))
    assert issued_here(unit, held, HERE).lots["gift"] == (Lot("a@corner", 1), Lot("d@station", -4))


def test_credit_expires_with_its_unit() -> None:
    lasting = programme(EVERYTHING, GIFT.replace("money = true", 'money = true\nexpires = "1 year"'))

    assert [posting.expires for posting in credited(lasting.unit("gift"), "m", 7, HERE, lot="r")] == [
        None,
        "2025-05-01",
    ]
