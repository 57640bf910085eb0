from dataclasses import replace
from pathlib import Path

import pytest

from agent.counter import FindSaleAsk, RefundLine
from agent.counter.complaints import looking
from agent.counter.details.consenting import ConsentAsk
from agent.counter.details.consents import Consenting
from agent.errors import InvalidError
from tests.counter.shops import BY, Shop, line, open_shop
from tests.loyalty.shops import POINTS, programme


def test_a_members_past_has_what_each_sale_brought_and_why(shop: Shop) -> None:
    account = shop.member().account
    shop.sell("S-1", line(1000), account=account)
    shop.sell("S-2", line(700), account=account)
    shop.refund("B-1", RefundLine("S-1", 0, 1000))

    past = shop.counter.hearing.past(account)

    refund, second, first = past.seen[:3]
    assert [one.op for one in (refund, second, first)] == ["B-1", "S-2", "S-1"]
    assert (refund.kind, refund.total, [reason.code for reason in refund.reasons][:1]) == (
        "refund",
        -1000,
        ["reversed"],
    )
    assert [effect.amount for effect in first.effects if effect.unit == "points"] == [10]
    assert (first.is_back, second.is_back) == (True, False)
    assert past.last_visit == shop.ledger.clock.today().isoformat()
    assert past.usual is None  # nobody agreed to be profiled


def test_a_sale_is_found_by_its_receipt_and_by_amount_and_day(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_CHUNK", 3)
    day = shop.ledger.clock.today().isoformat()
    for number in range(8):
        shop.sell(f"S-{number}", line(1000 + number % 4))
    shop.refund("B-1", RefundLine("S-0", 0, 1000))

    (by_op,) = shop.counter.hearing.find_sales(FindSaleAsk(op="S-3"))
    found = shop.counter.hearing.find_sales(FindSaleAsk(amount=1002, day=day))

    assert by_op.total == 1003
    assert [one.op for one in found] == ["S-6", "S-2"]
    assert shop.counter.hearing.find_sales(FindSaleAsk(op="B-1")) == ()
    assert shop.counter.hearing.find_sales(FindSaleAsk(amount=1002, day="2001-01-01")) == ()


@pytest.mark.parametrize(
    ("op", "amount", "day"), [(None, None, None), ("S", 1, "2026-11-22"), (None, 1, None), (None, 1, "monday")]
)
def test_what_names_no_sale_is_refused(op: str | None, amount: int | None, day: str | None) -> None:
    with pytest.raises(InvalidError):
        FindSaleAsk(op, amount, day)


def test_what_is_usually_bought_is_shown_only_to_who_agreed_to_that(tmp_path: Path) -> None:
    asked = '[consent]\ntext = "2026-1"\npurposes = ["profiling"]\nchannels = ["till"]\n'
    with open_shop(tmp_path, programme=programme(POINTS, asked)) as shop:
        account = shop.member().account
        for number, articles in enumerate((("tea", "cup"), ("tea", "cup"), ("tea", "jam"))):
            lines = (replace(line(500), article=article) for article in articles)
            shop.sell(f"S-{number}", *lines, account=account)
        assert shop.counter.hearing.past(account).usual is None

        shop.counter.desk.consent(ConsentAsk("K-1", account, (Consenting("profiling", "till", given=True),)), by=BY)

        assert shop.counter.hearing.past(account).usual == ("tea", "cup")
