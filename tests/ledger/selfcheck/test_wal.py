import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import LedgerDamagedError
from agent.ledger import audit
from agent.ledger.selfcheck.holding import lock_path
from agent.ledger.selfcheck.wal import wal_path
from tests.ledger.tills import opened, sale

ENTRIES = 12


@pytest.fixture
def unplugged(path: Path, tmp_path: Path) -> Path:
    """A ledger as it lies there after the plug was pulled: open, its sales in the WAL."""
    with closing(opened(path)) as ledger:
        ledger.checkpoint()
        for number in range(ENTRIES):
            ledger.append(sale(f"op-{number}"))
        kept = {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}
    for name, data in kept.items():  # into the very same files: a copy of a ledger is another
        (path.parent / name).write_bytes(data)
    return path


def test_an_agent_that_was_killed_begins_with_all_it_had(unplugged: Path) -> None:
    with closing(opened(unplugged)) as ledger:
        assert ledger.identity.seq == ENTRIES + 1


def test_l10_a_wal_that_is_gone_is_missed(unplugged: Path) -> None:
    wal = wal_path(unplugged)
    away = wal.rename(unplugged.parent.parent / "put aside")
    before = unplugged.read_bytes()

    for _ in range(2):
        with pytest.raises(LedgerDamagedError, match=r"'ledger.db-wal' is gone, with the last sales in it") as caught:
            opened(unplugged)
        assert caught.value.hint.startswith("put ledger.db-wal back")
    assert unplugged.read_bytes() == before
    shutil.copy(away, wal)
    with closing(opened(unplugged)) as ledger:
        assert ledger.identity.seq == ENTRIES + 1


def test_a_person_may_go_on_without_the_wal(unplugged: Path) -> None:
    wal_path(unplugged).unlink()
    lock_path(unplugged).unlink()
    with closing(opened(unplugged)) as ledger:
        assert ledger.identity.seq == 1


def test_a_copy_is_not_asked_for_a_wal_that_it_never_had(path: Path, tmp_path: Path) -> None:
    with closing(opened(path)) as ledger:
        ledger.append(sale("op-1"))
        ledger.checkpoint()
        shutil.copytree(path.parent, tmp_path / "copy")
    wal_path(tmp_path / "copy" / path.name).unlink()
    with closing(opened(tmp_path / "copy" / path.name)) as ledger:
        assert ledger.identity.seq == 2


def test_a_ledger_that_was_closed_asks_for_none(path: Path) -> None:
    for expected in (1, 2):
        with closing(opened(path)) as ledger:
            assert ledger.identity.seq == expected
            ledger.append(sale(f"op-{expected}"))
        assert not wal_path(path).exists()
        assert lock_path(path).read_bytes() == b""


def test_l10_the_wal_of_another_ledger_is_refused_and_does_not_spoil_the_file(unplugged: Path, tmp_path: Path) -> None:
    with closing(opened(tmp_path / "other" / "ledger.db")) as other:
        for number in range(30):
            other.append(sale(f"other-{number}"))
        foreign = wal_path(other.path).read_bytes()
    wal = wal_path(unplugged)
    own, before = wal.read_bytes(), unplugged.read_bytes()
    wal.write_bytes(foreign)

    with pytest.raises(LedgerDamagedError, match=r"'ledger.db-wal' belongs to another ledger") as caught:
        opened(unplugged)
    assert "own ledger.db-wal back" in caught.value.hint
    assert unplugged.read_bytes() == before
    wal.write_bytes(own)
    with closing(opened(unplugged)) as ledger:
        assert ledger.identity.seq == ENTRIES + 1
        audit.verify(ledger)


def test_l10_a_wal_whose_tail_does_not_verify_does_not_spoil_the_file(unplugged: Path) -> None:
    wal = wal_path(unplugged)
    own, before = wal.read_bytes(), unplugged.read_bytes()
    with closing(sqlite3.connect(unplugged, isolation_level=None)) as conn:
        conn.execute("DROP TRIGGER entry_stays")
        conn.execute("UPDATE entry SET hash = zeroblob(32) WHERE op = 'op-3'")
        wrong = wal.read_bytes()
    unplugged.write_bytes(before)
    wal.write_bytes(wrong)

    with pytest.raises(LedgerDamagedError, match="its hash does not fit"):
        opened(unplugged)
    assert (unplugged.read_bytes(), wal.read_bytes()) == (before, wrong)
    wal.write_bytes(own)
    with closing(opened(unplugged)) as ledger:
        assert ledger.identity.seq == ENTRIES + 1
