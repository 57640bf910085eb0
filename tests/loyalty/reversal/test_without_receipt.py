"""Goods nobody has the sale of: what they would earn now at the ordinary rate goes, and nothing else."""

from __future__ import annotations

from agent.journal.entry import ISSUANCE, Posting
from agent.loyalty.reversal.recorded import Reversal
from agent.loyalty.reversal.without_receipt import without_receipt
from agent.loyalty.sale import Line, Moment, Reason
from tests.loyalty.shops import COFFEE, GOLD, NOW, POINTS, line, programme

LASTING = POINTS.replace('label = "points"', 'label = "points"\nexpires = "1 year"\npending = "2 weeks"')
CALL = '[[earn]]\nid = "call"\nunit = "points"\nby = "visit"\ngive = 50\n'
WEDNESDAY = '[[multipliers]]\nid = "double"\nlabel = "Wednesday"\npercent = 200\nweekdays = ["wed"]\n'
FIRST = '[[multipliers]]\nid = "first"\nlabel = "Welcome"\npercent = 300\nfirst_sale = true\n'
SHOP = programme(LASTING, CALL, WEDNESDAY, FIRST, COFFEE + "head_start = 2\n", GOLD)
GOODS = (line(1250), line(350, "coffee"))


def _back(*lines: Line, account: str | None = "m", moment: Moment = NOW) -> Reversal:
    return without_receipt(SHOP, account, lines, moment, lot="refund")


def test_what_the_goods_would_earn_at_the_ordinary_rate_is_taken_back_into_a_lot_of_the_refund() -> None:
    back = _back(*GOODS)

    assert back.money == 1600
    assert back.reasons == (
        Reason("reversed", {"units": 16, "unit": "points"}),
        Reason("reversed", {"units": 1, "unit": "coffee"}),
        Reason("reversed", {"units": 1600, "unit": "spend"}),
    )
    assert back.postings == (
        Posting("points", ISSUANCE, 16),
        Posting("points", "account:m", -16, "refund"),
        Posting("coffee", ISSUANCE, 1),
        Posting("coffee", "account:m", -1, "punches"),
        Posting("spend", ISSUANCE, 1600),
        Posting("spend", "account:m", -1600, "2024"),
    )


def test_it_is_the_same_on_any_clock() -> None:
    assert _back(*GOODS, moment=Moment(NOW.day, confirmed=False)) == _back(*GOODS)


def test_goods_that_would_earn_nothing_take_nothing() -> None:
    assert _back(line(99)) == Reversal(
        99, (Reason("reversed", {"units": 99, "unit": "spend"}),), _back(line(99)).postings
    )
    assert [posting.unit for posting in _back(line(99)).postings] == ["spend", "spend"]


def test_without_a_member_without_goods_or_where_the_programme_keeps_units_only_money_counts() -> None:
    keeping = programme(POINTS, '[refunds]\nwithout_receipt = "keep"\n')

    assert _back(*GOODS, account=None) == Reversal(1600, (), ())
    assert _back() == Reversal(0, (), ())
    assert without_receipt(keeping, "m", GOODS, NOW, lot="refund") == Reversal(1600, (), ())
