"""Three shops, headquarters on PostgreSQL with two workers, bad lines, plugs pulled: both sides' books are the same."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path

import orjson
import pytest

from agent.cli.output import open_ledger
from agent.config import load_config
from agent.upkeep.replay.baskets import read_baskets
from agent.upkeep.replay.plan import plan
from hq.books.totals import books
from play.halves import Half, hq_half, till_half
from tests.e2e.three_shops import SHOPS, Gremlin, Headquarters, ShopHouse, dealt
from tests.faults.sync.both_books import Lots, lots_of_books, lots_of_till
from tests.faults.sync.proxy import proxy
from tests.hq.headquarters import opened, till_rows
from tests.hq.postgres import Postgres
from tests.upkeep.replay.test_excerpt import EXCERPT
from tests.upkeep.replay.truth import truth

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(3 * 3600),
    pytest.mark.skipif(find_spec("pgserver") is None, reason="pgserver has no wheel for this Python"),
]


def play_over_three_shops(baskets: Path, folder: Path, postgres: Postgres, *, times: int, agree_s: float) -> None:
    """Play `baskets` over three shops; in the end both sides hold the same and what SQL says of the file."""
    seed = int(os.environ.get("TALLYSTICK_SEED", time.time_ns()))
    print(f"TALLYSTICK_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    says, hands = truth(baskets), dealt(list(plan(read_baskets(baskets))), shops=len(SHOPS))
    with ExitStack() as stack:
        hq = Headquarters(folder / "hq", stack.enter_context(postgres.made()))
        stack.callback(hq.stop)
        hq.start()
        lines = [stack.enter_context(proxy(hq.url)) for _ in SHOPS]
        made = zip(SHOPS, lines, strict=True)
        houses = [ShopHouse(folder / shop, shop=shop, hq=hq.folder, line=line) for shop, line in made]
        for house in houses:
            stack.enter_context(house)
        with Gremlin(hq, houses, lines, times=times, seed=seed) as gremlin, ThreadPoolExecutor(len(SHOPS)) as pool:
            played = list(pool.map(ShopHouse.play, houses, hands))
            wait_until(lambda: gremlin.is_done, agree_s)
        wait_until(lambda: all_agree(hq, houses), agree_s)

        assert not gremlin.errors
        check_halves(hq, houses)
        with opened(hq.folder) as database, database.read() as conn:
            summed = orjson.loads(hq_books(hq, houses[0]))
            half = hq_half(summed)
            assert books(conn).quarantined == 0
        assert (half.sales, half.refunds) == (says.sales, says.refunds)
        assert (half.sales_money, half.refunds_money) == (says.sales_money, says.refunds_money)
        assert sum(one.sales + one.refunds for one in played) == says.sales + says.refunds


def hq_books(hq: Headquarters, house: ShopHouse) -> bytes:
    return house.command("tally-hq", "books", "--dir", str(hq.folder), "--json")


def check_halves(hq: Headquarters, houses: list[ShopHouse]) -> None:
    """Headquarters' books are what the three tills' journals add up to, and no entry or unit is lost or doubled."""
    halves = [till_half(house.config) for house in houses]
    half = hq_half(orjson.loads(hq_books(hq, houses[0])))
    units: Counter[str] = Counter()
    for one in halves:
        units.update(one.units)
    assert half == Half(
        sum(one.sales for one in halves),
        sum(one.sales_money for one in halves),
        sum(one.refunds for one in halves),
        sum(one.refunds_money for one in halves),
        dict(units),
    )


def all_agree(hq: Headquarters, houses: list[ShopHouse]) -> bool:
    """Say whether headquarters holds and has booked every entry, and every till knows what every member has."""
    rows = till_rows(hq.folder)
    for house in houses:
        own = house.running.ask("GET", "/v1/status")["journal"]
        row = rows[f"{house.shop}/1"]
        if (row.entries, row.head, row.waiting) != (own["seq"], own["head"], 0):
            return False
    with opened(hq.folder) as database, database.read() as conn:
        said = lots_of_books(conn)
    return all(lots_known(house) == said for house in houses)


def lots_known(house: ShopHouse) -> Lots:
    with closing(open_ledger(load_config(house.config), read_only=True)) as ledger, ledger.reading() as conn:
        return lots_of_till(conn)


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "the halves do not agree in time"
        time.sleep(0.5)


def test_an_excerpt_over_three_shops_ends_in_identical_books(tmp_path: Path, postgres: Postgres) -> None:
    play_over_three_shops(EXCERPT, tmp_path, postgres, times=1, agree_s=120)


def test_the_whole_data_set_over_three_shops_ends_in_identical_books(tmp_path: Path, postgres: Postgres) -> None:
    if "TALLYSTICK_DATA" not in os.environ:
        pytest.skip("TALLYSTICK_DATA does not name the folder with online_retail_2010_2011.parquet")
    baskets = Path(os.environ["TALLYSTICK_DATA"]) / "online_retail_2010_2011.parquet"

    play_over_three_shops(baskets, tmp_path, postgres, times=4, agree_s=1800)
