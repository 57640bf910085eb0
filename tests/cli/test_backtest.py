from pathlib import Path

from tests.cli.said import tally
from tests.till_files import GENERAL_SHOP, ROOT, TillFiles

BASKETS = ROOT / "config" / "demo" / "baskets.csv"


def test_a_draft_is_judged_over_a_file_of_baskets() -> None:
    said = tally("programme", "backtest", GENERAL_SHOP, BASKETS, "--margin", "40")

    assert said.status == 0
    assert said.err == ""
    assert "226 sales, 1,446 lines, 2011-01-04 to 2011-01-13" in said.out
    assert "pays if members buy more by" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())


def test_a_draft_is_compared_with_the_programme_in_force(tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(GENERAL_SHOP.read_text().replace("give = 1", "give = 2"))

    said = tally("programme", "backtest", draft, BASKETS, "--against", GENERAL_SHOP)

    assert said.status == 0
    assert "in force" in said.out
    assert "winners" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())


def test_without_baskets_the_till_s_own_ledger_is_judged(shop: TillFiles) -> None:
    report = tally("programme", "backtest", GENERAL_SHOP, "--config", shop.config, "--json").json

    assert report["goods"]["sales"] == 3
    assert report["figures"]["reach"]["members"] == 1


def test_closing_says_who_holds_how_much(tmp_path: Path) -> None:
    ending = tmp_path / "ending.toml"
    days = '[closing]\nnotice = "2027-01-01"\nlast_earn = "2027-03-31"\nlast_spend = "2027-06-30"\n'
    ending.write_text(GENERAL_SHOP.read_text() + days)

    said = tally("programme", "closing", ending, BASKETS)
    rows = tally("programme", "closing", ending, BASKETS, "--json").json

    assert "told from 2027-01-01, earned until 2027-03-31, spent until 2027-06-30" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())
    assert [row["segment"] for row in rows] == ["regulars", "occasional", "sleeping", "gone"]
    assert sum(row["members"] for row in rows) == 225


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in tally("programme", "backtest", tmp_path / "none.toml", BASKETS).refusal
    missing = tally("programme", "backtest", GENERAL_SHOP, BASKETS, "--articles", tmp_path / "none.csv")
    assert "cannot be read" in missing.refusal
