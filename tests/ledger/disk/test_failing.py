"""L8: after an error of the disk nothing is acknowledged on that connection; the ledger says so and gets well."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.errors import LedgerDamagedError, LedgerDownError, LedgerError, NoRoomError, OutcomeUnknownError
from agent.ledger.disk.settling import settle
from agent.ledger.kept.profiles import Keys
from agent.ledger.ledger import Ledger
from tests.ledger.disk.full import BALLAST, full_disk
from tests.ledger.tills import draft, opened, sale


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with closing(opened(path, ballast=BALLAST)) as till:
        yield till


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Let the kernel cut every write at that length, and refuse what is beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def ballast_of(ledger: Ledger) -> Path:
    return ledger.path.with_name("ballast")


# -- a disk that fails -----------------------------------------------------------------------------------------------


def test_L8_a_connection_that_saw_an_error_is_left_before_the_next_use(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    before = ledger.conn
    with pytest.raises(LedgerError), ledger.reading() as conn:
        conn.execute("SELECT nothing FROM nowhere")

    assert ledger.append(sale("op-2")).n == 3
    assert ledger.conn is not before
    assert ledger.trouble is None


def test_L8_a_ledger_that_was_opened_anew_is_not_opened_again(ledger: Ledger, path: Path) -> None:
    away = path.parent.rename(path.parent.with_name("away"))
    with pytest.raises(LedgerError), ledger.reading() as conn:
        conn.execute("SELECT nothing FROM nowhere")
    with pytest.raises(LedgerDownError, match=r"^the disk failed under ledger 'ledger\.db': No such file"):
        ledger.find("op-1")
    away.rename(path.parent)
    ledger.append(sale("op-1"))
    anew = ledger.conn
    ledger.append(sale("op-2"))

    assert ledger.conn is anew


def test_L8_a_ledger_open_for_reading_is_opened_anew_for_reading(ledger: Ledger, path: Path) -> None:
    ledger.append(sale("op-1"))
    with closing(opened(path, read_only=True)) as reader:
        before = reader.conn
        with pytest.raises(LedgerError), reader.reading() as conn:
            conn.execute("SELECT nothing FROM nowhere")

        assert reader.find("op-1") is not None
        assert reader.conn is not before
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.conn.execute("DELETE FROM state")


def test_L8_a_ledger_that_cannot_be_opened_anew_takes_nothing_until_it_can(ledger: Ledger, path: Path) -> None:
    ledger.append(sale("op-1"))
    hash_of = "SELECT hash FROM entry WHERE op = 'op-1'"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        right = other.execute(hash_of).fetchone()[0]
        other.execute("DROP TRIGGER entry_stays")
        other.execute("UPDATE entry SET hash = zeroblob(32) WHERE op = 'op-1'")
        for op in ("op-1", "op-2"):
            with pytest.raises(LedgerDamagedError, match="its hash does not fit"):
                ledger.append(sale(op))
        assert isinstance(ledger.trouble, LedgerDamagedError)
        other.execute("UPDATE entry SET hash = ? WHERE op = 'op-1'", (right,))

    assert ledger.trouble is None
    assert ledger.append(sale("op-2")).n == 3


def test_L8_what_was_not_committed_is_not_said_to_stand(ledger: Ledger, path: Path) -> None:
    away = path.parent.with_name("away")

    def cut_short() -> None:
        with ledger.write() as conn:
            ledger._insert(conn, sale("op-1"))
            path.parent.rename(away)
            conn.execute("SELECT nothing FROM nowhere")

    with pytest.raises(LedgerDownError):
        cut_short()
    stood = ledger.identity
    away.rename(path.parent)

    assert stood.seq == 1
    assert ledger.append(sale("op-1")).n == 2


def test_L8_a_disk_that_does_not_say_how_full_it_is_takes_nothing(ledger: Ledger, path: Path) -> None:
    away = path.parent.rename(path.parent.with_name("away"))
    with pytest.raises(LedgerDownError, match="No such file or directory"):
        ledger.append(sale("op-1"))
    assert isinstance(ledger.trouble, LedgerDownError)
    away.rename(path.parent)

    assert ledger.append(sale("op-1")).n == 2


def test_L8_a_write_cut_short_is_unknown_and_the_same_op_asked_again_counts_once(ledger: Ledger) -> None:
    wal = ledger.path.with_name("ledger.db-wal")
    for number in range(40):
        with no_file_longer_than(wal.stat().st_size + 512 * number), pytest.raises(LedgerError) as caught:
            ledger.append(draft(f"op-{number}", body={"redemptions": [], "x": "x" * 20_000}))
        assert isinstance(caught.value, OutcomeUnknownError | LedgerDownError)
        if ledger.find(f"op-{number}") is None:
            ledger.append(sale(f"op-{number}"))

    with ledger.reading() as conn:
        assert conn.execute("SELECT count(*) FROM entry").fetchone() == (41,)


def test_L8_a_ledger_that_was_closed_in_trouble_stays_closed(ledger: Ledger) -> None:
    with pytest.raises(LedgerError), ledger.reading() as conn:
        conn.execute("SELECT nothing FROM nowhere")
    ledger.close()

    with pytest.raises(LedgerError, match="is closed"):
        ledger.append(sale("op-1"))


def test_L8_keys_that_the_disk_refused_are_made_anew_and_the_file_goes_on(tmp_path: Path) -> None:
    with closing(Keys(tmp_path / "keys.db")) as keys:
        kept = keys.get_or_make("account-1")
        with no_file_longer_than(100), pytest.raises(LedgerDownError):
            keys.get_or_make("account-2")
        made = keys.get_or_make("account-2")
    with closing(Keys(tmp_path / "keys.db")) as keys:
        assert (keys.get("account-1"), keys.get("account-2")) == (kept, made)


def test_settling_a_ledger_changes_no_byte_of_it(ledger: Ledger, path: Path) -> None:
    ledger.append(sale("op-1"))
    files = [path, path.with_name("ledger.db-wal")]
    before = [file.read_bytes() for file in files]
    settle(path)

    assert [file.read_bytes() for file in files] == before
    assert len(before[1]) > 0


# -- a start that was cut short --------------------------------------------------------------------------------------


def test_a_first_start_that_was_cut_before_its_keys_is_made_whole(path: Path) -> None:
    opened(path).close()
    path.with_name("keys.db").unlink()
    with closing(opened(path)) as ledger:
        assert ledger.append(sale("op-1")).n == 2

    path.with_name("keys.db").unlink()
    with pytest.raises(LedgerDamagedError, match=r"'keys.db' is missing"):
        opened(path)


# -- a disk that is full ---------------------------------------------------------------------------------------------


def test_L8_on_a_full_disk_corrections_and_closures_are_recorded_and_new_loyalty_is_refused(ledger: Ledger) -> None:
    ledger.append(sale("op-1"))
    with full_disk():
        with pytest.raises(NoRoomError, match=r"the disk of ledger 'ledger\.db' is full") as caught:
            ledger.append(sale("op-2"))
        void = draft("undo-1", kind="redemption_undone", body={"redemption": "op-0"})
        assert ledger.append(void).n == 3
        assert isinstance(ledger.trouble, NoRoomError)
        assert not ballast_of(ledger).exists()

    assert "sell without loyalty" in caught.value.hint
    assert ledger.append(sale("op-2")).n == 4
    assert ballast_of(ledger).stat().st_blocks * 512 >= BALLAST


def test_L8_the_ballast_is_given_up_when_sqlite_finds_no_room(ledger: Ledger) -> None:
    with ledger.reading() as conn:
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {pages}")
    with full_disk():
        ledger._ballast._held = True  # the disk seemed to have room until now
        with pytest.raises(OutcomeUnknownError), ledger.write() as conn:
            conn.execute("INSERT INTO state VALUES ('k', zeroblob(100000))")

        assert not ballast_of(ledger).exists()
        assert ledger.find("op-1") is None
