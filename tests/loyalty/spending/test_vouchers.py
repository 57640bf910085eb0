from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InvalidError, NotAllowedError, ProgrammeError
from agent.journal.codes import Serial, kind_tag, shop_tag
from agent.journal.entry import ISSUANCE, REDEEMED, VOUCHERS_PREFIX, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.reversal import RecordedSale, Spent, reverse
from agent.loyalty.sale import Effect, Holder, Judgement, Line, Missed, Moment, Reason, Redeemed, Sale, Status
from agent.loyalty.spending.customer import Customer
from agent.loyalty.spending.offering import offers
from agent.loyalty.spending.redeeming import Redemption, check_on, redeem
from agent.loyalty.spending.vouchers import issue, kind_of, new_serial, renewed, spend
from tests.loyalty.shops import MONEY, POINTS, line, member, moves, programme

FIVE = """
[[vouchers]]
id = "five"
label = "5.00 off"
value = "5.00"
expires = "30 days"
min_amount = "20.00"
exclude = ["gift-card"]
issue = { min_amount = "50.00", exclude = ["gift-card"] }
"""
TENTH = """
[[vouchers]]
id = "tenth"
label = "10 % off"
percent = 10
most = "8.00"
reach = "shop"
hours = "08:00-12:00"
"""
FOR_POINTS = """
[[rewards]]
id = "five-for-points"
label = "Voucher of 5.00"
gives = "voucher"
unit = "points"
units = 100
voucher = "five"
"""
SHOP = programme(POINTS, MONEY, FOR_POINTS, FIVE, TENTH)
KIND = SHOP.vouchers[0]
CORNER = shop_tag("corner")
HERE = Moment("2024-05-01", confirmed=True, time="09:00", shop="corner")
SERIAL = new_serial(KIND, HERE, lot="entry")


def _sell(*lines: Line, holder: Holder | None = None, redeemed: tuple[Redeemed, ...] = ()) -> Judgement:
    return evaluate(SHOP, holder or member(), Sale(lines, redeemed), HERE, lot="entry")


def _issued(judged: Judgement) -> list[Effect]:
    return [effect for effect in judged.effects if effect.unit == "five"]


def test_a_sale_that_is_large_enough_gives_a_voucher() -> None:
    judged = _sell(line(5000))

    assert SERIAL.last_day == "2024-05-31"
    own = Posting("five", VOUCHERS_PREFIX + CORNER, 1, str(SERIAL), "2024-05-31")
    assert set(judged.postings) >= {Posting("five", ISSUANCE, -1), own}
    assert [effect.reason for effect in _issued(judged)] == [Reason("voucher_issued", {"label": "5.00 off"})]


def test_a_smaller_one_says_what_is_missing() -> None:
    judged = _sell(line(4500), line(9000, "gift-card"))

    assert _issued(judged) == []
    assert Missed("five", Reason("min_amount", {"amount": 5000, "missing": 500})) in judged.missed


def test_what_units_paid_for_counts_towards_no_voucher() -> None:
    paid = Redeemed("r", "money", "points", 1, 1)

    assert _issued(_sell(line(5000), redeemed=(paid,))) == []


def test_a_card_that_nobody_registered_gets_none() -> None:
    judged = _sell(line(5000), holder=member(Status.PROVISIONAL))

    assert Missed("five", Reason("only_registered")) in judged.missed


def test_one_entry_issues_one_voucher_of_a_kind_and_another_entry_another() -> None:
    assert new_serial(KIND, HERE, lot="entry") == SERIAL
    assert new_serial(KIND, HERE, lot="other") != SERIAL
    assert new_serial(SHOP.vouchers[1], HERE, lot="entry").kind == kind_tag("tenth")


def test_on_a_clock_nobody_confirmed_a_voucher_has_no_last_day() -> None:
    assert new_serial(KIND, replace(HERE, confirmed=False), lot="entry").last_day is None


def test_units_buy_a_voucher_that_is_worth_nothing_yet() -> None:
    offer = next(
        offer for offer in offers(Customer.of(SHOP, member(points=150), HERE), due=None) if offer.unit == "points"
    )
    found = redeem(SHOP, member(points=150), HERE, "five-for-points", units=None, value=None)

    assert offer.reward == "money"
    assert [
        one.value_max for one in offers(Customer.of(SHOP, member(points=150), HERE), due=100) if "five" in one.reward
    ] == [0]
    assert (found.units, found.value, found.voucher) == (100, 0, "five")
    assert moves(found.postings) == {("points", "old"): -100}
    with pytest.raises(InvalidError, match="gives a voucher, which is worth nothing now"):
        redeem(SHOP, member(points=150), HERE, "five-for-points", units=None, value=500)


def test_a_voucher_is_spent_once_for_what_it_is_worth() -> None:
    found = spend(KIND, SERIAL, CORNER, HERE, value=None)

    assert (found.reward, found.unit, found.units, found.value) == ("five", "five", 1, 500)
    assert found.postings == (
        Posting("five", VOUCHERS_PREFIX + CORNER, -1, str(SERIAL), "2024-05-31"),
        Posting("five", REDEEMED, 1),
    )
    assert spend(KIND, SERIAL, CORNER, HERE, value=300).value == 300


@pytest.mark.parametrize("value", [0, -1, 501])
def test_a_voucher_is_worth_no_more_than_it_says(value: int) -> None:
    with pytest.raises(InvalidError, match=f"worth 1 to 500: say what as value, not {value}"):
        spend(KIND, SERIAL, CORNER, HERE, value=value)


def test_a_percentage_has_to_say_what_it_comes_to() -> None:
    tenth = SHOP.vouchers[1]

    assert spend(tenth, new_serial(tenth, HERE, lot="a"), CORNER, HERE, value=120).value == 120
    with pytest.raises(InvalidError, match="worth 1 to 800: say what as value, not None"):
        spend(tenth, new_serial(tenth, HERE, lot="a"), CORNER, HERE, value=None)


def test_a_voucher_counts_until_its_last_day_on_a_clock_that_is_confirmed() -> None:
    last, over = replace(HERE, day="2024-05-31"), replace(HERE, day="2024-06-01")

    assert spend(KIND, SERIAL, CORNER, last, value=None).value == 500
    assert spend(KIND, SERIAL, CORNER, replace(over, confirmed=False), value=None).value == 500
    with pytest.raises(NotAllowedError, match="counted until 2024-05-31, today is 2024-06-01"):
        spend(KIND, SERIAL, CORNER, over, value=None)


def test_a_voucher_of_a_shop_counts_nowhere_else_and_one_of_the_chain_does() -> None:
    there = replace(HERE, shop="station")
    tenth = SHOP.vouchers[1]

    assert spend(KIND, SERIAL, CORNER, there, value=None).value == 500
    with pytest.raises(NotAllowedError, match="counts in the shop that issued it"):
        spend(tenth, new_serial(tenth, HERE, lot="a"), CORNER, there, value=100)


def test_a_voucher_may_count_at_some_hours_only() -> None:
    tenth = SHOP.vouchers[1]

    with pytest.raises(NotAllowedError, match="does not count now: only_hours"):
        spend(tenth, new_serial(tenth, HERE, lot="a"), CORNER, replace(HERE, time="12:00"), value=100)


def test_a_voucher_that_the_sale_is_too_small_for_is_refused_with_the_sale() -> None:
    redeemed = [Redeemed("r", "five", "five", 1, 500)]

    check_on(SHOP, redeemed, [line(2000)])
    with pytest.raises(NotAllowedError, match="reward 'five' gives 0 at most"):
        check_on(SHOP, redeemed, [line(1999), line(5000, "gift-card")])


def test_a_kind_that_the_programme_has_no_more_is_refused() -> None:
    assert kind_of(SHOP, SERIAL) is KIND
    with pytest.raises(NotAllowedError, match="has no voucher of this kind"):
        kind_of(programme(POINTS), SERIAL)


def test_a_voucher_that_comes_back_has_a_new_serial_and_everything_else_is_as_it_was() -> None:
    found = spend(KIND, SERIAL, CORNER, HERE, value=None)
    sale = RecordedSale("S", None, (line(2000),), (), (Spent("five", 1, 500, found.postings),), {})
    back = reverse(sale, {0: 1000})
    postings = tuple(renewed(SHOP, back.postings, HERE, lot="refund"))

    check_conservation(postings)
    assert back.money == 1500
    (own,) = [posting for posting in postings if posting.lot is not None]
    assert (own.account, own.amount) == (VOUCHERS_PREFIX + CORNER, 1)
    assert own.lot != str(SERIAL)
    assert Serial.read(str(own.lot)).kind == kind_tag("five")


def test_part_of_a_sale_gives_no_voucher_back() -> None:
    found = spend(KIND, SERIAL, CORNER, HERE, value=None)
    sale = RecordedSale("S", None, (line(2000, pieces=2),), (), (Spent("five", 1, 500, found.postings),), {})

    back = reverse(sale, {0: 1000})

    assert (back.money, back.postings) == (750, ())


def test_a_sale_that_comes_back_whole_takes_its_voucher_with_it() -> None:
    judged = _sell(line(5000))
    sold = RecordedSale("S", "m", (line(5000),), judged.effects, (), {})
    postings = tuple(renewed(SHOP, reverse(sold, {0: 1000}).postings, HERE, lot="refund"))

    own = Posting("five", VOUCHERS_PREFIX + CORNER, -1, str(SERIAL), "2024-05-31")
    assert own in postings


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('value = "5.00"', "", "key 'value' is missing"),
        ("percent = 10", "percent = 101", "from 1 to 100"),
        ('most = "8.00"', "", "key 'most' is missing"),
        ('reach = "shop"', 'reach = "street"', "one of shop, chain"),
        ('voucher = "five"', 'voucher = "ten"', "voucher names 'ten', which is not in the programme"),
        ('min_amount = "20.00"', "first_sale = true", "a voucher is its bearer's"),
        ("issue = { ", "issue = { every = 2, ", "unknown key 'every'"),
        ('id = "tenth"', 'id = "five"', "is used 2 times"),
    ],
)
def test_a_voucher_that_cannot_be_meant_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(POINTS, (FIVE + TENTH + FOR_POINTS).replace(old, new))


def test_two_kinds_whose_codes_would_be_alike_are_refused() -> None:
    first: dict[int, str] = {}
    for number in range(2000):
        name = f"v{number}"
        if (other := first.setdefault(kind_tag(name), name)) != name:
            break
    alike = FIVE.replace('"five"', f'"{name}"') + FIVE.replace('"five"', f'"{other}"')

    with pytest.raises(ProgrammeError, match="have codes alike: rename one"):
        programme(POINTS, alike)


@given(st.integers(1, 8000), st.integers(1, 4), st.permutations([0, 1]))
def test_giving_everything_back_restores_everything_but_the_serial(amount: int, pieces: int, order: list[int]) -> None:
    lines = (line(amount + 2000, pieces=pieces), line(amount))
    found = spend(KIND, SERIAL, CORNER, HERE, value=None)
    spent = (Spent("five", 1, 500, found.postings),)
    judged = evaluate(SHOP, member(), Sale(lines, (Redeemed("r", "five", "five", 1, 500),)), HERE, lot="sale")
    sold = RecordedSale("S", "m", lines, judged.effects, spent, {})
    postings, money = [*issue(KIND, HERE, lot="entry"), *found.postings, *judged.postings], 0
    for index in order:
        back = reverse(sold, {index: lines[index].quantity})
        sold = replace(sold, returned={**sold.returned, index: lines[index].quantity})
        postings += renewed(SHOP, back.postings, HERE, lot=f"refund-{index}")
        money += back.money

    check_conservation(postings)
    assert money == sum(one.amount for one in lines) - 500
    held: dict[str, int] = {}
    for posting in postings:
        if posting.account.startswith(VOUCHERS_PREFIX):
            held[str(posting.lot)] = held.get(str(posting.lot), 0) + posting.amount
    assert held[str(SERIAL)] == 0
    assert sorted(amount for amount in held.values() if amount) == [1]
    assert not moves(postings)


def test_what_a_voucher_gives_is_told_with_its_label_and_nothing_of_it_is_free() -> None:
    postings = spend(KIND, SERIAL, CORNER, HERE, value=None).postings

    expected = Redemption("five", "5.00 off", "five", 1, 1, free=False, postings=postings)
    assert spend(KIND, SERIAL, CORNER, HERE, value=1) == expected
    assert expected.free is spend(KIND, SERIAL, CORNER, HERE, value=1).free is False


def test_a_voucher_that_is_issued_by_itself_lasts_as_long_as_any() -> None:
    assert issue(KIND, HERE, lot="entry") == (
        Posting("five", ISSUANCE, -1),
        Posting("five", VOUCHERS_PREFIX + CORNER, 1, str(SERIAL), "2024-05-31"),
    )


def test_of_several_vouchers_that_come_back_each_has_a_serial_of_its_own() -> None:
    own = Posting("five", VOUCHERS_PREFIX + CORNER, 1, str(SERIAL), "2024-05-31")
    found = list(renewed(SHOP, (own, own, Posting("five", REDEEMED, -2)), HERE, lot="refund"))

    serials = [str(new_serial(KIND, HERE, lot=f"refund/{number}")) for number in (0, 1)]
    assert [posting.lot for posting in found] == [*serials, None]
    assert [posting.expires for posting in found] == ["2024-05-31", "2024-05-31", None]
    assert len({str(SERIAL), *serials}) == 3


def test_a_kind_that_is_gone_is_refused_with_where_it_may_be_from() -> None:
    with pytest.raises(NotAllowedError, match="has no voucher of this kind") as caught:
        kind_of(programme(POINTS), SERIAL)

    assert caught.value.hint == "it is of another programme"


def test_a_kind_that_no_sale_gives_stops_no_other() -> None:
    shop = programme(POINTS, TENTH, FIVE)
    judged = evaluate(shop, member(), Sale((line(5000),)), HERE, lot="entry")

    assert [effect.rule for effect in judged.effects if effect.reason.code == "voucher_issued"] == ["five"]


def test_a_sale_without_what_a_voucher_is_given_for_says_so() -> None:
    shop = programme(POINTS, FIVE.replace('min_amount = "50.00", exclude', 'categories = ["tea"], exclude'))

    missed = evaluate(shop, member(), Sale((line(5000),)), HERE, lot="entry").missed
    assert Missed("five", Reason("no_such_article")) in missed
