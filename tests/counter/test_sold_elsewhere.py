"""Goods of a sale that another till of the shop has: two real ledgers that share the shop's key."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.counter import Counter, RefundAsk, RefundLine
from agent.errors import CodeError, ForgedCodeError, InvalidError, NotAllowedError
from agent.journal.codes import SaleCode, sale_tag
from agent.journal.entry import encode_entry
from agent.journal.wire.asking import SaleTold
from agent.ledger.kept.codes import SHOP_KEY
from agent.loyalty.reversal import RecordedSale, reverse
from agent.loyalty.reversal.elsewhere import Provisional, settle
from agent.loyalty.sale import Line
from tests.counter.shops import BY, Shop, line, open_shop
from tests.counter.test_slip_facts import facts
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, moves, programme

SHOP_WIDE = b"k" * 32


def coded(kind: str) -> str:
    return f'[refunds]\nslip_code = "{kind}"\n'


@pytest.fixture
def tills(tmp_path: Path) -> Iterator[tuple[Shop, Shop]]:
    """Two tills of one shop, each with a ledger of its own."""
    with (
        open_shop(tmp_path / "one", programme=programme(POINTS, COFFEE, MONEY, GOLD, coded("qr"))) as one,
        open_shop(tmp_path / "two", programme=programme(POINTS, COFFEE, MONEY, GOLD, coded("typed"))) as two,
    ):
        for till in (one, two):
            till.ledger.keys.adopt({SHOP_KEY: SHOP_WIDE})
        yield one, two


def sold(till: Shop) -> str:
    """Sell for 12.50 and return the code to type."""
    till.sell("S-1", line(1250), account=till.member().account)
    slip = facts(till, "S-1")
    assert slip.returns is not None
    return slip.returns.typed


def test_a_sale_s_slip_says_what_another_till_needs_if_the_programme_wants_it(
    tills: tuple[Shop, Shop], shop: Shop
) -> None:
    for till in (*tills, shop):
        till.sell("S-1", line(1250), account=till.member().account)
    one, two, none = (facts(till, "S-1").returns for till in (*tills, shop))

    assert one is not None
    assert two is not None
    assert (one.qr is not None, two.qr, none) == (True, None, None)


def test_another_till_takes_the_goods_back_provisionally(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    code = sold(one)
    account = two.member(points=100).account
    ask = RefundAsk("B-1", without_receipt=(Line("article", 1000, 1250),), account=account, slip=code)

    preview, answer = two.counter.preview_refund(ask), two.counter.refund(ask, by=BY)

    recorded = one.ledger.find("S-1")
    assert recorded is not None
    assert answer.money == preview.money == 1250
    assert two.balances(account)["points"] == 100 - 12
    (move,) = preview.lots
    assert (move.lot, move.units) == (f"sale:{sale_tag(recorded.entry.id)}", -12)
    entry = two.ledger.find("B-1")
    assert entry is not None
    assert entry.entry.body["provisional"] is True
    assert entry.entry.body["slip"] == {"entry": None, "tag": sale_tag(recorded.entry.id)}
    assert two.counter.refund(ask, by=BY).repeated


def test_headquarters_settles_it_to_what_the_tills_own_refund_would_have_been(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    code = sold(one)
    account = two.member().account
    two.counter.refund(
        RefundAsk("B-1", without_receipt=(Line("article", 1000, 1250),), account=account, slip=code), by=BY
    )
    refund, sale = two.ledger.find("B-1"), one.ledger.find("S-1")
    assert refund is not None
    assert sale is not None
    known = replace(RecordedSale.of(sale.entry, (), {}), account="m")

    settlement = settle(Provisional.of(refund.entry), known)

    assert (settlement.quantities, settlement.money_over, settlement.flags) == ({0: 1000}, 0, ())
    assert moves(settlement.postings) == moves(reverse(known, {0: 1000}).postings)
    held = [p.amount for p in (*refund.entry.postings, *settlement.postings) if p.lot and p.lot.startswith("sale:")]
    assert sum(held) == 0


def test_without_a_card_only_the_money_is_given(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    ask = RefundAsk("B-1", without_receipt=(Line("article", 1000, 1250),), slip=sold(one))

    answer = two.counter.refund(ask, by=BY)

    assert (answer.money, answer.reasons, answer.member) == (1250, (), None)


def test_a_slip_of_this_very_till_is_taken_by_its_receipt(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    sold(one)
    returns = facts(one, "S-1").returns
    assert returns is not None
    assert returns.qr is not None
    goods = (Line("article", 1000, 1250),)

    with pytest.raises(NotAllowedError, match="this slip is of this till"):
        one.counter.preview_refund(RefundAsk("B-1", without_receipt=goods, slip=returns.qr))
    with pytest.raises(ForgedCodeError, match="signed by a till that this one does not know"):
        two.counter.preview_refund(RefundAsk("B-1", without_receipt=goods, slip=returns.qr))


def test_a_code_that_nobody_gave_out_is_refused_and_guessing_ends(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    code, goods = sold(one), (Line("article", 1000, 1250),)
    two.sell("S-2", line(100))
    strange = facts(two, "S-2").returns
    assert strange is not None
    foreign = RefundAsk("B-1", without_receipt=goods, slip="0" * 20)
    before = two.entries

    with pytest.raises(CodeError, match="mistyped"):
        two.counter.refund(replace(foreign, slip=code[:-1] + ("0" if code[-1] != "0" else "1")), by=BY)
    for _ in range(10):
        with pytest.raises(ForgedCodeError):
            two.counter.refund(foreign, by=BY)
    with pytest.raises(NotAllowedError, match="10 wrong"):
        two.counter.refund(replace(foreign, slip=code), by=BY)
    assert two.entries == before


class Neighbour:
    """Headquarters' part: it has what another till recorded."""

    def __init__(self, till: Shop) -> None:
        self.till = till
        self.asked: list[SaleCode] = []

    def sale(self, code: SaleCode) -> SaleTold | None:
        self.asked.append(code)
        recorded = self.till.ledger.find("S-1")
        assert recorded is not None
        return SaleTold(encode_entry(recorded.entry), (), {})


def asked(two: Shop, one: Shop) -> Counter:
    """The counter of a till that may ask for the sales of another."""
    return Counter(two.ledger, two.counter.programme, recorded=lambda: None, elsewhere=Neighbour(one))


def test_with_its_lines_the_goods_come_back_at_what_they_cost(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250), line(500, "coffee", pieces=2))
    slip = facts(one, "S-1").returns
    assert slip is not None
    counter = asked(two, one)
    ask = RefundAsk("B-1", without_receipt=(Line("article", 2000, 99),), slip=slip.typed)

    preview, answer = counter.preview_refund(ask), counter.refund(ask, by=BY)

    assert (preview.money, preview.provisional) == (answer.money, answer.provisional) == (1250 + 250, False)
    entry = two.ledger.find("B-1")
    recorded = one.ledger.find("S-1")
    assert entry is not None
    assert recorded is not None
    assert entry.entry.body["slip"] == {"entry": recorded.entry.id, "tag": sale_tag(recorded.entry.id)}
    with pytest.raises(InvalidError, match="they are not left in sale 'S-1'"):
        counter.refund(replace(ask, op="B-2"), by=BY)


def test_a_provisional_refund_of_this_till_counts_before_headquarters_has_it(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250))
    slip = facts(one, "S-1").returns
    assert slip is not None
    goods = (Line("article", 1000, 1250),)
    two.counter.refund(RefundAsk("B-1", without_receipt=goods, slip=slip.typed), by=BY)

    with pytest.raises(InvalidError, match="they are not left"):
        asked(two, one).refund(RefundAsk("B-2", without_receipt=goods, slip=slip.typed), by=BY)


def test_a_sale_whose_member_this_till_does_not_know_yet_comes_back_provisionally(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    code = sold(one)

    answer = asked(two, one).refund(RefundAsk("B-1", without_receipt=(Line("article", 1000, 1250),), slip=code), by=BY)

    assert answer.provisional


def test_with_too_much_that_headquarters_lacks_it_is_provisional(
    tills: tuple[Shop, Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tills
    one.sell("S-1", line(1250))
    slip = facts(one, "S-1").returns
    assert slip is not None
    monkeypatch.setattr("agent.counter.giving_back.sold._BEHIND_MAX", two.entries - 1)
    ask = RefundAsk("B-1", without_receipt=(Line("article", 1000, 1250),), slip=slip.typed)

    assert asked(two, one).preview_refund(ask).provisional


def test_another_sale_than_was_asked_for_is_not_used(tills: tuple[Shop, Shop]) -> None:
    one, two = tills
    one.sell("S-1", line(1250))
    one.sell("S-2", line(500))
    slip = facts(one, "S-2").returns
    assert slip is not None
    ask = RefundAsk("B-1", without_receipt=(Line("article", 1000, 500),), slip=slip.typed)

    assert asked(two, one).preview_refund(ask).provisional


def test_a_code_stands_alone() -> None:
    with pytest.raises(InvalidError, match="a slip's code stands for one sale of another till"):
        RefundAsk("B-1", (RefundLine("S-1", 0, 1000),), slip="X")
