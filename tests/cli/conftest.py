from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import load_config
from agent.counter import EnrolAsk, RedeemAsk, RefundAsk, RefundLine, SaleAsk, UndoAsk
from agent.daemon import Till
from agent.loyalty.sale import Line
from tests.till_files import TillFiles, card_number, counter_of, set_up, wait_until

BY = "checkout"


@pytest.fixture
def files(tmp_path: Path) -> TillFiles:
    """A till that has never run."""
    return set_up(tmp_path)


@pytest.fixture
def shop(files: TillFiles) -> TillFiles:
    """A till with a member, sales, a redemption given back, one used, and a refund; no agent runs."""
    with counter_of(files) as counter:
        ask = EnrolAsk("E-1", name="Ana Testova", phone="07700 900123", card=card_number(1))
        enrolled = counter.enrol(ask, by=BY)
        account, card = enrolled.account, enrolled.card
        counter.sell(SaleAsk("S-1", (Line("mug", 2000, 120_00), Line("tea", 1000, 3_50)), account), by=BY)
        counter.redeem(RedeemAsk("R-1", account, "points-as-money", card, units=100), by=BY)
        counter.undo(UndoAsk("U-1", "R-1"), by=BY)
        counter.redeem(RedeemAsk("R-2", account, "points-as-money", card, units=20), by=BY)
        counter.sell(SaleAsk("S-2", (Line("tea", 1000, 3_50),), account, redemptions=("R-2",)), by=BY)
        counter.refund(RefundAsk("F-1", (RefundLine("S-1", 0, 1000),)), by=BY)
        counter.sell(SaleAsk("S-3", (Line("cake", 1000, 4_00),)), by=BY)
    return files


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TillFiles]:
    """A till whose agent runs, with all its devices up; the tests of this folder share it."""
    files = set_up(tmp_path_factory.mktemp("running"))
    with Till(load_config(files.config)) as till:
        wait_until(lambda: all(str(report.status) == "enabled" for report in till.devices.reports()))
        yield files
