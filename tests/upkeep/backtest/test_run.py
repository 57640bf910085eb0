import os
from pathlib import Path

import pytest

from agent.errors import ArticlesError, InvalidError, ProgrammeError
from agent.upkeep.backtest import run
from agent.upkeep.backtest.reading import BasketsFile
from agent.upkeep.backtest.run import Question, backtest
from tests.till_files import GENERAL_SHOP, ROOT
from tests.upkeep.replay.written import write_csv

SHOP = GENERAL_SHOP.read_bytes()
TWICE = SHOP.replace(b"give = 1", b"give = 2")
EXCERPT = BasketsFile(ROOT / "config" / "demo" / "baskets.csv")


def test_a_back_test_says_what_a_programme_would_have_cost() -> None:
    report = backtest(Question(SHOP, EXCERPT), margin=4000)

    assert (report.goods.sales, report.figures.member_sales, report.figures.reach.members) == (226, 195, 225)
    assert report.figures.given > 0
    assert report.figures.break_even is not None
    assert report.current is None
    assert report.changes == ()


def test_a_draft_that_gives_twice_as_much_has_winners_and_no_losers() -> None:
    report = backtest(Question(TWICE, EXCERPT, current=SHOP))

    assert report.current is not None
    assert report.figures.cost_rate > report.current.cost_rate
    assert sum(change.winners for change in report.changes) > 100
    assert sum(change.losers for change in report.changes) == 0


@pytest.mark.slow
def test_several_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = backtest(Question(TWICE, EXCERPT, current=SHOP))
    monkeypatch.setattr(run, "LINES_A_PROCESS", 800)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    together = backtest(Question(TWICE, EXCERPT, current=SHOP))

    assert together == alone


def test_costs_of_the_articles_are_the_margin_and_unknown_ones_are_counted(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "1,A,2,09:00,1.00,7", "2,B,1,09:01,5.00,7")
    articles = b"sku,category,cost\nA,gift-card,0.60\n"

    report = backtest(Question(SHOP, BasketsFile(path), articles=articles), margin=100)

    assert (report.figures.margin, report.goods.unknown) == (4000, 1)
    assert report.figures.owed == 5  # A is a gift card by the table and earns nothing


def test_the_currencies_of_two_programmes_must_be_one() -> None:
    with pytest.raises(InvalidError, match="the draft counts in GBP and the programme in force in EUR"):
        backtest(Question(SHOP, EXCERPT, current=SHOP.replace(b'"GBP"', b'"EUR"')))


def test_what_cannot_be_read_is_refused_before_anything_is_judged() -> None:
    with pytest.raises(ProgrammeError):
        backtest(Question(b"name = 1", EXCERPT))
    with pytest.raises(ArticlesError):
        backtest(Question(SHOP, EXCERPT, articles=b"nothing"))


@pytest.mark.slow
def test_a_year_of_a_real_shop_is_judged_in_twenty_seconds_of_processor_time() -> None:
    """Half a million lines: ten seconds on two cores. The members' net turnover is the sum published for this data."""
    if "TALLYSTICK_DATA" not in os.environ:
        pytest.skip("TALLYSTICK_DATA does not name the folder with online_retail_2010_2011.parquet")
    source = BasketsFile(Path(os.environ["TALLYSTICK_DATA"]) / "online_retail_2010_2011.parquet")
    started = sum(os.times()[:4])

    report = backtest(Question(SHOP, source))

    assert sum(os.times()[:4]) - started < 20
    assert (report.extent.lines, report.figures.reach.members) == (541_909, 4372)
    assert report.figures.member_turnover == 830_006_581
    assert report.figures.reach.reached > 2000
