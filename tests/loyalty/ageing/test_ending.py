from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ProgrammeError
from agent.journal.entry import EXPIRED, Posting
from agent.journal.fold import check_conservation
from agent.loyalty.ageing.ending import Ending, endings_of, expire, expiry_notices, messages_due
from agent.loyalty.lots import booked, owned, spendable
from agent.loyalty.sale import Holder, Lot, Moment, Status
from tests.loyalty.shops import POINTS, programme

SHOP = programme(
    POINTS.replace('label = "points"', 'label = "points"\nexpires = "1 year"\nnotices = [60, 30, 7]'),
    '[[memberships]]\nid = "club"\nlabel = "Club"\narticle = "CLUB"\nprice = "9.00"\nterm = "1 year"\n',
)
MAY = Moment("2024-05-01", confirmed=True)
UNSURE = Moment("2024-05-01", confirmed=False)


def holding(*lots: Lot, unit: str = "points") -> Holder:
    return Holder("m", Status.REGULAR, {unit: lots})


def test_what_is_past_its_last_day_goes_to_expired() -> None:
    holder = holding(Lot("a", 40, "2024-04-30"), Lot("b", 30, "2024-05-01"), Lot("c", 5))
    postings = expire(SHOP, holder, MAY)

    check_conservation(postings)
    assert [p for p in postings if p.unit == "points"] == [
        Posting("points", "account:m", -40, "a", "2024-04-30"),
        Posting("points", EXPIRED, 40),
    ]
    assert booked(holder, postings).balance("points") == 35


def test_nothing_expires_on_a_clock_that_headquarters_has_not_confirmed() -> None:
    assert expire(SHOP, holding(Lot("a", 40, "2020-01-01")), UNSURE) == ()


def test_a_membership_is_no_breakage_and_a_debt_does_not_expire() -> None:
    assert expire(SHOP, holding(Lot("c", 1, "2024-01-01"), unit="club"), MAY) == ()
    assert expire(SHOP, holding(Lot("a", -40, "2024-01-01")), MAY) == ()


def test_expiring_twice_changes_nothing_more() -> None:
    holder = booked(holding(Lot("a", 40, "2024-04-30")), expire(SHOP, holding(Lot("a", 40, "2024-04-30")), MAY))

    assert expire(SHOP, holder, MAY) == ()


def test_goods_that_come_back_after_their_points_expired_leave_no_debt() -> None:
    held = holding(Lot("a", 40, "2024-04-30"))
    holder = booked(held, (*expire(SHOP, held, MAY), Posting("points", "account:m", -40, "a", "2024-04-30")))

    assert spendable(holder, MAY).balance("points") == sum(owned(holder, "points", MAY).values()) == 0
    settled = booked(holder, expire(SHOP, holder, MAY))
    assert [lots for lots in settled.lots.values() if lots] == []


def test_what_was_spent_before_the_rest_expired_is_still_owed() -> None:
    held = holding(Lot("a", 30, "2024-04-30"))  # 40 were earned, 10 spent
    holder = booked(held, (*expire(SHOP, held, MAY), Posting("points", "account:m", -40, "a", "2024-04-30")))

    assert spendable(holder, MAY).balance("points") == -10
    assert booked(holder, expire(SHOP, holder, MAY)).balance("points") == -10


_lots = st.lists(
    st.builds(
        Lot,
        st.sampled_from("abc"),
        st.integers(-50, 50).filter(bool),
        st.sampled_from(("2024-04-30", "2024-05-01", None)),
    ),
    unique_by=lambda lot: lot.lot,
)


@given(_lots, st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 60))), st.randoms(use_true_random=False))
def test_refunds_and_expiry_agree_whoever_was_first(
    lots: list[Lot], taken: list[tuple[str, int]], order: st.DataObject
) -> None:
    """What is expired before, between or after refunds leaves the same to spend."""
    days = {lot.lot: lot.expires for lot in lots}
    refunds = [(Posting("points", "account:m", -units, lot, days[lot]),) for lot, units in taken if lot in days]
    first = holding(*lots)
    entries = [*refunds, expire(SHOP, first, MAY)]
    order.shuffle(entries)  # type: ignore[attr-defined]  # it is a random.Random
    mixed = first
    for entry in entries:
        mixed = booked(mixed, entry)
    late = first
    for entry in refunds:
        late = booked(late, entry)
    at_last = booked(late, expire(SHOP, late, MAY))
    mixed = booked(mixed, expire(SHOP, mixed, MAY))

    assert mixed.balance("points") == at_last.balance("points") == sum(owned(mixed, "points", MAY).values())
    assert owned(at_last, "points", MAY) == owned(late, "points", MAY)


def test_endings_are_summed_by_day() -> None:
    holder = holding(Lot("a", 4, "2024-06-30"), Lot("b", 3, "2024-05-31"), Lot("c", 2, "2024-06-30"), Lot("d", 9))

    assert endings_of(SHOP, holder, MAY) == (Ending("points", 3, "2024-05-31"), Ending("points", 6, "2024-06-30"))
    assert endings_of(SHOP, holder, UNSURE) == ()


@pytest.mark.parametrize(("day", "told"), [("2024-05-01", 0), ("2024-05-02", 1), ("2024-07-01", 1), ("2024-07-02", 0)])
def test_the_till_tells_of_units_once_their_longest_notice_has_begun(day: str, told: int) -> None:
    holder = holding(Lot("a", 120, "2024-07-01"), Lot("b", 7, "2024-09-01"))
    found = list(expiry_notices(SHOP, holder, Moment(day, confirmed=True)))

    assert len(found) == told
    assert all(dict(n.numbers) == {"units": 120, "unit": "points", "until": "2024-07-01"} for n in found)


def test_each_notice_is_written_once_and_a_day_nobody_asked_on_is_made_good() -> None:
    holder = holding(Lot("a", 120, "2024-07-01"))  # notices on 2 May, 1 June and 24 June
    asked = ["2024-05-01", "2024-05-02", "2024-05-03", "2024-06-05", "2024-06-23", "2024-06-24", "2024-07-01"]
    written = [
        day for since, day in pairwise(asked) if messages_due(SHOP, holder, Moment(day, confirmed=True), since=since)
    ]

    assert written == ["2024-05-02", "2024-06-05", "2024-06-24"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("notices = [30]", "notices says when members are told, and nothing of it ever goes"),
        ('expires = "1 year"\nnotices = [0]', "must be a list of whole numbers from 1 to 366"),
        ('money = true\ninactive = "1 year"', "inactive would take money that was paid in"),
    ],
)
def test_notices_of_nothing_and_forfeited_money_are_refused(keys: str, message: str) -> None:
    with pytest.raises(ProgrammeError, match=message):
        programme(f'[[units]]\nid = "points"\nlabel = "points"\n{keys}\n')


def test_a_single_unit_ends_and_is_told_of_and_none_is_not() -> None:
    one, none = Lot("a", 1, "2024-04-30"), Lot("b", 0, "2024-04-30")

    assert [posting.amount for posting in expire(SHOP, holding(one, none), MAY) if posting.lot == "a"] == [-1, 1]
    assert expire(SHOP, holding(none), MAY) == ()
    ending = holding(Lot("a", 1, "2024-06-30"), Lot("b", 0, "2024-07-31"))
    assert endings_of(SHOP, ending, MAY) == (Ending("points", 1, "2024-06-30"),)


def test_what_nobody_is_told_of_is_not_told_and_each_unit_is_told_of_by_itself() -> None:
    stars = '[[units]]\nid = "{0}"\nlabel = "{0}"\nexpires = "1 year"\n'
    shop = programme(POINTS, stars.format("stars") + "notices = [5]\n", stars.format("quiet"))
    near = (Lot("a", 4, "2024-05-05"), Lot("b", 3, "2024-05-06"))
    held = Holder("m", Status.REGULAR, {"stars": near, "quiet": near, "points": near})
    moment = Moment("2024-05-05", confirmed=True)

    told = [dict(notice.numbers) for notice in expiry_notices(shop, held, moment)]
    assert {"units": 4, "unit": "stars", "until": "2024-05-05"} in told
    assert [notice["unit"] for notice in told].count("stars") == 1
    assert messages_due(shop, held, moment, since="2024-04-30") == (Ending("stars", 3, "2024-05-06"),)
    last = (Lot("c", 2, "2024-05-10"),)
    due = Holder("m", Status.REGULAR, {"stars": last, "quiet": last})
    assert messages_due(shop, due, moment, since="2024-05-04") == (Ending("stars", 2, "2024-05-10"),)


def test_an_ending_is_written_of_on_its_very_day_too() -> None:
    shop = programme(POINTS.replace('label = "points"', 'label = "points"\nexpires = "1 year"\nnotices = [1]'))
    held = holding(Lot("a", 5, "2024-05-02"))

    assert messages_due(shop, held, Moment("2024-05-02", confirmed=True), since="2024-04-30") != ()
    assert messages_due(shop, held, Moment("2024-05-03", confirmed=True), since="2024-04-30") == ()
