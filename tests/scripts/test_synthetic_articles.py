import io
import sys
from pathlib import Path

import pytest

from agent.loyalty.articles import read_articles
from play.articles import MARGIN_MAX, MARGIN_MIN, main, synthetic_cost
from tests.till_files import ROOT
from tests.upkeep.replay.written import write_csv


def written(path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    main(path)
    return out.getvalue().encode()


def test_a_synthetic_cost_is_the_same_everywhere_and_leaves_the_stated_margin() -> None:
    costs = [synthetic_cost(f"a{n}", 10_000) for n in range(200)]

    assert min(costs) >= 10_000 * (100 - MARGIN_MAX) // 100
    assert max(costs) <= 10_000 * (100 - MARGIN_MIN) // 100
    assert len(set(costs)) == MARGIN_MAX - MARGIN_MIN + 1
    assert synthetic_cost("85123A", 255) == 124  # 51 percent


def test_the_table_has_every_article_once_says_that_it_is_synthetic_and_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path, "1,B,2,09:00,1.00,7", "2,A,1,09:01,5.00,7", "3,B,1,09:02,3.00,", "4,gift_1,1,09:03,10,")

    table = read_articles(written(path, monkeypatch))

    assert [(row.sku, row.name, row.category) for row in table.rows] == [
        ("A", "synthetic cost", None),
        ("B", "synthetic cost", None),
        ("gift_1", "synthetic cost", "gift-card"),
    ]
    assert table.rows[1].cost == synthetic_cost("B", 100) * 100


def test_the_bundled_baskets_make_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = read_articles(written(ROOT / "config" / "demo" / "baskets.csv", monkeypatch))

    assert len(table.rows) > 700
