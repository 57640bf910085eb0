from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.counter import EnrolAsk, RedeemAsk, RefundLine, SaleAnswer, SaleAsk, UndoAsk
from agent.errors import InsufficientError, InvalidError, NotAllowedError, OpConflictError, UnknownError
from agent.journal.entry import Entry
from agent.loyalty.sale import Discount
from tests.counter.shops import BY, NEXT_CARD, Shop, line, open_shop
from tests.loyalty.shops import MONEY, POINTS, programme


def sell(shop: Shop, op: str, amount: int = 1530, *, account: str | None = None) -> SaleAnswer:
    return shop.counter.sell(SaleAsk(op, (line(amount),), account), by=BY)


def entry(shop: Shop, op: str) -> Entry:
    recorded = shop.ledger.find(op)
    assert recorded is not None
    return recorded.entry


def test_a_sale_earns_by_the_programme_and_says_why(shop: Shop) -> None:
    account = shop.member().account

    answer = sell(shop, "S-1", 1530, account=account)

    assert (answer.total, answer.due, answer.currency) == (1530, 1530, "EUR")
    assert [effect.reason.code for effect in answer.effects] == ["points_for_amount", "counts_for_tier"]
    assert answer.member is not None
    assert answer.member.balances["points"] == 15
    assert shop.balances(account)["points"] == 15


def test_what_an_excluded_tender_pays_earns_nothing_and_stands_in_the_entry(tmp_path: Path) -> None:
    text = POINTS.replace("give = 1", 'give = 1\nexclude_tenders = ["meal-voucher"]')
    with open_shop(tmp_path, programme=programme(text)) as shop:
        account = shop.member().account
        ask = SaleAsk("S-1", (line(1500),), account, tenders={"meal-voucher": 1000, "cash": 500})
        answer = shop.counter.sell(ask, by=BY)

        assert answer.effects[0].amount == 5
        assert entry(shop, "S-1").body["tenders"] == {"meal-voucher": 1000, "cash": 500}
        with pytest.raises(OpConflictError):
            shop.counter.sell(SaleAsk("S-1", (line(1500),), account, tenders={"cash": 1500}), by=BY)
        with pytest.raises(InvalidError, match="tenders of 1600 are more than the sale of 1500"):
            shop.counter.preview(SaleAsk("S-2", (line(1500),), account, tenders={"cash": 1600}))


def test_a_birthday_is_read_from_the_sealed_profile_and_stands_in_no_entry(tmp_path: Path) -> None:
    multiplier = '[[multipliers]]\nid = "cake"\nlabel = "Cake day"\npercent = 300\nbirthday = "day"\n'
    with open_shop(tmp_path, programme=programme(POINTS, multiplier)) as shop:
        ask = EnrolAsk("E-1", name="Ana Pop", birthday="1990-05-01")
        account = shop.counter.enrol(ask, by=BY).account

        def points(op: str, day: str) -> int:
            sold = SaleAsk(op, (line(1000),), account, sold_at=f"{day}T10:00:00")
            return sum(effect.amount for effect in shop.counter.sell(sold, by=BY).effects if effect.unit == "points")

        assert (points("S-1", "2024-05-01"), points("S-2", "2024-05-02")) == (30, 10)
        assert "1990" not in str(entry(shop, "S-1").to_map())


def test_an_anonymous_sale_is_recorded_and_earns_nothing(shop: Shop) -> None:
    answer = sell(shop, "S-1")

    assert answer.entry is not None
    assert answer.member is None
    assert [effect.reason.code for effect in answer.effects] == ["no_member"]
    assert entry(shop, "S-1").postings == ()


def test_a_preview_records_nothing_and_says_what_the_sale_will_say(shop: Shop) -> None:
    account = shop.member(coffees=4).account
    ask = SaleAsk("S-1", (line(2500), line(300, "coffee")), account)
    before = shop.entries

    previewed = shop.counter.preview(ask)

    assert shop.entries == before
    assert previewed.entry is None
    sold = shop.counter.sell(ask, by=BY)
    assert (previewed.total, previewed.due) == (sold.total, sold.due)
    assert [effect.amount for effect in previewed.effects] == [effect.amount for effect in sold.effects]
    assert previewed.member is not None
    assert sold.member is not None
    assert previewed.member.balances == sold.member.balances


def test_the_entry_of_a_sale_names_who_caused_it_and_the_programme_that_judged_it(shop: Shop) -> None:
    shop.counter.sell(SaleAsk("S-1", (line(100),), staff="7"), by="checkout-2")

    recorded = entry(shop, "S-1")
    assert (recorded.by, recorded.staff) == ("checkout-2", "7")
    assert recorded.programme == shop.counter.require_programme().version


def test_the_shop_s_time_is_kept_and_decides_the_business_day(shop: Shop) -> None:
    shop.counter.sell(SaleAsk("S-1", (line(100),), sold_at="2010-12-01T08:26:00"), by=BY)

    recorded = entry(shop, "S-1")
    assert recorded.day == "2010-12-01"
    assert recorded.body["sold_at"] == "2010-12-01T08:26:00"


def test_a_sale_repeated_answers_what_was_recorded(shop: Shop) -> None:
    account = shop.member().account
    first = sell(shop, "S-1", account=account)
    before = shop.entries

    again = sell(shop, "S-1", account=account)

    assert again.repeated
    assert (again.entry, again.total, again.due, again.effects) == (first.entry, first.total, first.due, first.effects)
    assert again.member == first.member
    assert shop.entries == before


@pytest.mark.parametrize(
    "other",
    [
        SaleAsk("S-1", (line(101),)),
        SaleAsk("S-1", (line(100, "coffee"),)),
        SaleAsk("S-1", (line(100), line(0))),
        SaleAsk("S-1", (line(100),), sold_at="2024-05-01T10:00:00"),
        SaleAsk("S-1", (line(100),), staff="7"),
    ],
)
def test_the_op_of_a_sale_with_other_content_is_refused(shop: Shop, other: SaleAsk) -> None:
    shop.sell("S-1", line(100))
    before = shop.entries

    with pytest.raises(OpConflictError):
        shop.counter.sell(other, by=BY)

    assert shop.entries == before


def test_the_op_of_a_sale_for_another_member_is_refused(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(100), account=account)

    for other in (shop.identify(NEXT_CARD).account, None):
        with pytest.raises(OpConflictError):
            shop.sell("S-1", line(100), account=other)


def test_a_sale_for_an_account_that_is_not_there_is_refused_whole(shop: Shop) -> None:
    before = shop.entries

    with pytest.raises(UnknownError) as refused:
        shop.sell("S-1", line(100), account="4c2snobodynobody")

    assert "4c2snobodynobody" not in str(refused.value)
    assert shop.entries == before


def test_a_card_of_another_account_is_refused(shop: Shop) -> None:
    account = shop.member().account
    card = shop.identify(NEXT_CARD).card

    with pytest.raises(InvalidError):
        shop.counter.sell(SaleAsk("S-1", (line(100),), account, card), by=BY)
    with pytest.raises(UnknownError):
        shop.counter.sell(SaleAsk("S-1", (line(100),), account, "nocard"), by=BY)


def test_the_card_that_was_used_stands_in_the_entry(shop: Shop) -> None:
    shop.member()
    seen = shop.identify()

    shop.counter.sell(SaleAsk("S-1", (line(100),), seen.account, seen.card), by=BY)

    assert entry(shop, "S-1").body["card"] == seen.card


def test_a_sale_without_lines_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidError):
        shop.counter.sell(SaleAsk("S-1", ()), by=BY)


def test_a_redemption_makes_the_sale_that_names_it_cheaper(shop: Shop) -> None:
    account = shop.member(points=120).account

    assert shop.redeem("R-1", account, units=100) == 500
    assert shop.balances(account)["points"] == 20
    assert shop.sell("S-1", line(2000), account=account, redemptions=("R-1",)) == 1500
    assert shop.balances(account)["points"] == 20 + 15  # what was paid with points earns none


def test_part_of_a_reward_may_be_redeemed(shop: Shop) -> None:
    account = shop.member(points=7).account

    assert shop.redeem("R-1", account, units=7) == 35
    assert shop.balances(account)["points"] == 0


def test_without_units_one_whole_reward_is_redeemed(shop: Shop) -> None:
    account = shop.member(points=120).account

    assert shop.redeem("R-1", account) == 500


def test_a_full_punch_card_gives_an_article_at_its_price(shop: Shop) -> None:
    account = shop.member(coffees=10).account

    assert shop.redeem("R-1", account, "coffee") == 300
    assert shop.sell("S-1", line(300, "coffee"), account=account, redemptions=("R-1",)) == 0
    assert shop.balances(account)["coffee"] == 1  # ten punched, nine taken, the free one is not punched


def test_more_than_the_balance_is_not_redeemed(shop: Shop) -> None:
    account = shop.member(points=99).account
    before = shop.entries

    with pytest.raises(InsufficientError) as refused:
        shop.redeem("R-1", account)

    assert "100" in str(refused.value)
    assert "99" in refused.value.hint
    assert shop.entries == before


def test_a_reward_that_is_not_there_is_refused(shop: Shop) -> None:
    account = shop.member(points=100).account

    with pytest.raises(UnknownError) as refused:
        shop.redeem("R-1", account, "trip")

    assert "money" in str(refused.value)


def test_a_redemption_is_used_by_one_sale_only(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account)
    shop.sell("S-1", line(500), account=account, redemptions=("R-1",))

    with pytest.raises(NotAllowedError):
        shop.sell("S-2", line(500), account=account, redemptions=("R-1",))


def test_a_sale_with_its_redemption_may_be_repeated(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account)
    shop.sell("S-1", line(500), account=account, redemptions=("R-1",))

    assert shop.sell("S-1", line(500), account=account, redemptions=("R-1",)) == 0


def test_a_redemption_of_somebody_else_pays_nothing(shop: Shop) -> None:
    account = shop.member(points=100).account
    other = shop.member(NEXT_CARD, "Ion Altul").account
    shop.redeem("R-1", account)

    for buyer in (other, None):
        with pytest.raises(NotAllowedError):
            shop.sell("S-1", line(500), account=buyer, redemptions=("R-1",))


def test_a_redemption_that_never_was_is_refused(shop: Shop) -> None:
    account = shop.member().account

    with pytest.raises(UnknownError):
        shop.sell("S-1", line(500), account=account, redemptions=("R-1",))


def test_redemptions_worth_more_than_the_sale_are_refused(shop: Shop) -> None:
    account = shop.member(points=100).account
    shop.redeem("R-1", account)

    with pytest.raises(InvalidError):
        shop.sell("S-1", line(499), account=account, redemptions=("R-1",))


def test_a_redemption_repeated_takes_units_once(shop: Shop) -> None:
    account = shop.member(points=150).account
    ask = RedeemAsk("R-1", account, "money")
    first = shop.counter.redeem(ask, by=BY)

    again = shop.counter.redeem(ask, by=BY)

    assert again.repeated
    assert (again.entry, again.units, again.value) == (first.entry, 100, 500)
    assert shop.balances(account)["points"] == 50


def test_the_op_of_a_redemption_with_other_content_is_refused(shop: Shop) -> None:
    account = shop.member(points=150).account
    shop.redeem("R-1", account, units=10)

    with pytest.raises(OpConflictError):
        shop.redeem("R-1", account, units=11)
    with pytest.raises(OpConflictError):
        shop.sell("R-1", line(100), account=account)


def test_offers_are_limited_to_what_is_due(shop: Shop) -> None:
    account = shop.member(points=150).account

    answer = shop.counter.preview(SaleAsk("S-1", (line(200),), account))

    assert answer.member is not None
    assert [(offer.units_max, offer.value_max) for offer in answer.member.offers] == [(40, 200)]


def test_a_sale_leaves_one_slip_and_a_repetition_none(shop: Shop) -> None:
    shop.sell("S-1", line(100))
    shop.sell("S-1", line(100))

    with shop.ledger.reading() as conn:
        assert conn.execute("SELECT count(*) FROM slip").fetchone()[0] == 1


BULK = """
[[discounts]]
id = "bulk"
label = "Bulk"
steps = [{ pieces = 10, percent = 5 }]
"""
TENTH = """
[[rewards]]
id = "tenth"
label = "10 % off"
gives = "percent"
unit = "points"
units = 50
percent = 10
most = "20.00"
"""


@pytest.fixture
def discounter(tmp_path: Path) -> Iterator[Shop]:
    """A shop with bulk discounts, and a percentage for points."""
    with open_shop(tmp_path, programme=programme(POINTS, MONEY, BULK, TENTH)) as shop:
        yield shop


def test_what_is_due_is_less_by_the_discounts_in_preview_sale_and_repetition(discounter: Shop) -> None:
    ask = SaleAsk("S-1", (line(10_000, pieces=10),), discounter.member().account)

    previewed = discounter.counter.preview(ask)
    sold = discounter.counter.sell(ask, by=BY)
    again = discounter.counter.sell(ask, by=BY)

    assert (sold.total, sold.due, sold.discounts) == (10_000, 9500, (Discount("bulk", "Bulk", ((0, 500),)),))
    assert (previewed.due, previewed.discounts) == (sold.due, sold.discounts)
    assert (again.due, again.discounts) == (sold.due, sold.discounts)
    assert sold.member is not None
    assert sold.member.balances["points"] == 95
    assert entry(discounter, "S-1").body["discounts"] == [{"label": "Bulk", "lines": [[0, 500]], "rule": "bulk"}]


def test_a_refund_gives_back_no_more_than_was_paid(discounter: Shop) -> None:
    account = discounter.member().account
    discounter.sell("S-1", line(10_000, pieces=10), account=account)

    assert discounter.refund("R-1", RefundLine("S-1", 0, 4000)) == 3800
    assert discounter.balances(account)["points"] == 57
    assert discounter.refund("R-2", RefundLine("S-1", 0, 6000)) == 5700
    assert discounter.balances(account)["points"] == 0


def test_a_percentage_for_points_is_offered_redeemed_and_taken_off_the_sale(discounter: Shop) -> None:
    account = discounter.member(points=100).account
    lines = (line(10_000, pieces=10),)
    previewed = discounter.counter.preview(SaleAsk("S-1", lines, account))
    assert previewed.member is not None
    offer = next(offer for offer in previewed.member.offers if offer.reward == "tenth")

    discounter.counter.redeem(RedeemAsk("R-1", account, "tenth", value=offer.value_max), by=BY)

    assert offer.value_max == 950
    assert discounter.sell("S-1", *lines, account=account, redemptions=("R-1",)) == 8550


def test_a_sale_too_small_for_the_percentage_it_names_is_refused_and_the_points_can_be_given_back(
    discounter: Shop,
) -> None:
    account = discounter.member(points=100).account
    discounter.counter.redeem(RedeemAsk("R-1", account, "tenth", value=950), by=BY)

    with pytest.raises(NotAllowedError, match="is worth 950; on this sale reward 'tenth' gives 100 at most"):
        discounter.sell("S-1", line(1000), account=account, redemptions=("R-1",))
    discounter.counter.undo(UndoAsk("U-1", "R-1"), by=BY)
    assert discounter.balances(account)["points"] == 100
