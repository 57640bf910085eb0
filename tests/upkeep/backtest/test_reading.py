from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from agent.counter import EnrolAsk, RefundAsk, RefundLine, SaleAsk
from agent.errors import InvalidError
from agent.ledger.ledger import Ledger
from agent.loyalty.backtest.past import Bought, Past, Returned
from agent.loyalty.sale import Line
from agent.upkeep.backtest.reading import BasketsFile, Extent, LedgerSales
from tests.counter.shops import BY, open_shop, shop_programme
from tests.ledger.tills import opened
from tests.till_files import ROOT
from tests.upkeep.replay.written import write_csv

EXCERPT = BasketsFile(ROOT / "config" / "demo" / "baskets.csv")


def by_member(pasts: Iterable[Past]) -> dict[str | None, list[Bought | Returned]]:
    found: dict[str | None, list[Bought | Returned]] = {}
    for past in pasts:
        found.setdefault(past.member, []).extend(past.events)
    return found


def test_a_customer_s_invoices_come_together_and_in_order(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,2,09:00,1.25,7", "2,A,1,09:01,1.25,8", "3,B,1,09:02,2,7", "C4,A,-1,09:03,1.25,7")

    first, second = BasketsFile(path).pasts(0, 1)

    assert (first.member, second.member) == ("7", "8")
    assert first.events == (
        Bought("1", "2011-03-01", "09:00", (Line("A", 2000, 250),)),
        Bought("3", "2011-03-01", "09:02", (Line("B", 1000, 200),)),
        Returned("C4", "2011-03-01", "09:03", (("1", 0, 1000),), (), 125),
    )


def test_sales_without_a_customer_are_nobody_s_and_write_offs_are_no_sales(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,2,09:00,1.25,", "2,A,1,09:01,1.25,", "3,A,-9,09:02,0,", "A4,B,1,09:03,50,")

    assert [(past.member, len(past.events)) for past in BasketsFile(path).pasts(0, 1)] == [(None, 1), (None, 1)]


def test_all_parts_together_are_the_whole_file() -> None:
    whole = by_member(EXCERPT.pasts(0, 1))
    parts = [by_member(EXCERPT.pasts(number, 3)) for number in range(3)]

    members = [member for part in parts for member in part if member is not None]
    assert sorted(members) == sorted(member for member in whole if member is not None)
    assert {member: part[member] for part in parts for member in part if member is not None} == {
        member: events for member, events in whole.items() if member is not None
    }
    assert sum(len(part.get(None, [])) for part in parts) == len(whole[None])
    assert all(len(part) > 1 for part in parts)


def test_the_extent_of_a_file_is_its_days_and_lines() -> None:
    assert EXCERPT.extent() == Extent("2011-01-04", "2011-01-13", 1724)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="there are no baskets in"):
        BasketsFile(write_csv(tmp_path)).extent()


def _reading(path: Path) -> Ledger:
    return opened(path, read_only=True)


@pytest.fixture
def sales(tmp_path: Path) -> LedgerSales:
    """A ledger with a member's sale, half of which came back, and an anonymous sale."""
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        account = shop.counter.enrol(EnrolAsk("E", name="Ana Testova"), by=BY).account
        lines = (Line("mug", 2000, 1200, "cups", 200, "Clay"), Line("tea", 1000, 350))
        shop.counter.sell(SaleAsk("S-1", lines, account, sold_at="2024-05-01T10:30:00"), by=BY)
        shop.counter.sell(SaleAsk("S-2", (Line("tea", 1000, 350),), sold_at="2024-05-02T10:30:00"), by=BY)
        back = RefundAsk(
            "F-1", (RefundLine("S-1", 0, 1000),), (Line("old", 1000, 99),), refunded_at="2024-05-03T09:00:00"
        )
        shop.counter.refund(back, by=BY)
    return LedgerSales(partial(_reading, tmp_path / "ledger.db"))


def test_a_ledger_says_what_its_members_bought_and_brought_back(sales: LedgerSales) -> None:
    found = by_member(sales.pasts(0, 1))

    (events,) = (events for member, events in found.items() if member is not None)
    mug, tea = Line("mug", 2000, 1200, "cups", 200, "Clay"), Line("tea", 1000, 350)
    assert events == [
        Bought("S-1", "2024-05-01", "10:30", (mug, tea)),
        Returned("F-1", "2024-05-03", "09:00", (("S-1", 0, 1000),), (Line("old", 1000, 99),), 699),
    ]
    assert found[None] == [Bought("S-2", "2024-05-02", "10:30", (tea,))]


def test_the_parts_of_a_ledger_are_all_of_it(sales: LedgerSales) -> None:
    whole = list(sales.pasts(0, 1))

    parts = [past for number in range(4) for past in sales.pasts(number, 4)]

    assert sorted(map(repr, parts)) == sorted(map(repr, whole))


def test_the_extent_of_a_ledger_is_its_days_and_lines(sales: LedgerSales) -> None:
    assert sales.extent() == Extent("2024-05-01", "2024-05-03", 5)


def test_a_ledger_without_sales_is_refused(tmp_path: Path) -> None:
    opened(tmp_path / "ledger.db").close()

    with pytest.raises(InvalidError, match="this till has recorded no sale yet"):
        LedgerSales(partial(_reading, tmp_path / "ledger.db")).extent()
