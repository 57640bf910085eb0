"""Selling without loyalty: the sale is kept, nothing is acknowledged falsely, and it is entered once."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.counter import ClosureAsk, KeptAside, SaleAnswer, SaleAsk, VoidAsk
from agent.counter.aside.keeping import aside_of
from agent.errors import NoRoomError, NotAllowedError, NotKeptError, OpConflictError
from agent.ledger.disk.aside import ASIDE_FILE, Aside, lines_of
from agent.loyalty.closures import Report
from tests.counter.shops import BY, Shop, line, shop_programme
from tests.counter.test_drawing import GAME
from tests.ledger.disk.full import BALLAST, full_disk
from tests.ledger.tills import opened
from tests.loyalty.shops import MONEY, POINTS, programme


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with closing(opened(tmp_path / "ledger.db", ballast=BALLAST)) as ledger:
        yield Shop(ledger, shop_programme())


def sold_without(shop: Shop, ask: SaleAsk) -> KeptAside:
    with full_disk():
        kept = shop.counter.sell_or_keep(ask, by=BY)
    assert isinstance(kept, KeptAside)
    return kept


def listed(shop: Shop) -> list[tuple[str, str | None]]:
    return [(kept.op, kept.refused) for kept in lines_of(shop.ledger.path.with_name("aside"))]


def test_L8_a_sale_that_cannot_be_recorded_is_kept_and_entered_when_it_can(shop: Shop) -> None:
    ana = shop.member()
    before = shop.entries
    kept = sold_without(shop, SaleAsk("op-1", (line(1000),), ana.account, ana.card))

    assert (kept.op, type(kept.why), shop.entries) == ("op-1", NoRoomError, before)
    assert shop.ledger.find("op-1") is None
    shop.counter.enter_aside()
    assert shop.balances(ana.account)["points"] == 10
    assert (listed(shop), shop.entries) == ([], before + 1)


def test_L3_a_sale_kept_aside_counts_once_however_often_and_whenever_it_is_repeated(shop: Shop) -> None:
    ask = SaleAsk("op-1", (line(1000),), shop.member().account)
    before = shop.entries
    sold_without(shop, ask)
    sold_without(shop, ask)
    again = shop.counter.sell_or_keep(ask, by=BY)
    shop.counter.enter_aside()

    assert isinstance(again, SaleAnswer)
    assert not again.repeated
    assert (shop.entries, listed(shop)) == (before + 1, [])


def test_it_is_entered_at_the_time_it_was_made_unless_the_software_stated_one(shop: Shop) -> None:
    stated = SaleAsk("op-1", (line(100),), sold_at="2024-05-01T09:30:00")
    for ask in (stated, replace(stated, op="op-2", sold_at=None)):
        sold_without(shop, ask)
    noted = {op: content["at"] for op, content in shop.counter._aside.waiting()}
    shop.counter.enter_aside()

    times = [shop.ledger.find(op).entry.body["sold_at"] for op in ("op-1", "op-2")]  # type: ignore[union-attr]
    assert times == ["2024-05-01T09:30:00", noted["op-2"]]


def test_what_the_counter_refuses_later_stays_listed_with_the_reason(shop: Shop) -> None:
    sold_without(shop, SaleAsk("op-1", (line(1000),)))
    sold_without(shop, SaleAsk("op-2", (line(1000),)))
    shop.sell("op-1", line(700))
    shop.counter.enter_aside()

    assert listed(shop) == [("op-1", "op_conflict")]
    assert shop.ledger.find("op-2") is not None


def test_what_other_keys_or_another_version_kept_is_listed_as_such_and_holds_nothing_up(shop: Shop) -> None:
    path = shop.ledger.path.with_name(ASIDE_FILE)
    Aside(path, key=bytes(32)).put("S-1", {"at": "now"})
    aside_of(shop.ledger).put("S-2", {"at": "now"})
    sold_without(shop, SaleAsk("S-3", (line(1000),)))

    shop.counter.enter_aside()

    assert listed(shop) == [("S-1", "unreadable"), ("S-2", "unreadable")]
    assert shop.ledger.find("S-3") is not None


def test_L8_the_z_of_a_day_of_games_goes_through_on_a_full_disk(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "ledger.db", ballast=BALLAST)) as ledger:
        shop = Shop(ledger, programme(POINTS, MONEY, GAME))
        shop.counter.sell(SaleAsk("S-1", (line(100),), shop.member().account), by=BY)
        with full_disk():
            assert shop.counter.day.close(ClosureAsk("Z-1", Report.Z), by=BY).closure.number == 1


def test_while_the_disk_is_full_what_is_kept_waits_on(shop: Shop) -> None:
    sold_without(shop, SaleAsk("op-1", (line(1000),)))
    with full_disk(), pytest.raises(NoRoomError):
        shop.counter.enter_aside()

    assert listed(shop) == [("op-1", None)]


def test_another_sale_under_the_op_of_one_that_is_kept_is_refused(shop: Shop) -> None:
    sold_without(shop, SaleAsk("op-1", (line(1000),)))
    with full_disk(), pytest.raises(OpConflictError):
        shop.counter.sell_or_keep(SaleAsk("op-1", (line(2000),)), by=BY)


def test_L8_if_it_cannot_be_kept_either_that_is_the_answer(shop: Shop) -> None:
    shop.ledger.path.with_name("aside").mkdir()
    with full_disk(), pytest.raises(NotKeptError) as caught:
        shop.counter.sell_or_keep(SaleAsk("op-1", (line(1000),)), by=BY)

    assert "keep the receipt" in caught.value.hint


def test_a_recorded_sale_is_answered_as_it_was_though_the_disk_is_full_by_now(shop: Shop) -> None:
    shop.sell("op-1", line(1000))
    with full_disk():
        answer = shop.counter.sell_or_keep(SaleAsk("op-1", (line(1000),)), by=BY)

    assert isinstance(answer, SaleAnswer)
    assert answer.repeated


def test_a_commit_of_unknown_outcome_is_asked_for_once_more(shop: Shop) -> None:
    with shop.ledger.reading() as conn:
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {pages}")
        conn.execute("PRAGMA cache_size = 1")
    lines = tuple(line(100 + number) for number in range(400))
    answer = shop.counter.sell_or_keep(SaleAsk("op-1", lines), by=BY)

    assert isinstance(answer, SaleAnswer)
    assert listed(shop) == []


def test_new_members_and_cards_are_refused_before_anything_is_written(shop: Shop) -> None:
    keys = shop.ledger.path.with_name("keys.db-wal").read_bytes()
    with full_disk():
        for refused in (shop.identify, shop.member):
            with pytest.raises(NoRoomError):
                refused()

    assert shop.ledger.path.with_name("keys.db-wal").read_bytes() == keys


def test_the_last_sale_is_not_undone_in_place_of_one_that_waits_to_be_entered(shop: Shop) -> None:
    ana, ion = shop.member(), shop.member()
    shop.sell("op-1", line(1000), account=ana.account)
    sold_without(shop, SaleAsk("op-2", (line(2000),), ion.account))

    for ask in (VoidAsk("undo"), VoidAsk("undo", sale="op-2")):
        with pytest.raises(NotAllowedError, match="not entered yet"):
            shop.counter.void(ask, by=BY)
    assert shop.balances(ana.account)["points"] == 10
    assert shop.counter.void(VoidAsk("undo-named", sale="op-1"), by=BY).money == 1000

    shop.counter.enter_aside()
    assert shop.counter.void(VoidAsk("undo"), by=BY).money == 2000
