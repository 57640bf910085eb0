from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import InvalidError
from agent.journal.entry import MEMBER_PREFIX, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.lots import booked
from agent.loyalty.reversal import RecordedSale, Reversal, Spent, reverse, undo_redemption, without_receipt
from agent.loyalty.sale import Holder, Line, Lot, Redeemed, Sale, Status
from agent.loyalty.spending.redeeming import redeem
from tests.loyalty.shops import COFFEE, GOLD, MONEY, NOW, POINTS, UNSURE, line, member, moves, programme

SHOP = programme(POINTS, COFFEE, MONEY, GOLD)  # 100 points are 5.00


def _sold(*lines: Line, spent: tuple[Spent, ...] = (), holder: Holder | None = None) -> RecordedSale:
    """The sale as the ledger would have it, judged by SHOP."""
    paid = tuple(Redeemed(f"r{i}", "money", one.unit, one.units, one.value) for i, one in enumerate(spent))
    judgement = evaluate(SHOP, holder or member(), Sale(lines, paid), NOW, lot="new")
    return RecordedSale("receipt-1", "m", lines, judgement.effects, spent, {})


def _spent(units: int, holder: Holder) -> Spent:
    found = redeem(SHOP, holder, NOW, "money", units=units, value=None)
    return Spent(found.unit, found.units, found.value, found.postings)


def test_a_line_that_comes_back_takes_its_points_its_spend_and_its_money() -> None:
    found = reverse(_sold(line(399), line(1250)), {1: 1000})

    assert found.money == 1250
    assert moves(found.postings) == {("points", "new"): -13, ("spend", "2024"): -1250}  # 3 of the 16 points stay
    assert [dict(reason.numbers) for reason in found.reasons] == [
        {"units": 13, "unit": "points"},
        {"units": 1250, "unit": "spend"},
    ]


def test_the_rest_coming_back_later_leaves_nothing() -> None:
    sold = _sold(line(399), line(1250))
    found = reverse(replace(sold, returned={1: 1000}), {0: 1000})

    assert (found.money, moves(found.postings)) == (399, {("points", "new"): -3, ("spend", "2024"): -399})


def test_part_of_a_line_takes_its_part() -> None:
    sold = _sold(line(1000, pieces=3))
    thirds = [reverse(replace(sold, returned={0: done} if done else {}), {0: 1000}).money for done in (0, 1000, 2000)]

    assert thirds == [333, 333, 334]


def test_an_excluded_line_gives_money_back_and_takes_no_points() -> None:
    found = reverse(_sold(line(1000), line(2500, "gift-card")), {1: 1000})

    assert (found.money, found.postings, found.reasons) == (2500, (), ())


def test_a_line_that_cost_nothing_comes_back_for_nothing() -> None:
    sold = _sold(line(0), line(0), line(500))

    assert reverse(sold, {0: 1000, 1: 1000}) == Reversal(0, (), ())
    assert reverse(_sold(line(0)), {0: 1000}) == Reversal(0, (), ())


def test_punches_come_back_by_the_piece() -> None:
    sold = _sold(line(700, "coffee", pieces=2), line(350, "coffee"))
    found = reverse(sold, {0: 1000})

    assert moves(found.postings)["coffee", "punches"] == -1


def test_a_punch_for_a_coffee_that_cost_nothing_comes_back_too() -> None:
    found = reverse(_sold(line(0, "coffee", pieces=3)), {0: 2000})

    assert (found.money, moves(found.postings)) == (0, {("coffee", "punches"): -2})


def test_what_was_redeemed_goes_back_to_the_lots_it_came_from() -> None:
    spent = _spent(100, member(points={"a": 30, "b": 50, "c": 60}))  # 30, 50 and 20 of them
    sold = _sold(line(399), line(1250), spent=(spent,))
    first = reverse(sold, {1: 1000})  # 1250 of 1649: 75 of the 100 units, 379 of the 500
    rest = reverse(replace(sold, returned={1: 1000}), {0: 1000})

    assert (first.money, rest.money) == (871, 278)  # 11.49 were paid
    assert moves(first.postings) == {
        ("points", "new"): -9,  # 11 were earned, 11 * 399 // 1649 = 2 stay
        ("spend", "2024"): -871,  # 1149 counted, 1149 * 399 // 1649 = 278 stay
        ("points", "a"): 30,
        ("points", "b"): 45,
    }
    assert {key: amount for key, amount in moves(rest.postings).items() if key[1] in "abc"} == {
        ("points", "b"): 5,
        ("points", "c"): 20,
    }


def test_lots_get_back_their_own_last_day() -> None:
    holder = Holder("m", Status.REGULAR, {"points": (Lot("a", 40, "2024-06-30"), Lot("b", 80, None))})
    spent = _spent(100, holder)

    back = [(posting.lot, posting.amount, posting.expires) for posting in undo_redemption(spent) if posting.lot]
    assert back == [("a", 40, "2024-06-30"), ("b", 60, None)]


def test_several_redemptions_never_make_a_refund_cost_money() -> None:
    holder = member(points={"a": 300})
    lines = tuple(line(5) for _ in range(10))
    spent = tuple(_spent(3, holder) for _ in range(3))  # three times 0.15 of 0.50
    sold = _sold(*lines, spent=spent)
    given = [reverse(replace(sold, returned=dict.fromkeys(range(i), 1000)), {i: 1000}).money for i in range(10)]

    assert sum(given) == 5
    assert min(given) >= 0


def test_points_spent_meanwhile_become_a_debt_in_their_own_lot() -> None:
    found = reverse(_sold(line(1000)), {0: 1000})

    assert found.postings[1] == Posting("points", "account:m", -10, "new")


def test_an_anonymous_sale_gives_its_money_back_and_moves_nothing() -> None:
    sold = RecordedSale("receipt-1", None, (line(500),), (), (), {})

    assert reverse(sold, {0: 1000}) == Reversal(500, (), ())


@pytest.mark.parametrize(
    ("returned", "quantities", "message"),
    [
        ({}, {2: 1000}, "sale 'receipt-1' has lines 0 to 1, not 2"),
        ({}, {-1: 1000}, "has lines 0 to 1, not -1"),
        ({}, {0: 1001}, "cannot take back 1001 thousandths of line 0 of sale 'receipt-1': 1000 are left"),
        ({0: 400}, {0: 601}, "600 are left"),
        ({0: 1000}, {0: 1}, "0 are left"),
        ({}, {0: 0}, "cannot take back 0 thousandths"),
        ({}, {0: -1}, "cannot take back -1 thousandths"),
        ({}, {1: 1000, 0: 2**63}, "cannot take back 9223372036854775808 thousandths"),
    ],
)
def test_more_than_is_left_of_a_line_is_refused(
    returned: dict[int, int], quantities: dict[int, int], message: str
) -> None:
    with pytest.raises(InvalidError, match=message):
        reverse(replace(_sold(line(100), line(200)), returned=returned), quantities)


def test_undoing_a_redemption_puts_every_unit_back() -> None:
    spent = _spent(100, member(points={"a": 30, "b": 90}))
    back = undo_redemption(spent)

    check_conservation(back)
    assert moves((*spent.postings, *back)) == {}


def test_without_a_receipt_the_member_loses_what_the_goods_would_earn() -> None:
    lines = (line(1250), line(2500, "gift-card"), line(700, "coffee", pieces=2))
    found = without_receipt(SHOP, "m", lines, NOW, lot="refund")

    check_conservation(found.postings)
    assert found.money == 4450
    assert moves(found.postings) == {
        ("points", "refund"): -19,
        ("spend", "2024"): -1950,
        ("coffee", "punches"): -2,
    }
    assert [reason.code for reason in found.reasons] == ["reversed"] * 3


def test_without_a_receipt_the_ordinary_rate_is_taken_back_on_any_clock() -> None:
    found = without_receipt(SHOP, "m", (line(1000),), UNSURE, lot="refund")

    assert moves(found.postings)["points", "refund"] == -10


def test_without_a_receipt_points_are_kept_where_the_programme_says_so() -> None:
    kind = programme(POINTS, GOLD, '[refunds]\nwithout_receipt = "keep"\n')

    assert without_receipt(kind, "m", (line(1000),), NOW, lot="refund") == Reversal(1000, (), ())


def test_without_a_receipt_and_without_a_card_only_money_counts() -> None:
    assert without_receipt(SHOP, None, (line(1000),), NOW, lot="refund") == Reversal(1000, (), ())


def test_without_a_receipt_goods_that_earn_nothing_take_nothing() -> None:
    found = without_receipt(SHOP, "m", (line(99), line(0)), NOW, lot="refund")

    assert moves(found.postings) == {("spend", "2024"): -99}


@dataclass
class Account:
    """The member's lots while a sale and its refunds go by, as the ledger would add them up."""

    lots: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, postings: tuple[Posting, ...]) -> None:
        check_conservation(postings)
        for posting in postings:
            if posting.lot is not None:
                assert posting.account == MEMBER_PREFIX + "m"
                self.lots[posting.unit, posting.lot] += posting.amount

    def holder(self) -> Holder:
        held: dict[str, tuple[Lot, ...]] = {}
        for (unit, lot), amount in self.lots.items():
            held[unit] = (*held.get(unit, ()), Lot(lot, amount))
        return Holder("m", Status.REGULAR, held)

    def left(self) -> dict[tuple[str, str], int]:
        return {key: amount for key, amount in self.lots.items() if amount}


_line = st.builds(
    lambda amount, quantity, category: Line("a", quantity, amount, category),
    st.integers(0, 5000) | st.just(0),
    st.integers(1, 4000) | st.sampled_from([1000, 3000]),
    st.sampled_from([None, "coffee", "gift-card"]),
)


@st.composite
def _days(draw: st.DrawFn) -> tuple[RecordedSale, Account, dict[tuple[str, str], int], int]:
    """A sale partly paid by up to three redemptions: the sale, the account after it, its lots before, what was paid."""
    account = Account()
    for lot in "abc":
        account.lots["points", lot] = draw(st.integers(0, 30))
    account.lots["spend", "2024"] = draw(st.sampled_from([0, 49_000, 60_000]))
    before = account.left()
    lines = tuple(draw(st.lists(_line, min_size=1, max_size=4)))
    total = sum(item.amount for item in lines)
    spent: list[Spent] = []
    paid: list[Redeemed] = []
    for i, units in enumerate(draw(st.lists(st.integers(1, 40), max_size=3))):
        value = units * 5
        if units <= account.holder().balance("points") and value <= total - sum(one.value for one in spent):
            one = _spent(units, account.holder())
            account.add(one.postings)
            spent.append(one)
            paid.append(Redeemed(f"r{i}", "money", one.unit, one.units, one.value))
    judgement = evaluate(SHOP, account.holder(), Sale(lines, tuple(paid)), NOW, lot="new")
    account.add(judgement.postings)
    sold = RecordedSale("s", "m", lines, judgement.effects, tuple(spent), {})
    return sold, account, before, total - sum(one.value for one in spent)


def _refund_all(data: st.DataObject, sold: RecordedSale, account: Account) -> list[int]:
    """Bring everything back in some order and some portions; what each refund gave back."""
    given: list[int] = []
    while left := {
        i: item.quantity - sold.returned.get(i, 0)
        for i, item in enumerate(sold.lines)
        if item.quantity > sold.returned.get(i, 0)
    }:
        some = data.draw(st.sets(st.sampled_from(sorted(left)), min_size=1))
        portion = {i: data.draw(st.integers(max(1, left[i] // 3), left[i])) for i in sorted(some)}
        found = reverse(sold, portion)
        account.add(found.postings)
        given.append(found.money)
        sold = replace(sold, returned={**sold.returned, **{i: sold.returned.get(i, 0) + q for i, q in portion.items()}})
    return given


def _check_a_day(day: tuple[RecordedSale, Account, dict[tuple[str, str], int], int], data: st.DataObject) -> None:
    sold, account, before, paid = day
    given = _refund_all(data, sold, account)

    assert account.left() == before
    assert sum(given) == paid
    assert min(given) >= 0


@settings(max_examples=40)
@given(_days(), st.data())
def test_refunding_everything_in_any_order_restores_everything(
    day: tuple[RecordedSale, Account, dict[tuple[str, str], int], int], data: st.DataObject
) -> None:
    _check_a_day(day, data)


@pytest.mark.timeout(900)
@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(_days(), st.data())
def test_refunding_everything_restores_everything_in_thousands_of_ways(
    day: tuple[RecordedSale, Account, dict[tuple[str, str], int], int], data: st.DataObject
) -> None:
    _check_a_day(day, data)


@given(_days(), st.data())
def test_one_refund_of_much_is_worth_the_same_as_many_of_little(
    day: tuple[RecordedSale, Account, dict[tuple[str, str], int], int], data: st.DataObject
) -> None:
    sold, at_once, _, _ = day
    in_steps = Account(Counter(at_once.lots))
    portion = {i: data.draw(st.integers(1, item.quantity)) for i, item in enumerate(sold.lines)}
    whole = reverse(sold, portion)
    at_once.add(whole.postings)
    money, returned = 0, dict[int, int]()
    for i in data.draw(st.permutations(sorted(portion))):
        step = reverse(replace(sold, returned=dict(returned)), {i: portion[i]})
        in_steps.add(step.postings)
        money, returned = money + step.money, {**returned, i: portion[i]}

    assert (whole.money, at_once.left()) == (money, in_steps.left())


def test_goods_returned_and_bought_anew_do_not_meet_a_challenge_twice() -> None:
    dare = """
[[challenges]]
id = "dare"
label = "Dare"
unit = "points"
give = 100
counted = "pieces"
goal = 2
within = "month"
times = 5
categories = ["cake"]
"""
    on, holder = programme(POINTS, dare), member()
    sales: dict[str, RecordedSale] = {}
    for name in ("first", "second", "third"):
        judged = evaluate(on, holder, Sale((line(50, "cake"),)), NOW, lot=name)
        sales[name] = RecordedSale(name, "m", (line(50, "cake"),), judged.effects, (), {})
        holder = booked(holder, judged.postings)
        if name == "second":
            assert holder.balance("points") == 100
            holder = booked(holder, reverse(sales["first"], {0: 1000}).postings)

    assert holder.balance("points") == 100  # two cakes were kept
    for name in ("second", "third"):
        holder = booked(holder, reverse(sales[name], {0: 1000}).postings)
    assert {unit: held for unit, held in holder.lots.items() if held} == {}
