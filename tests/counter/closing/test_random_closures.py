"""Whatever happens in whatever order: closures add up, to each other and to what anybody else would count."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from agent.counter import ClosureAsk, Opening, RedeemAsk, RefundAsk, RefundLine
from agent.errors import RefusalError
from agent.ledger import audit
from agent.ledger.kept import programmes
from agent.loyalty.closures import Closure, Reason, Report, Totals
from agent.loyalty.programme import is_counter
from agent.loyalty.sale import Line
from tests.counter.shops import BY
from tests.counter.test_gift_cards import CREDIT
from tests.counter.test_random_days import BULK, LONG, MEMBERS, PICK, SHORT, Days
from tests.loyalty.shops import COFFEE, GOLD, HEAD, MONEY, OPEN, POINTS
from tests.loyalty.spending.test_credit import GIFT

CARDS = ("gift", "store")


class ClosedDays(Days):
    """Days with gift cards, credit, a drawer, and somebody who closes the till now and then."""

    TERMS = (POINTS, COFFEE, MONEY, GOLD, BULK, GIFT, CREDIT)

    def __init__(self) -> None:
        super().__init__()
        programmes.adopt(self.shop.ledger, "".join((HEAD, *self.TERMS, OPEN)).encode())

    @rule(report=st.sampled_from(Report), twice=st.booleans())
    def close(self, *, report: Report, twice: bool) -> None:
        ask = ClosureAsk(next(self.ops), report)
        answer = self.shop.counter.day.close(ask, by=BY)
        if twice:
            assert self.shop.counter.day.close(ask, by=BY).closure == answer.closure

    @rule(reason=st.sampled_from(Reason))
    def open_drawer(self, reason: Reason) -> None:
        self.shop.counter.day.drawer_opened(Opening(reason), by=BY)

    @rule(who=MEMBERS, amount=st.integers(1, 9000), share=st.integers(1, 100))
    def pay_with_a_gift_card(self, *, who: int, amount: int, share: int) -> None:
        card, op = self.accounts[who], next(self.ops)
        self.shop.sell(next(self.ops), Line("card", 1000, amount, "gift-card"), account=card)
        try:
            self.shop.counter.redeem(RedeemAsk(op, card, "gift", units=max(amount * share // 100, 1)), by=BY)
        except RefusalError:  # a card that came back when it was spent already owes
            return
        sale = next(self.ops)
        self.left[sale] = self.shop.sell(sale, Line("goods", 1000, amount + 50), redemptions=(op,))
        self.sales.append(sale)

    @rule(pick=PICK, who=MEMBERS)
    def refund_as_credit(self, *, pick: int, who: int) -> None:
        if not self.sales:
            return
        op, account = self.sales[pick % len(self.sales)], self.accounts[who]
        ask = RefundAsk(next(self.ops), (RefundLine(op, 0, 500),), account=account, to_credit="store")
        try:
            given = self.shop.counter.refund(ask, by=BY)
        except RefusalError:
            return
        self.left[op] -= given.money + given.credited

    def teardown(self) -> None:
        """At the end: every report is what an independent count says, and the Z reports are the grand totals."""
        try:
            last = self.shop.counter.day.close(ClosureAsk("last", Report.Z), by=BY).closure
            assert audit.check_closures(self.shop.ledger) > 0
            self._check_against_another_count()
            self._check_outstanding(last.grand)
        finally:
            super().teardown()

    def _rows(self) -> list[dict[str, Any]]:
        with self.shop.ledger.reading() as conn:
            return [json.loads(data) for (data,) in conn.execute("SELECT bytes FROM entry ORDER BY n")]

    def _check_against_another_count(self) -> None:
        """Count money by what was asked and answered, not by effects and postings as closures do."""
        rows, since, summed, number = self._rows(), 0, Totals(), 0
        worth = {row["op"]: row["body"]["value"] for row in rows if row["kind"] == "redemption"}
        for at, row in enumerate(rows):
            if row["kind"] != "closure":
                continue
            closure = Closure.from_map(row["body"])
            assert_money(closure.period, rows[since:at], worth)
            assert closure.grand == summed + closure.period
            if closure.report is Report.Z:
                since, summed, number = at + 1, summed + closure.period, number + 1
                assert closure.number == number

    def _check_outstanding(self, grand: Totals) -> None:
        """No member's unit was issued, spent or taken back that the reports do not know of."""
        held: Counter[str] = Counter()
        with self.shop.ledger.reading() as conn:
            for unit, amount in conn.execute("SELECT unit, amount FROM lot WHERE account NOT LIKE 'till:%'"):
                held[unit] += amount
        left = {unit: moves.left for unit, moves in {**grand.units, **grand.cards}.items() if moves.left}
        assert left == {unit: amount for unit, amount in held.items() if amount and not is_counter(unit)}
        assert not set(grand.cards) - set(CARDS)
        assert not set(grand.units) & set(CARDS)


def assert_money(period: Totals, rows: list[dict[str, Any]], worth: dict[str, int]) -> None:
    """The takings of a period, counted from lines, redemptions and what refunds gave."""
    sales = [row["body"] for row in rows if row["kind"] == "sale"]
    refunds = [row["body"] for row in rows if row["kind"] == "refund"]
    assert period.entries == len(rows)
    assert sum(period.drawer.values()) == sum(row["kind"] == "drawer_opened" for row in rows)
    if not sales and not refunds:
        assert not period.takings
        return
    takings = period.takings["EUR"]
    lines = [line for body in sales for line in body["lines"]]
    assert takings.sales == len(sales)
    assert takings.gross == sum(line["amount"] for line in lines if line["category"] != "gift-card")
    assert takings.redeemed == sum(worth[op] for body in sales for op in body["redemptions"])
    assert takings.due == sum(body["due"] for body in sales)
    assert takings.due == takings.gross - takings.discounts + takings.cards_sold - takings.redeemed
    assert takings.refunds == len(refunds)
    assert takings.refunded + takings.cards_back == sum(body["money"] for body in refunds)
    assert takings.credited == sum(body["credited"] for body in refunds)
    assert takings.money == takings.due - sum(body["money"] - body["credited"] for body in refunds)


def test_L4_closures_add_up_to_each_other_and_to_another_count() -> None:
    run_state_machine_as_test(ClosedDays, settings=settings(SHORT, max_examples=6))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_L4_closures_add_up_over_thousands_of_steps() -> None:
    run_state_machine_as_test(ClosedDays, settings=LONG)
