"""A till's counter, fed by the planner, and the independent SQL say the same of the excerpt and of the whole file."""

import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from agent.counter import Counter as TillCounter
from agent.counter import MemberView, RefundAsk, RefundLine, SaleAsk
from agent.ledger.clock import TillClock
from agent.ledger.kept import programmes
from agent.ledger.ledger import Ledger
from agent.loyalty.cards import Source
from agent.loyalty.sale import Line
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import card_number
from agent.upkeep.replay.plan import PlannedRefund, PlannedSale, ReturnedLine, SaleLine, Skipped, plan
from tests.upkeep.replay.test_excerpt import EXCERPT
from tests.upkeep.replay.truth import CustomerTruth, Truth, truth
from tests.upkeep.replay.written import write_csv

PROGRAMME = Path("config/programmes/general-shop.toml")


class Books:
    """A till's counter with the general shop's programme, played straight from the plan."""

    def __init__(self, folder: Path) -> None:
        self.spend: Counter[int] = Counter()
        self.ledger = Ledger.open(folder / "ledger.db", till="s/1", clock=TillClock("Europe/London", alone=True))
        programme = programmes.adopt(self.ledger, PROGRAMME.read_bytes())
        self.counter = TillCounter(self.ledger, programme, recorded=lambda: None)
        self.members: dict[int, MemberView] = {}

    def member(self, customer: int | None) -> MemberView | None:
        if customer is None:
            return None
        if customer not in self.members:
            self.members[customer] = self.counter.identify(card_number(customer), Source.NUMBER, by="test")
        return self.members[customer]

    def sell(self, sale: PlannedSale) -> None:
        member = self.member(sale.customer)
        lines = tuple(Line(li.article, li.quantity * 1000, li.amount, li.category) for li in sale.lines)
        ask = SaleAsk(sale.op, lines, account=member.account if member else None, sold_at=sale.at.isoformat())
        self.counter.sell(ask, by="test")
        if sale.customer is not None:
            self.spend[sale.customer] += sum(line.amount for line in sale.lines)

    def take_back(self, refund: PlannedRefund) -> None:
        member = self.member(refund.customer)
        known = [line for line in refund.lines if isinstance(line, ReturnedLine)]
        loose = [line for line in refund.lines if isinstance(line, SaleLine)]
        ask = RefundAsk(
            refund.op,
            tuple(RefundLine(line.sale, line.line, line.quantity * 1000) for line in known),
            tuple(Line(line.article, line.quantity * 1000, line.amount, line.category) for line in loose),
            account=member.account if member else None,
            refunded_at=refund.at.isoformat(),
        )
        answer = self.counter.refund(ask, by="test")
        assert answer.money == sum(line.amount for line in refund.lines)
        if refund.customer is not None:
            self.spend[refund.customer] -= answer.money

    def customers(self) -> dict[int, CustomerTruth]:
        views = {customer: self.counter.member(view.account) for customer, view in self.members.items()}
        return {c: CustomerTruth(self.spend[c], view.balances["points"]) for c, view in views.items()}


def planned_truth(path: Path, folder: Path) -> Truth:
    """Say what `truth` says, from the plan and a till's own counter."""
    books, counts, money = Books(folder), Counter[str](), Counter[str]()
    returned: set[tuple[str, str, int, int]] = set()
    receiptless: defaultdict[str, int] = defaultdict(int)
    for one in plan(read_baskets(path)):
        if isinstance(one, Skipped):
            counts[one.reason] += 1
            continue
        counts[type(one).__name__] += 1
        money[type(one).__name__] += sum(line.amount for line in one.lines)
        if isinstance(one, PlannedSale):
            books.sell(one)
            continue
        books.take_back(one)
        for line in one.lines:
            if isinstance(line, SaleLine):
                receiptless[one.op] += line.amount
            else:
                returned.add((one.op, line.sale, line.line, line.quantity))
    customers = books.customers()
    books.ledger.close()
    return Truth(
        sales=counts["PlannedSale"],
        refunds=counts["PlannedRefund"],
        write_offs=counts["write_off"],
        a_invoices=counts["a_invoice"],
        sales_money=money["PlannedSale"],
        refunds_money=money["PlannedRefund"],
        customers=customers,
        returned=frozenset(returned),
        receiptless=dict(receiptless),
    )


def test_till_and_sql_agree_on_the_excerpt(tmp_path: Path) -> None:
    assert planned_truth(EXCERPT, tmp_path) == truth(EXCERPT)


def test_gold_members_earn_half_as_much_again(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        "1,A,500,09:00,1,7",  # 500 points, and gold from here
        "2,A,101,09:01,1,7",  # 151
        "C3,A,-101,09:02,1,7",  # all of sale 2: 151 back
        "C4,A,-1,09:03,1,7",  # of sale 1: a point back, and gold is gone
        "5,A,3,09:04,1,7",  # 3
        "6,A,10,09:05,1,7",  # 15: with sale 5 it is 502.00
    )  # fmt: skip

    says = truth(path)

    assert says.customers == {7: CustomerTruth(51_200, 500 - 1 + 3 + 15)}
    assert planned_truth(path, tmp_path / "till") == says


def test_points_by_hand(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        "1,A,3,09:00,1.50,7", "1,gift_0001_10,1,09:00,10,7",  # eligible 4.50: 4 points
        "2,A,2,09:01,1.50,7",  # 3 points
        "C3,A,-3,09:02,1.50,7",  # all of sale 2: 3; of sale 1 1.50: 4 * 3.00 / 4.50 = 2 kept, 2 back
        "C4,gift_0001_10,-1,09:03,10,7",  # nothing
        "C5,A,-3,09:04,1.50,7",  # the rest of sale 1: 2; 1.50 without receipt: 1
        "6,B,1,09:05,0.99,8", "C7,C,-1,09:06,2.99,8",  # nothing; 2 without receipt: a debt
        "8,B,100,09:07,1,",
    )  # fmt: skip

    says = truth(path)

    assert says.customers == {7: CustomerTruth(-150, -1), 8: CustomerTruth(-200, -2)}
    assert says.returned == {("C3", "2", 0, 2), ("C3", "1", 0, 1), ("C4", "1", 1, 1), ("C5", "1", 0, 2)}
    assert says.receiptless == {"C5": 150, "C7": 299}
    assert planned_truth(path, tmp_path / "till") == says


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_till_and_sql_agree_on_the_whole_file(tmp_path: Path) -> None:
    if "TALLYSTICK_DATA" not in os.environ:
        pytest.skip("TALLYSTICK_DATA does not name the folder with online_retail_2010_2011.parquet")
    path = Path(os.environ["TALLYSTICK_DATA"]) / "online_retail_2010_2011.parquet"

    says = truth(path)

    assert (says.sales, says.refunds, says.write_offs + says.a_invoices) == (20_725, 3_836, 1_339)
    assert (says.sales_money, says.refunds_money) == (1_065_562_248, 89_681_249)
    assert planned_truth(path, tmp_path / "till") == says
