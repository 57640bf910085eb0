"""Whatever happens in whatever order: the balances are the fold of the journal, and the chain verifies."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from agent.counter import RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk
from agent.errors import RefusalError
from agent.journal.entry import decode_entry
from agent.journal.fold import changes, check_conservation
from agent.ledger import audit
from agent.loyalty.sale import Line
from tests.counter.shops import BY, Shop, open_shop
from tests.ledger.tills import derived
from tests.loyalty.shops import COFFEE, GOLD, MONEY, POINTS, programme

CARDS = ("925000000001", "925000000002", "925000000003")
LINES = st.lists(
    st.builds(
        Line,
        article=st.just("article"),
        quantity=st.integers(1, 6).map(lambda pieces: pieces * 500),
        amount=st.integers(0, 9000),
        category=st.sampled_from([None, "coffee", "gift-card"]),
    ),
    min_size=1,
    max_size=4,
)
BULK = """
[[discounts]]
id = "bulk"
label = "Bulk"
steps = [{ pieces = 3, percent = 7 }]
"""
MEMBERS = st.integers(0, len(CARDS) - 1)
PICK = st.integers(0, 10**6)


class Days(RuleBasedStateMachine):
    """Sales, redemptions, refunds and undoing, some of them wrong, some of them sent twice."""

    TERMS: tuple[str, ...] = (POINTS, COFFEE, MONEY, GOLD, BULK)

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.shop: Shop = self.stack.enter_context(open_shop(folder, programme=programme(*self.TERMS)))
        self.ops = (f"op-{number}" for number in itertools.count())
        self.sales: list[str] = []
        self.left: dict[str, int] = {}  # money of each sale that has not been given back
        self.redemptions: list[tuple[str, int]] = []

    @initialize()
    def open(self) -> None:
        """Two members with points, and a card that nobody has joined with."""
        self.accounts = [
            self.shop.member(card, f"Member {card[-1]}", points=150, coffees=9).account for card in CARDS[:2]
        ]
        self.accounts.append(self.shop.identify(CARDS[2]).account)

    @rule(who=MEMBERS, lines=LINES, pay_with=st.booleans(), twice=st.booleans())
    def sell(self, *, who: int, lines: list[Line], pay_with: bool, twice: bool) -> None:
        mine = [op for op, owner in self.redemptions if owner == who] if pay_with else []
        ask = SaleAsk(next(self.ops), tuple(lines), self.accounts[who], redemptions=tuple(mine))
        try:
            sold = self.shop.counter.sell(ask, by=BY)
        except RefusalError:
            return
        self.sales.append(ask.op)
        self.left[ask.op] = sold.due
        self.redemptions = [(op, owner) for op, owner in self.redemptions if op not in mine]
        assert sold.member is not None
        assert dict(sold.member.balances) == self.shop.balances(self.accounts[who])
        if twice:
            assert self.shop.counter.sell(ask, by=BY).repeated

    @rule(
        who=MEMBERS, reward=st.sampled_from(["money", "coffee"]), units=st.integers(1, 200), price=st.integers(1, 500)
    )
    def redeem(self, *, who: int, reward: str, units: int, price: int) -> None:
        ask = RedeemAsk(next(self.ops), self.accounts[who], reward, units=units, value=price)
        before = self.shop.balances(self.accounts[who])
        try:
            taken = self.shop.counter.redeem(ask, by=BY)
        except RefusalError:
            assert self.shop.balances(self.accounts[who]) == before
            return
        assert taken.units <= before[taken.unit]
        self.redemptions.append((ask.op, who))

    @rule(pick=PICK, index=st.integers(0, 4), quantity=st.integers(1, 4000), twice=st.booleans())
    def refund(self, *, pick: int, index: int, quantity: int, twice: bool) -> None:
        if not self.sales:
            return
        op = self.sales[pick % len(self.sales)]
        ask = RefundAsk(next(self.ops), (RefundLine(op, index, quantity),))
        try:
            given = self.shop.counter.refund(ask, by=BY)
        except RefusalError:
            return
        assert 0 <= given.money <= self.left[op]
        self.left[op] -= given.money
        if twice:
            assert self.shop.counter.refund(ask, by=BY).repeated

    @rule(who=MEMBERS, lines=LINES)
    def refund_without_receipt(self, *, who: int, lines: list[Line]) -> None:
        ask = RefundAsk(next(self.ops), without_receipt=tuple(lines), account=self.accounts[who])
        assert self.shop.counter.refund(ask, by=BY).money == sum(line.amount for line in lines)

    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        if not self.redemptions:
            return
        op, who = self.redemptions.pop(pick % len(self.redemptions))
        before = self.shop.balances(self.accounts[who])
        given = self.shop.counter.undo(UndoAsk(next(self.ops), op), by=BY)
        assert given.member is not None
        assert sum(given.member.balances.values()) > sum(before.values())

    @invariant()
    def the_newest_entry_balances(self) -> None:
        with self.shop.ledger.reading() as conn:
            data = conn.execute("SELECT bytes FROM entry ORDER BY n DESC LIMIT 1").fetchone()[0]
        check_conservation(decode_entry(data).postings)

    def teardown(self) -> None:
        """At the end of the days: the balances are the fold, the chain verifies, rebuilding changes nothing."""
        try:
            held, folded = self._held(), self._folded()
            assert held == folded
            audit.verify(self.shop.ledger)
            audit.check_derived(self.shop.ledger)
            before = derived(self.shop.ledger)
            audit.rebuild(self.shop.ledger)
            assert derived(self.shop.ledger) == before
        finally:
            self.stack.close()

    def _held(self) -> dict[tuple[str, str, str], int]:
        with self.shop.ledger.reading() as conn:
            rows = conn.execute("SELECT account, unit, lot, amount FROM lot WHERE amount != 0").fetchall()
        return {(account, unit, lot): amount for account, unit, lot, amount in rows}

    def _folded(self) -> dict[tuple[str, str, str], int]:
        sums: Counter[tuple[str, str, str]] = Counter()
        with self.shop.ledger.reading() as conn:
            for (data,) in conn.execute("SELECT bytes FROM entry"):
                for (account, unit, lot, _), amount in changes(decode_entry(data)).lots.items():
                    sums[account, unit, lot] += amount
        return {key: amount for key, amount in sums.items() if amount}


SHORT = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
LONG = settings(SHORT, max_examples=300, stateful_step_count=60, derandomize=False)


def test_balances_never_diverge_from_the_journal() -> None:
    run_state_machine_as_test(Days, settings=SHORT)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_balances_never_diverge_from_the_journal_in_thousands_of_steps() -> None:
    run_state_machine_as_test(Days, settings=LONG)
