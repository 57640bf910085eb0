"""A till that was restored meets headquarters again: nothing is lost that either holds, and nothing is booked twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import audit
from agent.ledger.clock import TillClock
from agent.upkeep.backup.restoring import Restored, Source, restore
from agent.upkeep.backup.saving import Saved, save
from tests.hq.headquarters import serving, state_of_books, till_rows, wait_for_books
from tests.sync.halves import Till


@pytest.fixture
def served(own_hq: Path) -> Iterator[tuple[Path, str]]:
    """A headquarters of the test's own: books are compared whole, and other tests join accounts."""
    with serving(own_hq) as address:
        yield own_hq, address


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Where the backup lies: on another disk."""
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick" / "till.backup"


def back_up(till: Till, target: Path) -> Saved:
    return save(till.ledger.path, target, till=till.id, clock=TillClock("UTC", alone=False))


def go_back(till: Till, backup: Path, address: str) -> tuple[Till, Restored]:
    """Stop the till, restore it, and start it again."""
    till.__exit__()
    clock = TillClock("UTC", alone=False)
    restored = restore(Source(backup), till.ledger.path, till=till.id, clock=clock, replace=True)
    again = Till(till.folder.parent, till.id.partition("/")[2], address, series=till.series)
    again.sales = 1000  # its point-of-sale software was not restored, and uses no op again
    return again, restored


def settle(till: Till, hq: Path) -> None:
    """Let the till send what it has, and then hear what came of it."""
    till.meet()
    wait_for_books(hq)
    till.meet()


def check_halves_agree(till: Till, hq: Path) -> None:
    """What the till holds of each lot is what the books say, and the books are the sum of their postings."""
    with till.ledger.reading() as conn:
        own = conn.execute("SELECT account, unit, lot, expires, amount FROM lot WHERE amount != 0").fetchall()
    accounts = {lot[0] for lot in own}
    said: list[Any] = [lot for lot in state_of_books(hq)["lots"] if lot[0] in accounts and lot[-1]]

    assert said == sorted(own, key=repr)
    assert wait_for_books(hq).balanced
    audit.verify(till.ledger)
    audit.check_derived(till.ledger)


def test_S8_a_till_restored_to_what_headquarters_heard_last_goes_on(
    till: Till, hq: Path, address: str, backup: Path
) -> None:
    till.enrol_member(1, "Ada", "020 7946 0201")
    till.sell(100, card=1)
    settle(till, hq)
    stop = threading.Event()

    def sell() -> None:
        for number in range(400):
            if stop.is_set():
                return
            till.sell(1, card=1, op=f"meanwhile-{till.series}-{number}")

    seller = threading.Thread(target=sell)
    seller.start()
    saved = back_up(till, backup)
    stop.set()
    seller.join()

    again, restored = go_back(till, backup, address)
    with again:
        assert (restored.entries, restored.head) == (saved.entries, saved.head)
        again.sell(7, card=1)
        settle(again, hq)

        row = till_rows(hq)[again.id]
        assert (row.entries, row.waiting, row.flags) == (saved.entries + 2, 0, ())
        check_halves_agree(again, hq)


def test_S8_what_headquarters_had_heard_after_the_backup_is_neither_lost_nor_doubled(
    till: Till, hq: Path, address: str, backup: Path
) -> None:
    till.enrol_member(1, "Ada", "020 7946 0202")
    till.sell(100, card=1)
    settle(till, hq)
    back_up(till, backup)
    for pounds in (10, 20):
        till.sell(pounds, card=1)
    till.sell(5, card=2)
    settle(till, hq)
    heard = till_rows(hq)[till.id].entries

    again, _ = go_back(till, backup, address)
    with again:
        assert again.points(1) == 100
        again.sell(7, card=1)
        settle(again, hq)  # nobody else spoke as this till since: it goes on by itself
        assert "counter" in str(till_rows(hq)[again.id].flags)

        assert again.points(1) == 100 + 10 + 20 + 7
        assert again.points(2) == 5
        assert till_rows(hq)[again.id].entries == heard + 2
        assert again.meeting is not None
        assert again.meeting.waiting == 0
        again.sell(3, card=2)
        settle(again, hq)
        assert again.points(2) == 8
        check_halves_agree(again, hq)


def test_S8_an_entry_that_headquarters_set_aside_after_the_backup_is_not_taken_for_a_later_one(
    till: Till, hq: Path, address: str, backup: Path
) -> None:
    till.enrol_member(1, "Ada", "020 7946 0203")
    settle(till, hq)
    back_up(till, backup)
    till.append("odd-1", "sale", {"account": None, "redemptions": []})
    till.append("odd-2", "sale", {"account": None, "redemptions": []})
    settle(till, hq)

    again, _ = go_back(till, backup, address)
    with again:
        again.sell(7, card=1)
        settle(again, hq)

        assert till_rows(hq)[again.id].quarantined == 2
        assert again.points(1) == 7


def test_S8_a_till_restored_twice_from_one_backup_goes_on(till: Till, hq: Path, address: str, backup: Path) -> None:
    till.enrol_member(1, "Ada", "020 7946 0204")
    settle(till, hq)
    back_up(till, backup)
    till.sell(10, card=1)
    settle(till, hq)
    for pounds in (20, 30):
        till, _ = go_back(till, backup, address)
        till.sell(pounds, card=1, op=f"twice-{till.series}-{pounds}")
        settle(till, hq)

    with till:
        assert till.points(1) == 10 + 20 + 30
        audit.check_held(till.ledger)
        check_halves_agree(till, hq)
