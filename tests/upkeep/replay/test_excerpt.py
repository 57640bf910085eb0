"""The bundled baskets are what their README says, and come out of the query that stands there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb
import pytest

from agent.upkeep.replay.baskets import count_baskets
from tests.upkeep.replay.truth import truth

DEMO = Path(__file__).parents[3] / "config/demo"
EXCERPT = DEMO / "baskets.csv"


def test_the_excerpt_holds_sales_returns_with_and_without_receipt_and_write_offs() -> None:
    says = truth(EXCERPT)

    assert (says.sales, says.refunds, says.write_offs, says.a_invoices) == (226, 101, 31, 0)
    assert (len(says.customers), len(says.returned), len(says.receiptless)) == (225, 16, 90)
    assert count_baskets(EXCERPT) == 358


def test_the_excerpt_is_small_and_names_its_source_and_licence() -> None:
    readme = (DEMO / "README.md").read_text(encoding="utf-8")

    assert sum(file.stat().st_size for file in DEMO.iterdir()) < 200_000
    assert all(word in readme for word in ("Daqing Chen", "10.24432/C5BW33", "CC BY 4.0"))


@pytest.mark.slow
def test_the_query_in_the_readme_makes_the_excerpt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "TALLYSTICK_DATA" not in os.environ:
        pytest.skip("TALLYSTICK_DATA does not name the folder with online_retail_2010_2011.parquet")
    (query,) = re.findall(r"```sql\n(.*?)```", (DEMO / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "online_retail_2010_2011.parquet").symlink_to(
        Path(os.environ["TALLYSTICK_DATA"]).resolve() / "online_retail_2010_2011.parquet"
    )
    monkeypatch.chdir(tmp_path)

    with duckdb.connect() as connection:
        connection.execute(query).fetchall()

    assert (tmp_path / "baskets.csv").read_bytes() == EXCERPT.read_bytes()
