"""The ledger's watch: what it tells the screens, and what it enters."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.counter import SaleAsk
from agent.daemon.ledger import LedgerWatch
from agent.web.events import EventHub
from tests.counter.shops import BY, Shop, line, shop_programme
from tests.ledger.disk.full import BALLAST, full_disk
from tests.ledger.tills import opened


class Watched:
    """A shop, its watch, and what the screens were told."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.told: list[Any] = []
        events = EventHub()
        events.attach("ledger", self.told.append)
        self.watch = LedgerWatch(shop.ledger, shop.counter, events)

    def sell(self, op: str) -> None:
        self.shop.counter.sell_or_keep(SaleAsk(op, (line(1000),)), by=BY)

    @property
    def words(self) -> list[str]:
        return [told["word"] for told in self.told]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with closing(opened(tmp_path / "ledger.db", ballast=BALLAST)) as ledger:
        yield Watched(Shop(ledger, shop_programme()))


def test_L8_the_screens_are_told_once_that_sales_are_without_loyalty_and_once_that_all_is_well(
    watched: Watched,
) -> None:
    watched.watch.look()
    with full_disk():
        watched.watch.look()
        watched.watch.look()
        status = watched.watch.to_map()
    watched.watch.look()

    assert watched.words == ["selling without loyalty", "well"]
    assert status["why"]["code"] == "no_room"
    assert watched.watch.to_map() == {"word": "well", "why": None, "aside": []}


def test_what_was_kept_aside_is_entered_as_soon_as_there_is_room(watched: Watched) -> None:
    with full_disk():
        watched.watch.look()
        watched.sell("op-1")
        waiting = watched.watch.to_map()["aside"]
    watched.watch.look()

    assert waiting == [{"op": "op-1", "refused": None}]
    assert watched.shop.ledger.find("op-1") is not None
    assert watched.watch.to_map()["aside"] == []


def test_what_is_refused_stays_in_the_status_and_is_tried_again_after_a_while(watched: Watched) -> None:
    with full_disk():
        watched.sell("op-1")
    watched.shop.sell("op-1", line(700))
    for _ in range(5):
        watched.watch.look()

    assert watched.watch.to_map()["aside"] == [{"op": "op-1", "refused": "op_conflict"}]
    assert len(watched.told) == 1
