from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme.rules.earning import Stacking
from agent.loyalty.reversal import RecordedSale, reverse
from agent.loyalty.sale import Discount, Holder, Judgement, Line, Missed, Reason, Redeemed, Sale, Status
from agent.loyalty.spending.discounts import as_paid
from tests.loyalty.shops import GOLD, NOW, POINTS, line, member, moves, programme

BULK = """
[[discounts]]
id = "bulk"
label = "Bulk"
categories = ["beans"]
steps = [{ pieces = 10, percent = 5 }, { pieces = 50, percent = 8 }]
"""
MEMBERS = """
[[discounts]]
id = "members"
label = "Members' price"
categories = ["beans"]
price = "9.50"
"""
OFF = """
[[discounts]]
id = "off"
label = "0.50 off"
articles = ["article"]
off = "0.50"
"""
SHOP = programme(POINTS, BULK)


def _judge(*lines: Line, shop: str = BULK, holder: Holder | None = None) -> Judgement:
    return evaluate(programme(POINTS, GOLD, shop), holder or member(), Sale(lines), NOW, lot="new")


def test_from_ten_pieces_on_each_costs_five_percent_less() -> None:
    found = _judge(line(6000, "beans", pieces=6), line(4000, "beans", pieces=4), line(300, "cake"))

    assert found.discounts == (Discount("bulk", "Bulk", ((0, 300), (1, 200))),)
    assert Reason("discount", {"label": "Bulk", "amount": 500}) in [effect.reason for effect in found.effects]


def test_the_highest_step_that_is_reached_counts() -> None:
    assert _judge(line(50_000, "beans", pieces=50)).discounts[0].amount == 4000


def test_a_step_that_is_not_reached_says_how_many_pieces_are_missing() -> None:
    found = _judge(line(7000, "beans", pieces=7))

    assert found.discounts == ()
    assert Missed("bulk", Reason("min_pieces", {"pieces": 10, "more": 3})) in found.missed


def test_a_volume_may_be_an_amount_of_money() -> None:
    shop = BULK.replace("pieces = 10", 'amount = "100.00"').replace("pieces = 50", 'amount = "500.00"')

    assert _judge(line(10_000, "beans"), shop=shop).discounts[0].amount == 500
    assert (
        Missed("bulk", Reason("min_amount", {"amount": 10_000, "missing": 1}))
        in _judge(line(9999, "beans"), shop=shop).missed
    )


def test_a_price_for_members_holds_for_each_piece_and_never_raises_one() -> None:
    found = _judge(line(2000, "beans", pieces=2), line(900, "beans"), shop=MEMBERS)

    assert found.discounts == (Discount("members", "Members' price", ((0, 100),)),)


def test_a_price_for_members_holds_for_part_of_a_piece_and_rounds_what_is_taken_off_downwards() -> None:
    found = _judge(Line("loose", 333, 400, "beans"), shop=MEMBERS)  # 333 g at 9.50: 3.1635

    assert found.discounts[0].amount == 83


def test_a_fixed_discount_is_taken_off_each_whole_piece_and_never_more_than_it_costs() -> None:
    assert _judge(line(300, pieces=3), shop=OFF).discounts[0].lines == ((0, 150),)
    assert _judge(line(90, pieces=3), shop=OFF).discounts[0].lines == ((0, 90),)


def test_a_price_may_be_for_a_tier_alone() -> None:
    shop = MEMBERS + 'tiers = ["gold"]\n'

    assert _judge(line(1000, "beans"), shop=shop, holder=member(spend={"2024": 50_000})).discounts[0].amount == 50
    assert Missed("members", Reason("only_tiers", {"tiers": "Gold"})) in _judge(line(1000, "beans"), shop=shop).missed


@pytest.mark.parametrize("status", [Status.PROVISIONAL, Status.BLOCKED])
def test_a_card_that_nobody_registered_or_that_is_blocked_costs_nobody_less(status: Status) -> None:
    assert _judge(line(1000, "beans"), shop=MEMBERS, holder=member(status)).discounts == ()


def test_nobody_unknown_pays_less() -> None:
    assert evaluate(SHOP, None, Sale((line(10_000, "beans", pieces=10),)), NOW, lot="new").discounts == ()


def test_of_two_discounts_on_a_line_the_one_that_takes_more_off_counts_and_the_other_says_so() -> None:
    found = _judge(line(10_000, "beans", pieces=10), shop=BULK + MEMBERS)  # 5 % and 0.50 of 10.00 are alike

    assert [discount.rule for discount in found.discounts] == ["bulk"]
    assert Missed("members", Reason("another_discount")) in found.missed
    dear = _judge(line(12_000, "beans", pieces=10), shop=BULK + MEMBERS)
    assert [(discount.rule, discount.amount) for discount in dear.discounts] == [("members", 2500)]


def test_the_best_discount_is_found_line_by_line() -> None:
    found = _judge(line(9600, "beans", pieces=10), line(2000, "beans"), shop=BULK + MEMBERS)

    assert [(discount.rule, discount.lines) for discount in found.discounts] == [
        ("bulk", ((0, 480),)),
        ("members", ((1, 1050),)),
    ]
    assert {missed.rule for missed in found.missed if missed.reason.code == "another_discount"} == {"bulk", "members"}


def test_discounts_may_be_added_and_never_go_below_nothing() -> None:
    shop = BULK + MEMBERS + OFF.replace('articles = ["article"]\noff = "0.50"', "percent = 100")
    adding = replace(programme(POINTS, shop), discount_stacking=Stacking.ADD)
    found = evaluate(adding, member(), Sale((line(10_000, "beans", pieces=10),)), NOW, lot="new")

    assert [(discount.rule, discount.amount) for discount in found.discounts] == [
        ("bulk", 500),
        ("members", 500),
        ("off", 9000),
    ]


def test_what_is_discounted_earns_on_what_is_paid() -> None:
    found = _judge(line(10_000, "beans", pieces=10))

    assert {effect.unit: effect.amount for effect in found.effects if effect.amount} == {"points": 95, "spend": 9500}


def test_what_units_pay_for_is_taken_from_what_the_sale_costs_after_discounts() -> None:
    sale = Sale((line(10_000, "beans", pieces=10),), (Redeemed("r", "money", "points", 900, 9000),))
    found = evaluate(SHOP, member(), sale, NOW, lot="new")

    assert [effect.amount for effect in found.effects if effect.unit == "points"] == [5]  # 95.00 less 90.00


def test_a_refund_gives_back_what_was_paid() -> None:
    lines = (line(6000, "beans", pieces=6), line(4000, "beans", pieces=4))
    judged = evaluate(SHOP, member(), Sale(lines), NOW, lot="new")
    sold = RecordedSale("S", "m", as_paid(lines, judged.discounts), judged.effects, (), {})

    back = reverse(sold, {0: 3000})

    assert back.money == 2850
    assert moves(back.postings) == {("points", "new"): -29}  # 95 were earned, 66 are left


def test_the_tax_in_a_line_shrinks_with_what_it_costs() -> None:
    assert as_paid([line(1200, tax=200)], [Discount("d", "D", ((0, 600),))]) == (line(600, tax=100),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('price = "9.50"', "", "one of percent, off, price says what is taken off, not 0 of them"),
        ('price = "9.50"', 'price = "9.50"\npercent = 5', "not 2 of them"),
        ('price = "9.50"', "percent = 101", "from 1 to 100"),
        ('price = "9.50"', "steps = [{ pieces = 9, percent = 9 }, { pieces = 5, percent = 5 }]", "steps must rise"),
        ('price = "9.50"', "steps = [{ pieces = 9, percent = 9, top = 1 }]", "unknown key 'top'"),
        ('price = "9.50"', 'price = "9.50"\ntiers = ["silver"]', "names 'silver'"),
    ],
)
def test_a_discount_that_cannot_be_meant_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(POINTS, MEMBERS.replace(old, new))


_lines = st.lists(
    st.builds(
        Line,
        article=st.sampled_from(["article", "other"]),
        quantity=st.integers(1, 12_000),
        amount=st.integers(0, 20_000),
        category=st.sampled_from(["beans", "cake", None]),
    ),
    min_size=1,
    max_size=6,
)


@given(_lines, st.sampled_from(Stacking), st.integers(1, 100))
def test_no_discount_exceeds_its_line_and_a_percentage_loses_nobody_a_cent(
    lines: list[Line], stacking: Stacking, percent: int
) -> None:
    every = OFF.replace('articles = ["article"]\noff = "0.50"', f"percent = {percent}").replace('"off"', '"every"')
    shop = replace(programme(POINTS, every, BULK, MEMBERS, OFF), discount_stacking=stacking)
    judged = evaluate(shop, member(), Sale(tuple(lines)), NOW, lot="new")

    paid = as_paid(lines, judged.discounts)
    assert all(0 <= after.amount <= before.amount for before, after in zip(lines, paid, strict=True))
    assert sum(before.amount - after.amount for before, after in zip(lines, paid, strict=True)) == sum(
        discount.amount for discount in judged.discounts
    )
    alone = evaluate(programme(POINTS, every), member(), Sale(tuple(lines)), NOW, lot="new").discounts
    assert sum(discount.amount for discount in alone) == sum(one.amount for one in lines) * percent // 100


@given(_lines)
def test_giving_everything_back_gives_back_what_was_paid_and_leaves_nothing(lines: list[Line]) -> None:
    judged = evaluate(programme(POINTS, BULK, MEMBERS, OFF), member(), Sale(tuple(lines)), NOW, lot="new")
    paid = as_paid(lines, judged.discounts)
    sold = RecordedSale("S", "m", paid, judged.effects, (), {})
    money, left = 0, dict(moves(judged.postings))
    for index, one in enumerate(lines):
        back = reverse(sold, {index: one.quantity})
        sold = replace(sold, returned={**sold.returned, index: one.quantity})
        money += back.money
        for key, amount in moves(back.postings).items():
            left[key] += amount

    assert money == sum(one.amount for one in paid)
    assert not any(left.values())


def test_why_nothing_is_taken_off_is_said() -> None:
    unregistered = _judge(line(1000, "beans"), shop=MEMBERS, holder=member(Status.PROVISIONAL))

    assert Missed("members", Reason("only_registered")) in unregistered.missed
    assert Missed("members", Reason("no_such_article")) in _judge(line(1000, "cake"), shop=MEMBERS).missed
    monday = MEMBERS + 'weekdays = ["mon"]\n'
    assert (
        Missed("members", Reason("only_weekdays", {"weekdays": "mon"}))
        in _judge(line(1000, "beans"), shop=monday).missed
    )
