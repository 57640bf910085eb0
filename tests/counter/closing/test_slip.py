"""The slip of a report says what the report says, in words there are, on paper of every width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.counter import ClosureAsk, Opening, RefundLine
from agent.ledger.kept.held import note_held
from agent.ledger.kept.slip_queue import SlipQueue
from agent.loyalty.closures import Reason, Report
from agent.slips.facts import SlipFacts
from agent.slips.layout import lay_out
from agent.slips.reader import read_text
from agent.slips.settings import COLUMNS
from tests.counter.shops import BY, CARD, Shop, line
from tests.slips.samples import LETTERHEAD, PlainEncoder


def printed(shop: Shop, report: Report, columns: int) -> dict[str, str]:
    """Make a report and return its lines: what stands on the left, and the figure on the right."""
    shop.counter.day.close(ClosureAsk(f"the-{report}", report), by=BY)
    job = SlipQueue(shop.ledger).slip_of(f"the-{report}")
    assert job is not None
    document = lay_out(SlipFacts.from_json(job.facts), replace(LETTERHEAD, columns=columns))
    lines = read_text(PlainEncoder().encode(document))
    assert all(len(text) <= columns for text in lines[:-3] if not text.startswith("["))  # the foot is small
    return {left.strip(): right for left, _, right in (text.rpartition(" ") for text in lines)}


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_z_on_paper_says_what_was_sold_apart_from_what_was_given(shop: Shop, columns: int) -> None:
    note_held(shop.ledger, ())
    account = shop.member(points=150, coffees=3).account
    shop.redeem("R-1", account, units=100)
    shop.sell("S-1", line(2000), line(5000, "gift-card"), account=account, redemptions=("R-1",))
    shop.refund("B-1", RefundLine(f"points-{CARD}", 0, 500))
    shop.counter.day.drawer_opened(Opening(Reason.NO_SALE), by=BY)

    said = printed(shop, Report.Z, columns)

    assert said["Z report"] == "1"
    assert (said["Goods"], said["Goods taken back (1)"]) == ("€170.00", "-€75.00")
    assert (said["Gift cards sold"], said["Rewards and gift cards"], said["Money taken"]) == (
        "€50.00",
        "-€5.00",
        "€140.00",
    )
    assert (said["Opened for a sale"], said["Opened without a sale"]) == ("0", "1")
    assert said["Not at headquarters yet"] == str(shop.entries - 1)
    assert said["points outstanding"] == str(shop.balances(account)["points"])
    assert said["gift card outstanding"] == "€50.00"


@pytest.mark.parametrize("report", Report)
def test_a_report_of_nothing_has_words_too(shop: Shop, report: Report) -> None:
    said = printed(shop, report, 32)

    assert ("Z report" in said) == (report is Report.Z)
    assert "Not at headquarters yet" not in said  # a till that stands alone
