from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import NotAllowedError, ProgrammeError
from agent.journal.entry import ADJUSTED, ISSUANCE, MEMBER_PREFIX, REDEEMED, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.judging.standing import tier_of
from agent.loyalty.lots import booked, owned
from agent.loyalty.programme import Programme
from agent.loyalty.reversal import RecordedSale, Reversal, Spent, reverse
from agent.loyalty.reversal.meanwhile import Shortfall, revived, settled, worth_of
from agent.loyalty.sale import Holder, Line, Lot, Moment, Reason, Sale, Status
from agent.loyalty.spending.redeeming import redeem
from tests.loyalty.judging.test_goods import CLUB
from tests.loyalty.shops import COFFEE, GOLD, MONEY, NOW, POINTS, UNSURE, line, member, moves, programme

VOUCHER = """
[[vouchers]]
id = "treat"
label = "Treat"
value = "2.00"
[vouchers.issue]
min_amount = "5.00"
"""
PARTS = (POINTS, COFFEE, MONEY, GOLD, VOUCHER)


def shop(policy: str, more: str = "") -> Programme:
    return programme(*PARTS, f'[refunds]\nwhen_spent = "{policy}"\n{more}')


DEBT, CHARGE, WAIVE = shop("debt"), shop("charge"), shop("waive")


def sold(*lines: Line, holder: Holder | None = None, on: Programme = DEBT) -> tuple[RecordedSale, Holder]:
    """A sale, and the member after it."""
    holder = holder or member()
    judged = evaluate(on, holder, Sale(lines), NOW, lot="new")
    return RecordedSale("S", "m", lines, judged.effects, (), {}), booked(holder, judged.postings)


def spent(holder: Holder, units: int, *, on: Programme = DEBT) -> Holder:
    return booked(holder, redeem(on, holder, NOW, "money", units=units, value=None).postings)


def whole(sale: RecordedSale) -> Reversal:
    return reverse(sale, {i: item.quantity for i, item in enumerate(sale.lines)})


def test_what_is_still_there_is_taken_whatever_the_policy() -> None:
    sale, holder = sold(line(400))
    for shops in (DEBT, CHARGE, WAIVE):
        found, shortfalls = settled(shops, holder, whole(sale), NOW, waive=False)

        assert (found.money, shortfalls) == (400, ())
        assert booked(holder, found.postings).balance("points") == 0


def test_under_debt_what_is_spent_is_owed_and_said() -> None:
    sale, holder = sold(line(40_000))
    holder = spent(holder, 100)
    found, shortfalls = settled(DEBT, holder, whole(sale), NOW, waive=False)

    assert (found.money, shortfalls[0]) == (40_000, Shortfall("points", 100))
    assert found.reasons[-1] == Reason("owed", {"units": 100, "unit": "points"})
    assert booked(holder, found.postings).balance("points") == -100


def test_under_charge_what_is_spent_is_kept_from_the_money() -> None:
    sale, holder = sold(line(400), line(39_600))
    holder = spent(holder, 100)
    found, shortfalls = settled(CHARGE, holder, whole(sale), NOW, waive=False)

    assert found.money == 40_000 - 500  # 100 points were worth 5.00
    assert shortfalls[0] == Shortfall("points", 100, charged=100, value=500)
    assert booked(holder, found.postings).balance("points") == 0
    assert found.reasons[-1] == Reason("charged", {"units": 100, "unit": "points", "value": 500})
    check_conservation(found.postings)


def test_no_more_is_charged_than_the_goods_cost() -> None:
    sale, holder = sold(line(400, "coffee", pieces=4))  # four punches, each worth 0.50
    holder = booked(holder, (Posting("coffee", "account:m", -4, "punches"), Posting("coffee", REDEEMED, 4)))
    cheap = Reversal(120, (), whole(sale).postings)
    found, shortfalls = settled(CHARGE, holder, cheap, NOW, waive=False)

    assert shortfalls[0] == Shortfall("coffee", 4, charged=2, value=100)
    assert (found.money, shortfalls[0].owed) == (20, 2)


def test_other_lots_pay_before_anything_is_charged_and_old_debts_are_left_out() -> None:
    sale, holder = sold(line(10_000), holder=member(points={"old": 30}))
    holder = spent(holder, 120)  # 10 are left
    _, shortfalls = settled(CHARGE, holder, whole(sale), NOW, waive=False)
    assert shortfalls[0].units == 90

    owing = booked(holder, (Posting("points", "account:m", -50, "debt"),))
    _, shortfalls = settled(CHARGE, owing, whole(sale), NOW, waive=False)
    assert shortfalls[0].units == 100


def test_a_supervisor_lets_it_go_and_the_books_say_so() -> None:
    sale, holder = sold(line(40_000))
    holder = spent(holder, 100)
    found, shortfalls = settled(WAIVE, holder, whole(sale), NOW, waive=True)

    assert (found.money, shortfalls[0]) == (40_000, Shortfall("points", 100, waived=100))
    assert booked(holder, found.postings).balance("points") == 0
    assert [p.amount for p in found.postings if p.account == ADJUSTED] == [-100]
    assert settled(WAIVE, holder, whole(sale), NOW, waive=False)[1][0].owed == 100


@pytest.mark.parametrize("shops", [DEBT, CHARGE])
def test_nothing_is_waived_where_the_programme_does_not_say_so(shops: Programme) -> None:
    sale, holder = sold(line(40_000))

    with pytest.raises(NotAllowedError, match="what was spent is not waived here"):
        settled(shops, holder, whole(sale), NOW, waive=True)


def test_a_voucher_that_came_with_the_goods_and_is_spent_goes_by_the_policy() -> None:
    sale, holder = sold(line(1000))
    serial = next(effect.lot for effect in sale.effects if effect.unit == "treat")

    unspent, none = settled(CHARGE, holder, whole(sale), NOW, waive=False, vouchers={serial: 1})
    charged, shortfalls = settled(CHARGE, holder, whole(sale), NOW, waive=False, vouchers={serial: 0})
    owed, _ = settled(DEBT, holder, whole(sale), NOW, waive=False, vouchers={serial: 0})

    assert (unspent.money, none) == (1000, ())
    assert (charged.money, shortfalls) == (800, (Shortfall("treat", 1, charged=1, value=200),))
    assert [p for p in charged.postings if p.unit == "treat"] == []
    assert [p.amount for p in owed.postings if p.lot == serial] == [-1]


def test_tier_punches_and_limits_come_back_with_the_goods() -> None:
    limited = programme(POINTS.replace('per = "1.00"', 'per = "1.00"\nmost = { day = 300 }'), COFFEE, GOLD)
    holder = member(spend={"2024": 45_000})
    sale, after = sold(line(6_000, "coffee", pieces=2), line(100), holder=holder, on=limited)
    assert (tier_of(limited, holder, NOW), tier_of(limited, after, NOW)) == (None, limited.tiers[0])
    back = booked(after, settled(limited, after, whole(sale), NOW, waive=False)[0].postings)

    assert tier_of(limited, back, NOW) is None
    assert (back.count("earning.count", NOW.day), after.count("earning.count", NOW.day)) == (0, 61)
    assert back.balance("coffee") == 0


EXPIRING = Holder("m", Status.REGULAR, {"points": (Lot("a", 100, "2024-05-20"),)})
LATER = Moment("2024-06-01", confirmed=True)


def _paid_with_points(on: Programme) -> tuple[RecordedSale, Holder]:
    taken = redeem(on, EXPIRING, NOW, "money", units=100, value=None)
    one = Spent(taken.unit, taken.units, taken.value, taken.postings)
    return RecordedSale("S", "m", (line(1000),), (), (one,), {}), booked(EXPIRING, taken.postings)


def test_points_that_go_back_to_a_lot_past_its_day_live_on_in_one_of_their_own() -> None:
    on = shop("debt", 'returned_live = "30 days"')
    sale, holder = _paid_with_points(on)
    found, _ = settled(on, holder, whole(sale), LATER, waive=False)
    after = booked(holder, found.postings)

    assert after.lots["points"] == (Lot("a~2024-07-01", 100, "2024-07-01"),)
    assert sum(owned(after, "points", LATER).values()) == 100


@pytest.mark.parametrize(
    ("more", "moment"),
    [("", LATER), ('returned_live = "30 days"', NOW), ('returned_live = "30 days"', replace(LATER, confirmed=False))],
)
def test_without_the_rule_in_time_or_on_an_unconfirmed_clock_they_go_back_where_they_were(
    more: str, moment: Moment
) -> None:
    on = shop("debt", more)
    sale, holder = _paid_with_points(on)
    found, _ = settled(on, holder, whole(sale), moment, waive=False)

    assert moves(found.postings) == {("points", "a"): 100}


def test_what_was_taken_from_expired_lots_is_not_owed_if_it_was_there() -> None:
    on = programme(POINTS.replace('label = "points"', 'label = "points"\nexpires = "30 days"'), MONEY)
    sale, holder = sold(line(40_000), on=on)
    after = Moment("2024-09-01", confirmed=True)

    assert settled(on, holder, whole(sale), after, waive=False)[1] == ()
    partly = spent(holder, 100, on=on)
    assert settled(on, partly, whole(sale), after, waive=False)[1][0].units == 100


def test_units_are_worth_what_the_cheapest_reward_gives_for_them() -> None:
    dearer = MONEY.replace('"money"', '"more"').replace('"5.00"', '"6.00"')

    assert worth_of(programme(*PARTS, dearer), "points") == Fraction(5)
    assert worth_of(DEBT, "coffee") == Fraction(50)
    assert worth_of(programme(POINTS), "points") == 0


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ProgrammeError, match="when_spent = 'forgive' must be one of debt, charge, waive"):
        shop("forgive")


_lines = st.lists(
    st.builds(
        lambda amount, category: Line("a", 1000, amount, category),
        st.integers(0, 9000),
        st.sampled_from((None, "coffee")),
    ),
    min_size=1,
    max_size=4,
)


@given(_lines, st.integers(0, 60), st.integers(0, 100), st.integers(0, 30), st.data())
def test_no_policy_loses_or_gains(lines: list[Line], before: int, part: int, debt: int, data: st.DataObject) -> None:
    """Money and units together are the same; only who holds which differs, and postings balance."""
    sale, holder = sold(*lines, holder=member(points={"old": before, "debt": -debt}))
    units = max(holder.balance("points"), 0) * part // 100
    holder = spent(holder, units) if units else holder
    some = data.draw(st.sets(st.sampled_from(range(len(lines))), min_size=1))
    reversal = reverse(sale, dict.fromkeys(some, 1000))
    debt_way, shortfalls = settled(DEBT, holder, reversal, NOW, waive=False)
    charge_way, charged = settled(CHARGE, holder, reversal, NOW, waive=False)
    waive_way, waived = settled(WAIVE, holder, reversal, NOW, waive=True)

    for way in (debt_way, charge_way, waive_way):
        check_conservation(way.postings)
        assert 0 <= way.money <= reversal.money
    assert _held(debt_way) == _held(reversal)
    assert [s.units for s in shortfalls] == [s.units for s in charged] == [s.units for s in waived]
    kept = {s.unit: s.charged for s in charged}
    assert _units(charge_way) == {u: n + kept.get(u, 0) for u, n in _units(debt_way).items()}
    assert charge_way.money == debt_way.money - sum(s.value for s in charged)
    assert all(0 <= s.charged * worth_of(CHARGE, s.unit) - s.value < 1 for s in charged)
    let_go = {s.unit: s.waived for s in waived}
    assert _units(waive_way) == {u: n + let_go.get(u, 0) for u, n in _units(debt_way).items()}
    after = booked(holder, waive_way.postings)
    for unit in ("points", "coffee"):
        then, now = (sum(owned(one, unit, NOW).values()) for one in (holder, after))
        assert now >= min(then, 0)


def _held(reversal: Reversal) -> Counter[tuple[str, str]]:
    return Counter({key: n for key, n in moves(reversal.postings).items() if n})


def _units(reversal: Reversal) -> dict[str, int]:
    sums = dict.fromkeys(("points", "coffee", "spend"), 0)
    for posting in reversal.postings:
        if posting.account == MEMBER_PREFIX + "m" and posting.lot is not None:
            sums[posting.unit] = sums.get(posting.unit, 0) + posting.amount
    return sums


@given(_lines, st.integers(0, 40), st.permutations(range(4)), st.sampled_from((DEBT, CHARGE)))
def test_refunds_under_any_policy_fold_in_any_order(
    lines: list[Line], units: int, order: list[int], on: Programme
) -> None:
    sale, holder = sold(*lines)
    held = holder.balance("points")
    holder = spent(holder, min(units, held)) if min(units, held) else holder
    entries: list[tuple[Posting, ...]] = []
    now = holder
    for index in range(len(lines)):
        found, _ = settled(on, now, reverse(sale, {index: 1000}), NOW, waive=False)
        sale = replace(sale, returned={**sale.returned, index: 1000})
        entries.append(found.postings)
        now = booked(now, found.postings)
    shuffled = [entries[i] for i in order if i < len(entries)]

    assert _state(booked(holder, _all(shuffled))) == _state(now)


def _all(entries: Iterable[tuple[Posting, ...]]) -> tuple[Posting, ...]:
    return tuple(posting for entry in entries for posting in entry)


def _state(holder: Holder) -> set[tuple[str, str, int, str | None]]:
    return {(unit, lot.lot, lot.amount, lot.expires) for unit, held in holder.lots.items() for lot in held}


def test_an_unconfirmed_clock_takes_and_gives_like_any_other() -> None:
    sale, holder = sold(line(40_000))

    assert settled(CHARGE, spent(holder, 100), whole(sale), UNSURE, waive=False)[0].money == 39_500


def test_what_becomes_of_units_that_are_spent_is_said_in_one_order() -> None:
    assert list(Shortfall("points", 10, charged=3, value=15, waived=2).reasons()) == [
        Reason("charged", {"units": 3, "unit": "points", "value": 15}),
        Reason("waived", {"units": 2, "unit": "points"}),
        Reason("owed", {"units": 5, "unit": "points"}),
    ]
    assert list(Shortfall("points", 10, charged=10, value=50).reasons())[1:] == []


@pytest.mark.parametrize(
    ("money", "charged"), [(0, 0), (4, 0), (5, 1), (9, 1), (10, 2), (14, 2), (500, 100), (600, 100)]
)
def test_as_many_units_are_charged_as_the_money_pays_for(money: int, charged: int) -> None:
    sale, holder = sold(line(10_000))
    cheap = Reversal(money, (), whole(sale).postings)
    found, (shortfall,) = settled(CHARGE, spent(holder, 100), cheap, NOW, waive=False)

    assert (shortfall.charged, shortfall.value) == (charged, 5 * charged)
    assert found.money == money - 5 * charged


def test_what_is_charged_is_left_in_the_lots_it_was_taken_from_in_their_order() -> None:
    holder = member(points={"a": 10})
    taken = (Posting("points", ISSUANCE, 110), Posting("points", "account:m", -60, "a"))
    reversal = Reversal(350, (), (*taken, Posting("points", "account:m", -50, "b")))
    found, shortfalls = settled(CHARGE, holder, reversal, NOW, waive=False)

    assert shortfalls == (Shortfall("points", 100, charged=70, value=350),)
    assert found.postings == (Posting("points", ISSUANCE, 40), Posting("points", "account:m", -40, "b"))


def test_what_rules_count_for_themselves_and_memberships_are_never_owed() -> None:
    club = CLUB + "percent = 120\n"
    limited = programme(POINTS.replace('per = "1.00"', 'per = "1.00"\nmost = { day = 300 }'), MONEY, club)
    sale, holder = sold(line(20_000), Line("CLUB-YEAR", 1000, 4900), on=limited)
    after = replace(spent(holder, 100, on=limited), lots={**spent(holder, 100, on=limited).lots, "club": ()})

    _, shortfalls = settled(limited, after, whole(sale), NOW, waive=False)

    assert [(one.unit, one.units) for one in shortfalls] == [("points", 100)]


def test_money_that_was_paid_in_is_worth_what_it_is() -> None:
    gift = '[[units]]\nid = "gift"\nlabel = "gift card"\nmoney = true\n'

    assert worth_of(programme(*PARTS, gift), "gift") == 1
    assert worth_of(programme(*PARTS, gift), "treat") == 200


@pytest.mark.parametrize(("amount", "expires", "lot"), [(1, "2024-05-31", "a~2024-07-01"), (1, "2024-06-01", "a")])
def test_one_unit_that_goes_back_a_day_late_lives_on(amount: int, expires: str, lot: str) -> None:
    back = (Posting("points", "account:m", amount, "a", expires), Posting("points", REDEEMED, -amount))

    first, second = revived(shop("debt", 'returned_live = "30 days"'), back, LATER)
    assert (first.lot, second) == (lot, back[1])
    taken = (Posting("points", "account:m", -amount, "a", "2024-05-31"),)
    assert revived(shop("debt", 'returned_live = "30 days"'), taken, LATER) == taken


def test_who_may_not_waive_is_told_what_the_programme_would_have_to_say() -> None:
    sale, holder = sold(line(40_000))

    with pytest.raises(NotAllowedError, match=r"not waived here: the programme says 'debt'$") as caught:
        settled(DEBT, holder, whole(sale), NOW, waive=True)
    rule = '[refunds] when_spent = "waive" in the programme would allow it'
    assert caught.value.hint == f"take the goods back by the rule; {rule}"


def test_a_voucher_past_its_last_day_does_not_live_on() -> None:
    back = (Posting("treat", "vouchers:8Q92FH5J", 1, "J01DR3NQK8N", "2024-05-01"),)

    assert revived(shop("debt", 'returned_live = "30 days"'), back, LATER) == back


def test_units_of_several_kinds_are_charged_one_after_the_other() -> None:
    sale, holder = sold(line(40_000, "coffee", pieces=4))
    gone = (Posting("coffee", "account:m", -4, "punches"), Posting("coffee", REDEEMED, 4))
    found, shortfalls = settled(CHARGE, booked(spent(holder, 100), gone), whole(sale), NOW, waive=False)

    assert shortfalls == (
        Shortfall("coffee", 4, charged=4, value=200),
        Shortfall("points", 100, charged=100, value=500),
    )
    assert found.money == 40_000 - 700
    assert moves(found.postings)["points", "new"] == -300
    assert ("coffee", "punches") not in moves(found.postings)
    check_conservation(found.postings)
