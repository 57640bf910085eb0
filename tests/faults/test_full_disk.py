"""A disk of eight megabytes that is really full: what still goes through, what is kept aside, and that it gets well."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.counter import ClosureAsk, EnrolAsk, KeptAside, RedeemAsk, SaleAnswer, SaleAsk, UndoAsk
from agent.errors import LedgerError, NotKeptError
from agent.ledger import audit
from agent.ledger.disk.aside import lines_of
from agent.loyalty.closures import Report
from tests.counter.shops import BY, Shop, line, shop_programme
from tests.ledger.tills import opened

pytestmark = pytest.mark.faults

MEGABYTE = 1024 * 1024
BALLAST = MEGABYTE


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "till", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def shop(disk: Path) -> Iterator[Shop]:
    with closing(opened(disk / "ledger.db", ballast=BALLAST)) as ledger:
        yield Shop(ledger, shop_programme())


def fill(disk: Path) -> Path:
    """Somebody else fills the disk to its last byte."""
    other = disk / "somebody-elses.log"
    with other.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return other
    raise AssertionError("the disk has no end")


def sell(shop: Shop, op: str) -> SaleAnswer | KeptAside:
    return shop.counter.sell_or_keep(SaleAsk(op, (line(100),)), by=BY)


def test_L8_on_a_full_disk_voids_and_closures_go_through_and_sales_are_kept_aside(shop: Shop, disk: Path) -> None:
    ana = shop.member(points=200)
    shop.redeem("spent", ana.account, units=100)
    log = fill(disk)

    assert isinstance(sell(shop, "S-1"), KeptAside)
    with pytest.raises(LedgerError, match="full"):
        shop.counter.enrol(EnrolAsk("E-2", name="Ion Exemplu"), by=BY)
    with pytest.raises(LedgerError, match="full"):
        shop.counter.redeem(RedeemAsk("spent-2", ana.account, "money", units=100), by=BY)
    shop.counter.undo(UndoAsk("undone", "spent"), by=BY)
    shop.counter.day.close(ClosureAsk("Z", Report.Z), by=BY)
    assert not (disk / "ballast").exists()

    log.unlink()
    assert isinstance(sell(shop, "S-2"), SaleAnswer)
    shop.counter.enter_aside()
    assert lines_of(disk / "aside") == []
    assert shop.ledger.find("S-1") is not None
    assert (disk / "ballast").stat().st_blocks * 512 >= BALLAST
    assert shop.balances(ana.account)["points"] == 200
    audit.verify(shop.ledger)
    audit.check_derived(shop.ledger)


def test_L8_a_disk_that_fills_up_in_the_middle_of_a_day_loses_nothing_that_was_acknowledged(
    shop: Shop, disk: Path
) -> None:
    log = fill(disk)
    log.write_bytes(bytes(log.stat().st_size - BALLAST // 2))
    recorded: list[str] = []
    kept: list[str] = []
    for number in range(80):
        op = f"S-{number}"
        try:
            answer = sell(shop, op)
        except NotKeptError:
            break
        (kept if isinstance(answer, KeptAside) else recorded).append(op)
    log.unlink()
    shop.counter.enter_aside()

    assert recorded
    assert kept
    assert [op for op in recorded + kept if shop.ledger.find(op) is None] == []
    assert shop.entries == 1 + len(recorded) + len(kept)
    audit.verify(shop.ledger)


def test_a_till_starts_on_a_full_disk_and_says_what_is_wrong(disk: Path) -> None:
    with closing(opened(disk / "ledger.db", ballast=BALLAST)) as ledger:
        shop = Shop(ledger, shop_programme())
        shop.sell("S-1", line(100))
    fill(disk)
    with closing(opened(disk / "ledger.db", ballast=BALLAST)) as ledger:
        shop = Shop(ledger, shop_programme())

        assert isinstance(sell(shop, "S-2"), KeptAside)
        assert "is full" in str(ledger.trouble)
