"""The whole way, plugs pulled: cards through a reader's driver, sales over the API, slips, sync, books at HQ."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.feed import open_feeder
from agent.upkeep.replay.plan import plan
from agent.upkeep.replay.player import ReplaySummary, play
from play.halves import hq_half, till_half
from play.house import House
from tests.e2e.books import customers_at_hq, ops_at_hq, ops_at_till
from tests.e2e.monkey import Monkey, played_ops
from tests.upkeep.replay.test_excerpt import EXCERPT
from tests.upkeep.replay.truth import truth


def play_with_plugs_pulled(baskets: Path, folder: Path, *, reader: str, times: int, agree_s: float) -> ReplaySummary:
    """Play `baskets` and check at the end that both halves say what SQL says of the file."""
    seed = int(os.environ.get("TALLYSTICK_SEED", time.time_ns()))
    print(f"TALLYSTICK_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    says, planned = truth(baskets), list(plan(read_baskets(baskets)))
    house = House(folder, reader=reader)
    with open_feeder(reader, house.feed) as feeder, house:
        monkey = Monkey(house, planned, times=times, seed=seed)
        summary = play(monkey.through(), url=house.running.url, token=house.token(), feeder=feeder)
        books = house.wait_for_agreement(agree_s)
        slips = house.wait_for_slips(agree_s)
        till, hq = till_half(house.config), hq_half(books)
        customers = customers_at_hq(house.hq_folder, house.config, list(says.customers))
        till_ops, hq_ops = ops_at_till(house.config), ops_at_hq(house.hq_folder)

    assert not monkey.errors
    assert sorted(monkey.kills) == ["hq"] * times + ["till"] * times
    assert till == hq
    assert (hq.sales, hq.refunds) == (says.sales, says.refunds)
    assert (hq.sales_money, hq.refunds_money) == (says.sales_money, says.refunds_money)
    assert customers == says.customers
    assert till_ops == played_ops(planned)
    assert sorted(hq_ops) == sorted(till_ops)
    assert (slips["all"], slips["failed"]) == (len(till_ops), 0)
    assert books["balanced"]
    assert books["quarantined"] == 0
    return summary


def test_the_excerpt_ends_in_equal_books_though_plugs_are_pulled(tmp_path: Path) -> None:
    play_with_plugs_pulled(EXCERPT, tmp_path, reader="serial", times=1, agree_s=60)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_whole_data_set_ends_in_equal_books_though_plugs_are_pulled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "TALLYSTICK_DATA" not in os.environ:
        pytest.skip("TALLYSTICK_DATA does not name the folder with online_retail_2010_2011.parquet")
    baskets = Path(os.environ["TALLYSTICK_DATA"]) / "online_retail_2010_2011.parquet"

    summary = play_with_plugs_pulled(baskets, tmp_path, reader="serial", times=3, agree_s=900)

    assert (summary.sales, summary.refunds) == (20_725, 3_836)
    assert summary.write_offs + summary.a_invoices == 1_339
    with capsys.disabled():
        print(f"\n{summary}\n{summary.sales_per_s:.0f} sales/s")  # noqa: T201 - reported when the test has passed
