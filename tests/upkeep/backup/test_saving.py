"""Backups: whole, verified, of one moment of a till that goes on selling; and none by halves."""

from __future__ import annotations

import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from agent.counter import EnrolAsk
from agent.errors import BackupError, LedgerError
from agent.ledger import audit
from agent.ledger.ledger import Ledger
from agent.upkeep.backup.copying import copy_database
from agent.upkeep.backup.keys_copies import keys_copies
from agent.upkeep.backup.saving import save_keys
from tests.counter.shops import BY, CARD, Shop, line
from tests.ledger.tills import TILL, opened, sale
from tests.upkeep.backup.backups import back_up, lay_hands_on, names, read

ROOT = Path(__file__).parents[3]
DAY_MS = 24 * 3600 * 1000


def test_a_backup_holds_the_journal_what_is_kept_and_what_is_derived(
    shop: Shop, ledger_path: Path, stick: Path
) -> None:
    shop.member(points=20)
    target = stick / "till.backup"

    saved = back_up(ledger_path, target)

    at = shop.ledger.identity
    assert (saved.entries, saved.seq, saved.epoch, saved.head) == (at.seq, at.seq, at.epoch, at.head.hex())
    assert (saved.bytes, saved.till) == (target.stat().st_size, TILL)
    for table in ("entry", "profile", "search", "slip", "lot", "card"):
        query = f"SELECT * FROM {table} ORDER BY 1"  # noqa: S608 - names that stand here
        with shop.ledger.reading() as conn:
            assert read(target, query) == conn.execute(query).fetchall()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert names(stick) == ["till.backup"]


def test_a_backup_of_the_ledger_opens_no_name(shop: Shop, ledger_path: Path, stick: Path) -> None:
    shop.counter.enrol(EnrolAsk("E-1", name="Zebediah Testov", card=CARD), by=BY)
    back_up(ledger_path, stick / "till.backup")

    data = (stick / "till.backup").read_bytes()

    keys = [key for (key,) in read(ledger_path.with_name("keys.db"), "SELECT key FROM key")]
    assert len(keys) >= 2
    assert not [secret for secret in (b"Zebediah", CARD.encode(), *keys) if secret in data]


def test_a_backup_is_of_one_moment_and_stops_no_sale(shop: Shop, ledger_path: Path, stick: Path) -> None:
    account = shop.identify().account
    sold: list[str] = []
    stop = threading.Event()

    def sell(name: int) -> None:
        while not stop.is_set():
            op = f"S-{name}-{len(sold)}"
            shop.sell(op, line(100), account=account)
            sold.append(op)

    threads = [threading.Thread(target=sell, args=(name,)) for name in range(2)]
    for thread in threads:
        thread.start()
    counts = []
    for number in range(5):
        before = len(sold)
        saved = back_up(ledger_path, stick / f"{number}.backup")
        counts.append((before, saved.entries, len(sold)))
    stop.set()
    for thread in threads:
        thread.join()

    for number, (before, entries, after) in enumerate(counts):
        assert before <= entries - 2 <= after + 2
        assert read(stick / f"{number}.backup", "SELECT max(n), count(*) FROM entry") == [(entries, entries)]
    assert counts[-1][2] > counts[0][0]
    audit.verify(shop.ledger)


def test_the_copy_never_checkpoints(ledger: Ledger, stick: Path) -> None:
    for number in range(50):
        ledger.append(sale(f"op-{number}"))
    wal = ledger.path.with_name("ledger.db-wal")
    before, file = wal.read_bytes(), ledger.path.read_bytes()

    copy_database(ledger.path, stick / "copy")

    assert len(before) > 50 * 4096
    assert (wal.read_bytes(), ledger.path.read_bytes()) == (before, file)


def test_sales_commit_while_pages_are_copied(ledger: Ledger, stick: Path) -> None:
    with ledger.write() as conn:
        conn.executemany("INSERT INTO state VALUES (?, ?)", [(f"filler-{n}", bytes(4000)) for n in range(3000)])
    steps: list[int] = []

    def sell(done: int, _whole: int) -> None:
        ledger.append(sale(f"op-{done}"))
        ledger.checkpoint()
        steps.append(done)

    copy_database(ledger.path, stick / "copy", progress=sell)

    assert len(steps) >= 3
    assert ledger.identity.seq == 1 + len(steps)
    assert read(stick / "copy", "SELECT count(*) FROM entry") == [(1,)]


def test_a_backup_of_a_till_that_is_off_is_as_good(ledger_path: Path, stick: Path) -> None:
    with closing(opened(ledger_path)) as ledger:
        ledger.append(sale("op-1"))
        at = ledger.identity

    assert back_up(ledger_path, stick / "b").head == at.head.hex()


def test_an_older_backup_is_replaced_by_one_that_holds_all_of_it(ledger: Ledger, stick: Path) -> None:
    back_up(ledger.path, stick / "b")
    ledger.append(sale("op-1"))
    ledger.begin_epoch()

    assert back_up(ledger.path, stick / "b").entries == 3
    assert read(stick / "b", "SELECT count(*) FROM entry") == [(3,)]


def test_a_backup_that_holds_more_is_never_replaced(tmp_path: Path, stick: Path) -> None:
    """A till that lost its ledger and began anew must not write over the one backup of the old one."""
    for number in (1, 2):
        with closing(opened(tmp_path / f"till-{number}" / "ledger.db")) as ledger:
            ledger.append(sale("op-1"))
            if number == 1:
                back_up(ledger.path, stick / "b")
                kept = (stick / "b").read_bytes()
                continue
            with pytest.raises(BackupError, match="holds entries that this ledger does not") as refused:
                back_up(ledger.path, stick / "b")

    assert "keep that file" in refused.value.hint
    assert (stick / "b").read_bytes() == kept
    assert names(stick) == ["b"]


def test_what_is_no_backup_is_never_replaced(ledger: Ledger, stick: Path) -> None:
    (stick / "letter").write_text("Dear Ana")

    with pytest.raises(BackupError, match="no backup of this till"):
        back_up(ledger.path, stick / "letter")

    assert (stick / "letter").read_text() == "Dear Ana"


@pytest.mark.parametrize("name", ["ledger.db", "keys.db", "backup"])
def test_a_backup_does_not_lie_in_the_tills_own_folder(ledger: Ledger, name: str) -> None:
    with pytest.raises(BackupError, match="own folder") as refused:
        back_up(ledger.path, ledger.path.parent / name)

    assert "another disk" in refused.value.hint


def test_without_a_ledger_there_is_no_backup(tmp_path: Path, stick: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger"):
        back_up(tmp_path / "ledger.db", stick / "b")

    assert names(stick) == []


def test_a_damaged_ledger_gives_no_backup_and_leaves_the_old_one(ledger_path: Path, stick: Path) -> None:
    with closing(opened(ledger_path)) as ledger:
        ledger.append(sale("op-1"))
    back_up(ledger_path, stick / "b")
    kept = (stick / "b").read_bytes()
    lay_hands_on(ledger_path)

    with pytest.raises(BackupError, match="the ledger is damaged, and no backup of it was made"):
        back_up(ledger_path, stick / "b")

    assert (stick / "b").read_bytes() == kept
    assert names(stick) == ["b"]


_BACK_UP = """
import sys
from pathlib import Path
from tests.upkeep.backup.backups import back_up
back_up(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_disk_that_takes_no_more_is_named_and_keeps_nothing_of_it(ledger: Ledger, stick: Path) -> None:
    ledger.remember({"filler": bytes(200_000)})

    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [sys.executable, "-c", _BACK_UP, str(ledger.path), str(stick / "b")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=small_files_only, timeout=30
    )

    assert f"BackupError: '{stick / 'b'}' cannot be written: " in done.stderr
    assert names(stick) == []


def test_what_a_kill_left_half_written_is_written_again(ledger: Ledger, stick: Path) -> None:
    for name in ("b.part", "b.part-journal", "b.part-wal"):
        (stick / name).write_bytes(b"half")

    back_up(ledger.path, stick / "b")

    assert names(stick) == ["b"]


# -- keys --------------------------------------------------------------------------------------------------------------


def test_x1_the_keys_are_backed_up_apart_and_their_age_is_known(shop: Shop, ledger_path: Path, stick: Path) -> None:
    shop.member()
    save_keys(ledger_path, stick / "old", now_ms=0)

    saved = save_keys(ledger_path, stick / "keys", now_ms=40 * DAY_MS)

    assert saved.keys == len(read(stick / "keys", "SELECT account FROM key")) >= 2
    assert stat.S_IMODE((stick / "keys").stat().st_mode) == 0o600
    copies = {Path(copy.file).name: copy.days(41 * DAY_MS) for copy in keys_copies(ledger_path.parent)}
    assert copies == {"old": 41, "keys": 1}


def test_x1_a_copy_of_the_keys_that_was_destroyed_is_asked_for_no_more(ledger: Ledger, stick: Path) -> None:
    save_keys(ledger.path, stick / "keys", now_ms=0)
    (stick / "keys").unlink()

    assert list(keys_copies(ledger.path.parent)) == []


def test_x1_a_copy_on_a_stick_that_was_pulled_out_is_not_forgotten(ledger: Ledger, stick: Path) -> None:
    save_keys(ledger.path, stick / "keys", now_ms=0)
    shutil.move(stick, stick.with_name("drawer"))
    save_keys(ledger.path, ledger.path.parents[1] / "more", now_ms=1)

    assert [Path(copy.file).name for copy in keys_copies(ledger.path.parent)] == ["keys", "more"]


def test_a_newer_backup_of_the_keys_takes_the_place_of_the_older(ledger: Ledger, stick: Path) -> None:
    for now_ms in (0, 5):
        save_keys(ledger.path, stick / "keys", now_ms=now_ms)

    assert [copy.made_ms for copy in keys_copies(ledger.path.parent)] == [5]


def test_another_tills_keys_are_never_replaced(ledger: Ledger, tmp_path: Path, stick: Path) -> None:
    with closing(opened(tmp_path / "other" / "ledger.db")) as other:
        save_keys(other.path, stick / "keys", now_ms=0)
    kept = (stick / "keys").read_bytes()

    for target in (stick / "keys", stick / "letter"):
        (stick / "letter").write_text("Dear Ana")
        with pytest.raises(BackupError, match="no backup of this till's keys"):
            save_keys(ledger.path, target, now_ms=1)

    assert (stick / "keys").read_bytes() == kept
