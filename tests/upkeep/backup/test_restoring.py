"""Putting a backup back: nothing is lost that was there, nothing collides with what was recorded since."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.counter import EraseAsk, FindAsk, SaleAsk
from agent.errors import BackupError, LedgerDamagedError, LedgerError, LedgerInUseError
from agent.journal.entry import decode_entry
from agent.ledger import audit
from agent.ledger.kept import programmes
from agent.ledger.kept.feed import cursor_of
from agent.ledger.kept.profiles.finding import by_name
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.outbox import restored_over
from agent.loyalty.programme import load
from agent.upkeep.backup.keys_copies import keys_copies
from agent.upkeep.backup.saving import save_keys
from tests.counter.shops import BY, CARD, NEXT_CARD, line, open_shop, shop_programme
from tests.counter.test_drawing import GAME
from tests.ledger.kept.test_feed import Feed, told
from tests.ledger.tills import derived, enrol, opened, sale, tamper
from tests.loyalty.shops import HEAD, MONEY, POINTS
from tests.upkeep.backup.backups import back_up, lay_hands_on, names, put_back, read


def asides(ledger: Path) -> list[str]:
    """What was moved aside, by name."""
    return sorted(path.name for path in ledger.parent.iterdir() if ".until-" in path.name)


def sold_and_saved(path: Path, target: Path, *, more: int = 0) -> None:
    """A till with a member and a sale, backed up, and `more` sales after that; it is off."""
    with closing(opened(path)) as ledger:
        enrol(ledger, "a", {"name": "Ana"})
        ledger.append(sale("op-1"))
        back_up(path, target)
        for number in range(more):
            ledger.append(sale(f"later-{number}"))


@pytest.fixture
def backup(stick: Path) -> Path:
    return stick / "till.backup"


def test_a_restored_till_knows_its_members_and_sells_on(home: Path, ledger_path: Path, backup: Path) -> None:
    with open_shop(home, programme=shop_programme()) as shop:
        account = shop.member(points=70).account
        before = derived(shop.ledger)
        saved = back_up(ledger_path, backup)
    for path in home.glob("ledger.db*"):
        path.unlink()

    restored = put_back(backup, ledger_path)

    with open_shop(home, programme=shop_programme()) as shop:
        assert (restored.entries, restored.head) == (saved.entries, saved.head)
        assert derived(shop.ledger) == before
        assert shop.identify(CARD).account == account
        assert shop.counter.member(account).name == "Ana"
        shop.sell("S-2", line(500), account=account)
        assert shop.balances(account)["points"] == 75
        audit.verify(shop.ledger)
    assert stat.S_IMODE(ledger_path.stat().st_mode) == 0o600
    assert names(home) == ["keys.db", "ledger.db", "ledger.db.lock"]


def test_S8_a_restored_till_goes_on_in_an_epoch_that_says_where_it_grew_from(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup, more=3)

    restored = put_back(backup, ledger_path, replace=True)

    with closing(opened(ledger_path)) as ledger:
        before, now = ledger.epochs()
        opening = ledger.find(f"epoch:{now.epoch}")
        assert opening is not None
        assert opening.entry.body == {
            "parent_epoch": before.epoch,
            "parent_head": restored.head,
            "parent_seq": restored.seq,
            "reason": "restored",
        }
        assert (now.epoch, before.seq) == (restored.epoch, 3)
        assert restored_over(ledger) == {before.epoch}
        assert ledger.append(sale("later-0")).entry.seq == 2


def test_an_epoch_that_began_by_itself_is_no_restore(ledger: Ledger) -> None:
    ledger.begin_epoch()

    assert restored_over(ledger) == frozenset()


def test_what_was_there_is_moved_aside_whole_and_never_deleted(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup, more=2)

    restored = put_back(backup, ledger_path, replace=True)

    (aside,) = asides(ledger_path)
    assert restored.aside == str(ledger_path.with_name(aside))
    assert read(Path(restored.aside), "SELECT count(*) FROM entry") == [(5,)]
    with closing(opened(Path(restored.aside), read_only=True)) as old:
        assert len(audit.verify(old)) == 1


def test_a_wal_goes_with_its_ledger(ledger_path: Path, backup: Path) -> None:
    """A WAL left behind would be written into the restored file."""
    sold_and_saved(ledger_path, backup)
    crashed = ledger_path.with_name("crashed")
    with closing(opened(ledger_path)) as ledger:
        ledger.append(sale("in-the-wal"))
        shutil.copytree(ledger_path.parent, crashed)
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        ledger_path.with_name(name).unlink(missing_ok=True)
        shutil.copy(crashed / name, ledger_path.with_name(name))

    restored = put_back(backup, ledger_path, replace=True)

    assert restored.aside is not None
    assert read(Path(restored.aside), "SELECT count(*) FROM entry") == [(4,)]
    with closing(opened(ledger_path)) as ledger:
        assert ledger.find("in-the-wal") is None
        audit.verify(ledger)


def test_a_ledger_that_holds_more_is_not_replaced_by_mistake(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup, more=2)
    before = read(ledger_path, "SELECT * FROM entry")

    with pytest.raises(BackupError, match="holds entries that the backup does not: it stands at entry 5") as refused:
        put_back(backup, ledger_path)

    assert "--replace" in refused.value.hint
    assert read(ledger_path, "SELECT * FROM entry") == before
    assert asides(ledger_path) == []
    assert not ledger_path.with_name("restoring").exists()


def test_a_ledger_that_is_all_in_the_backup_is_replaced(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup)

    assert put_back(backup, ledger_path).aside is not None


def test_a_damaged_ledger_is_replaced_when_somebody_says_so(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup)
    lay_hands_on(ledger_path)
    damaged = ledger_path.read_bytes()

    with pytest.raises(BackupError, match="what the ledger there holds cannot be read"):
        put_back(backup, ledger_path)
    restored = put_back(backup, ledger_path, replace=True)

    assert restored.aside is not None
    assert Path(restored.aside).read_bytes() == damaged
    with closing(opened(ledger_path)) as ledger:
        assert len(audit.verify(ledger)) == 2


def test_a_file_that_is_no_database_at_all_is_moved_aside_too(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup)
    ledger_path.write_bytes(b"scrambled" * 1000)

    restored = put_back(backup, ledger_path, replace=True)

    assert restored.aside is not None
    assert Path(restored.aside).read_bytes() == b"scrambled" * 1000


def test_nothing_is_restored_while_an_agent_runs(ledger: Ledger, backup: Path) -> None:
    back_up(ledger.path, backup)

    with pytest.raises(LedgerInUseError):
        put_back(backup, ledger.path, replace=True)

    assert ledger.append(sale("op-1")).entry.seq == 2


def test_a_damaged_backup_moves_nothing(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup, more=1)
    lay_hands_on(backup)

    with pytest.raises(BackupError, match=r"'.*till\.backup' cannot be put back: .*its hash does not fit"):
        put_back(backup, ledger_path, replace=True)

    assert asides(ledger_path) == []
    with closing(opened(ledger_path)) as ledger:
        assert ledger.identity.seq == 4


@pytest.mark.parametrize("content", [None, b"", b"Dear Ana" * 1000])
def test_what_is_no_backup_moves_nothing(ledger_path: Path, backup: Path, content: bytes | None) -> None:
    sold_and_saved(ledger_path, backup)
    backup.unlink()
    if content is not None:
        backup.write_bytes(content)

    with pytest.raises(BackupError, match="cannot be put back"):
        put_back(backup, ledger_path, replace=True)

    assert asides(ledger_path) == []


def test_another_tills_backup_is_refused(tmp_path: Path, ledger_path: Path, backup: Path) -> None:
    with closing(opened(tmp_path / "other" / "ledger.db", till="till-2")) as other:
        back_up(other.path, backup, till="till-2")
    opened(ledger_path).close()

    with pytest.raises(BackupError, match="'till-2'"):
        put_back(backup, ledger_path, replace=True)


def test_a_backup_of_a_newer_agent_is_refused(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup)
    tamper(backup, "UPDATE _sqlite_migrations SET name = 'm999_holograms' WHERE name = 'm001_ledger'")

    with pytest.raises(LedgerError, match=r"'till\.backup' is of a newer version of this software: it has m999_holo"):
        put_back(backup, ledger_path, replace=True)


def test_slips_of_the_time_of_the_backup_are_not_printed_again(home: Path, ledger_path: Path, backup: Path) -> None:
    with open_shop(home, programme=shop_programme()) as shop:
        for op in ("S-1", "S-2", "S-3"):
            shop.sell(op, line(300), account=None)
        SlipQueue(shop.ledger).mark_slips({1: "confirmed", 2: "sent"})
        back_up(ledger_path, backup)
        SlipQueue(shop.ledger).mark_slips({2: "confirmed", 3: "confirmed"})

    restored = put_back(backup, ledger_path, replace=True)

    with closing(opened(ledger_path)) as ledger:
        queue = SlipQueue(ledger)
        states = [job.state for number in (1, 2, 3) if (job := queue.slip(number)) is not None]
        assert states == ["confirmed", "unconfirmed", "unconfirmed"]
        assert queue.next_slip() is None
    assert restored.slips == 2


WITH_GAMES = f"{HEAD}{POINTS}{MONEY}{GAME}".encode()


def test_a_seed_that_may_have_been_shown_draws_nothing_more(home: Path, ledger_path: Path, backup: Path) -> None:
    with open_shop(home, programme=load(WITH_GAMES)) as shop:
        programmes.adopt(shop.ledger, WITH_GAMES)
        account = shop.member().account
        shop.counter.sell(SaleAsk("S-1", (line(100),), account), by=BY)
        back_up(ledger_path, backup)
        shop.counter.day.close_games(by=BY)

    put_back(backup, ledger_path, replace=True)

    with open_shop(home, programme=load(WITH_GAMES)) as shop:
        shop.counter.sell(SaleAsk("S-2", (line(100),), account), by=BY)
        with shop.ledger.reading() as conn:
            query = (
                "SELECT json_extract(CAST(bytes AS TEXT), '$.body.commitment') FROM entry WHERE op LIKE 'game-day:%'"
            )
            first, second = (commitment for (commitment,) in conn.execute(query))
            closed = conn.execute("SELECT count(*) FROM entry WHERE op LIKE 'game-day-closed:%'").fetchone()[0]
    assert (first != second, closed) == (True, 1)


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_new_machine_gets_ledger_and_keys(home: Path, ledger_path: Path, backup: Path, tmp_path: Path) -> None:
    with open_shop(home, programme=shop_programme()) as shop:
        account = shop.member(points=5).account
        back_up(ledger_path, backup)
        save_keys(ledger_path, tmp_path / "keys", now_ms=0)
    machine = tmp_path / "machine" / "ledger.db"

    with pytest.raises(BackupError, match="no keys beside") as refused:
        put_back(backup, machine)
    put_back(backup, machine, keys=tmp_path / "keys")

    assert "--new-keys" in refused.value.hint
    with open_shop(machine.parent, programme=shop_programme()) as shop:
        assert shop.identify(CARD).account == account
    assert names(machine.parent) == ["keys.db", "ledger.db", "ledger.db.lock"]


def test_without_any_keys_balances_are_kept_and_names_are_asked_for_again(
    home: Path, ledger_path: Path, backup: Path
) -> None:
    with open_shop(home, programme=shop_programme()) as shop:
        account = shop.member(points=5).account
        Feed(shop.ledger).tell(told("elsewhere", theirs=9))
        back_up(ledger_path, backup)
    ledger_path.with_name("keys.db").unlink()

    put_back(backup, ledger_path, new_keys=True, replace=True)

    with open_shop(home, programme=shop_programme()) as shop:
        assert shop.balances(account)["points"] == 5
        assert by_name(shop.ledger, "Ana") == []
        assert shop.identify(NEXT_CARD).account != account
        assert cursor_of(shop.ledger, "hq-epoch").version == 0
        with shop.ledger.reading() as conn:
            assert conn.execute("SELECT count(*) FROM profile WHERE account = ?", (account,)).fetchone() == (0,)


def test_keys_of_another_till_are_refused(tmp_path: Path, ledger_path: Path, backup: Path, stick: Path) -> None:
    sold_and_saved(ledger_path, backup)
    with closing(opened(tmp_path / "other" / "ledger.db")) as other:
        save_keys(other.path, stick / "keys", now_ms=0)

    with pytest.raises(BackupError, match="these keys open none of the 1 profiles"):
        put_back(backup, ledger_path, keys=stick / "keys")

    assert asides(ledger_path) == []


def test_x1_keys_that_were_replaced_are_a_copy_with_an_age(ledger_path: Path, backup: Path, stick: Path) -> None:
    sold_and_saved(ledger_path, backup)
    save_keys(ledger_path, stick / "keys", now_ms=0)

    put_back(backup, ledger_path, keys=stick / "keys")

    aside = next(name for name in asides(ledger_path) if name.startswith("keys.db"))
    assert [Path(copy.file).name for copy in keys_copies(ledger_path.parent)] == ["keys", aside]
    with closing(opened(ledger_path)) as ledger:
        assert [found.account for found in by_name(ledger, "Ana")] == ["a"]


@pytest.mark.parametrize("with_keys", [False, True])
def test_x1_who_was_erased_since_the_backup_is_erased_again(
    home: Path, ledger_path: Path, backup: Path, stick: Path, *, with_keys: bool
) -> None:
    with open_shop(home, programme=shop_programme()) as shop:
        before = shop.member(CARD, "Ana Testova").account
        since = shop.member(NEXT_CARD, "Bob Testov", points=30).account
        save_keys(ledger_path, stick / "keys", now_ms=0)
        shop.counter.erase(EraseAsk("X-1", before), by=BY)
        back_up(ledger_path, backup)
        shop.counter.erase(EraseAsk("X-2", since), by=BY)

    restored = put_back(backup, ledger_path, keys=stick / "keys" if with_keys else None, replace=True)

    with open_shop(home, programme=shop_programme()) as shop:
        assert restored.erased == 2
        for account in (before, since):
            assert shop.counter.member(account).name is None
            assert shop.ledger.keys.get(account) is None
        assert shop.counter.find(FindAsk(name="Testov"), by="checkout") == []
        with shop.ledger.reading() as conn:
            assert conn.execute("SELECT count(*) FROM profile").fetchone() == (0,)
        assert shop.balances(since)["points"] == 30
        audit.verify(shop.ledger)


def test_x1_who_is_erased_in_the_backup_already_is_not_put_on_record_once_more(
    home: Path, ledger_path: Path, backup: Path
) -> None:
    with open_shop(home, programme=shop_programme()) as shop:
        before = shop.member(CARD, "Ana Testova").account
        shop.counter.erase(EraseAsk("X-1", before), by=BY)
        back_up(ledger_path, backup)

    restored = put_back(backup, ledger_path, replace=False)

    with open_shop(home, programme=shop_programme()) as shop:
        assert restored.erased == 1
        entries = [decode_entry(data) for (data,) in read(ledger_path, "SELECT bytes FROM entry")]
        assert [entry.op for entry in entries if entry.kind == "member_erased"] == ["X-1"]
        assert shop.counter.member(before).name is None


def test_keys_that_cannot_be_read_move_nothing(ledger_path: Path, backup: Path, stick: Path) -> None:
    sold_and_saved(ledger_path, backup)
    (stick / "keys").write_bytes(b"no keys" * 1000)

    with pytest.raises(BackupError, match="holds no keys that can be read"):
        put_back(backup, ledger_path, keys=stick / "keys")

    assert asides(ledger_path) == []


# -- killed in the middle ----------------------------------------------------------------------------------------------

NAMES = frozenset(("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"))  # Python's audit events
FILES = NAMES | {"open", "sqlite3.connect"}


def _killed_at(event: int, of: frozenset[str], ledger: Path, backup: Path, *, keys: Path | None) -> bool:
    """Restore in a child that kills itself before the `event`th of these events; False if it came through."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(name: str, _: object) -> None:
            nonlocal seen
            if name in of:
                seen += 1
                if seen == event:
                    os.kill(os.getpid(), 9)

        sys.addaudithook(count)
        try:
            put_back(backup, ledger, keys=keys, replace=True)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _check_old_or_new_or_refused(path: Path) -> None:
    """An agent that starts now finds the ledger of before, or the restored one, or refuses: it never begins anew."""
    try:
        with closing(opened(path)) as ledger:
            audit.verify(ledger)
            assert ledger.find("op-1") is not None
            assert len(by_name(ledger, "Ana")) == 1
            assert (ledger.find("later-0") is not None) == (len(ledger.epochs()) == 1)
    except LedgerDamagedError as error:
        assert "missing or empty beside" in str(error)  # noqa: PT017 - either of both is right


@pytest.mark.parametrize(
    ("events", "with_keys"),
    [
        (NAMES, False),
        (NAMES, True),
        pytest.param(FILES, False, marks=pytest.mark.slow),
        pytest.param(FILES, True, marks=pytest.mark.slow),
    ],
)
def test_a_restore_killed_before_any_change_of_a_name_can_be_done_again(
    tmp_path: Path, stick: Path, backup: Path, events: frozenset[str], *, with_keys: bool
) -> None:
    sold_and_saved(tmp_path / "first" / "ledger.db", backup, more=1)
    save_keys(tmp_path / "first" / "ledger.db", stick / "keys", now_ms=0)
    event = 0
    killed = True
    while killed:
        event += 1
        path = shutil.copytree(tmp_path / "first", tmp_path / f"till-{event}") / "ledger.db"
        killed = _killed_at(event, events, path, backup, keys=stick / "keys" if with_keys else None)
        _check_old_or_new_or_refused(path)

        put_back(backup, path, replace=True)
        with closing(opened(path)) as ledger:
            assert (ledger.find("op-1") is not None, ledger.find("later-0")) == (True, None)
        kept = [
            aside for aside in asides(path) if aside.startswith("ledger.db") and not aside.endswith(("-wal", "-shm"))
        ]
        assert any(read(path.with_name(aside), "SELECT 1 FROM entry WHERE op = 'later-0'") for aside in kept)
        shutil.rmtree(path.parent)

    assert event > 8


def test_a_restore_that_cannot_be_made_ready_moves_nothing(ledger_path: Path, backup: Path) -> None:
    sold_and_saved(ledger_path, backup, more=1)
    ledger_path.with_name("restoring").write_text("in the way")

    with pytest.raises(OSError, match="restoring"):
        put_back(backup, ledger_path, replace=True)

    assert asides(ledger_path) == []
