"""Opening a ledger whose files were damaged: it says what it found and touches nothing."""

import contextlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import ChainBrokenError, LedgerDamagedError
from agent.ledger import audit
from agent.ledger.file import TAIL_ENTRIES
from tests.ledger.tills import enrol, opened, sale, tamper


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a closed ledger of some entries."""
    folder = tmp_path_factory.mktemp("pattern")
    with closing(opened(folder / "ledger.db")) as ledger:
        enrol(ledger, "a", {"name": "Ada"})
        for i in range(40):
            ledger.append(sale(f"op-{i}"))
    assert {file.name for file in folder.iterdir()} == {"ledger.db", "ledger.db.lock", "keys.db"}
    return folder


@pytest.fixture
def closed(path: Path, pattern: Path) -> Path:
    """A copy of the closed ledger, to be damaged."""
    shutil.copytree(pattern, path.parent)
    return path


def _refused(path: Path, *, till: str = "till-1") -> str:
    """The message a damaged ledger is refused with, after a check that neither file was changed."""
    files = [path, path.with_name("keys.db")]
    before = [file.read_bytes() if file.exists() else None for file in files]
    for read_only in (False, True):
        if read_only and not path.exists():
            continue
        with pytest.raises(LedgerDamagedError) as caught:
            opened(path, till=till, read_only=read_only)
    assert [file.read_bytes() if file.exists() else None for file in files] == before
    assert "keep the file as it is" in caught.value.hint
    with pytest.raises(LedgerDamagedError) as caught:
        opened(path, till=till)
    return str(caught.value)


@pytest.mark.parametrize("part", [0.99, 0.5, 0.2, 0.05])
def test_a_truncated_file_is_refused(closed: Path, part: float) -> None:
    data = closed.read_bytes()
    closed.write_bytes(data[: int(len(data) * part)])

    assert "ledger 'ledger.db'" in _refused(closed)


@pytest.mark.parametrize("length", [1, 15, 99, 512, 4095])
def test_a_file_cut_inside_its_first_page_is_refused(closed: Path, length: int) -> None:
    closed.write_bytes(closed.read_bytes()[:length])

    assert "ledger 'ledger.db'" in _refused(closed)


def test_an_emptied_file_is_not_taken_for_a_new_ledger(closed: Path) -> None:
    closed.write_bytes(b"")
    with pytest.raises(LedgerDamagedError, match=r"'ledger.db' is missing or empty beside its 'keys.db'"):
        opened(closed)

    assert closed.read_bytes() == b""


def test_a_lost_file_is_not_taken_for_a_new_ledger(closed: Path) -> None:
    closed.unlink()
    with pytest.raises(LedgerDamagedError, match=r"'ledger.db' is missing or empty"):
        opened(closed)

    assert not closed.exists()


def test_a_ledger_whose_wal_was_deleted_is_not_taken_for_a_new_one(path: Path) -> None:
    with closing(opened(path)) as ledger:
        ledger.append(sale("op-1"))
        copied = shutil.copytree(path.parent, path.parent.with_name("copy"))
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (copied / name).unlink()

    with pytest.raises(LedgerDamagedError, match=r"'ledger.db' holds no epoch beside its 'keys.db'"):
        opened(copied / "ledger.db")


def test_a_file_overwritten_with_something_else_is_refused(closed: Path) -> None:
    closed.write_bytes(b"not a database at all " * 1000)

    assert _refused(closed) == "ledger 'ledger.db' cannot be read: file is not a database"


def test_a_file_garbled_behind_its_header_is_refused(closed: Path) -> None:
    data = closed.read_bytes()
    closed.write_bytes(data[:4096] + bytes(byte ^ 0x5A for byte in data[4096:]))

    assert "ledger 'ledger.db'" in _refused(closed)


def test_garbled_keys_are_refused_by_their_own_name(closed: Path) -> None:
    keys = closed.with_name("keys.db")
    keys.write_bytes(b"x" * keys.stat().st_size)

    assert _refused(closed) == "keys 'keys.db' cannot be read: file is not a database"


def _spoilt(data: bytes, seed: int) -> bytes:
    """The file with some bytes flipped, wiped, made up or moved."""
    chance, spoilt = random.Random(seed), bytearray(data)
    at, length = chance.randrange(len(data)), chance.choice([1, 10, 500, 5000])
    match seed % 4:
        case 0:
            spoilt[at] ^= 1 << chance.randrange(8)
        case 1:
            spoilt[at : at + length] = bytes(len(spoilt[at : at + length]))
        case 2:
            spoilt[at : at + length] = chance.randbytes(len(spoilt[at : at + length]))
        case _:
            page, other = at // 4096 * 4096, chance.randrange(len(data)) // 4096 * 4096
            spoilt[page : page + 4096] = data[other : other + 4096]
    return bytes(spoilt)


def _open_and_verify(path: Path) -> None:
    with contextlib.suppress(LedgerDamagedError, ChainBrokenError), closing(opened(path)) as ledger:
        audit.verify(ledger)


@pytest.mark.parametrize("seeds", [range(start, start + 20) for start in (0, 20, 40)])
def test_a_spoilt_file_is_refused_or_found_or_none_of_its_entries_were_hit(closed: Path, seeds: range) -> None:
    data = closed.read_bytes()
    for seed in seeds:
        closed.write_bytes(_spoilt(data, seed))
        _open_and_verify(closed)  # no other error comes out of any of them


@pytest.mark.slow
def test_thousands_of_spoilt_files_are_refused_or_found_or_none_of_their_entries_were_hit(closed: Path) -> None:
    data = closed.read_bytes()
    for seed in range(60, 3000):
        closed.write_bytes(_spoilt(data, seed))
        _open_and_verify(closed)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), 'op-30', 'op-3x') AS BLOB) WHERE op = 'op-30'",
            "entry 33 of till 'till-1'",
        ),
        ("UPDATE entry SET hash = zeroblob(32) WHERE op = 'op-39'", "entry 42 of till 'till-1'"),
        ("DELETE FROM entry WHERE op = 'op-20'", "entry 23 of till 'till-1'"),
        ("DELETE FROM epoch", "holds no epoch beside its 'keys.db'"),
        ("UPDATE epoch SET first_n = 2", "ledger 'ledger.db': entry 1 of till"),
        ("UPDATE epoch SET id = 'abababab'", "epoch abababab: it says it is entry 1"),
    ],
)
def test_a_tail_that_does_not_verify_is_refused(closed: Path, statement: str, message: str) -> None:
    tamper(closed, statement)

    assert message in _refused(closed)


def test_a_gap_right_before_the_tail_is_refused(path: Path) -> None:
    with closing(opened(path)) as ledger:
        for i in range(TAIL_ENTRIES + 10):
            ledger.append(sale(f"op-{i}"))
        gap = ledger.identity.seq - TAIL_ENTRIES
    tamper(path, f"DELETE FROM entry WHERE n = {gap:d}")  # noqa: S608 - a number

    assert _refused(path) == f"ledger 'ledger.db': entry number {gap} is missing"


def test_the_ledger_of_another_till_is_refused(closed: Path) -> None:
    assert "says it is entry 1 of till 'till-1'" in _refused(closed, till="till-2")


def test_a_damaged_ledger_lets_go_of_its_lock(closed: Path) -> None:
    good = closed.read_bytes()
    closed.write_bytes(good[:5000])
    with pytest.raises(LedgerDamagedError):
        opened(closed)
    closed.write_bytes(good)
    with closing(opened(closed)) as ledger:
        assert ledger.identity.seq == 42


@pytest.mark.parametrize("part", [0.3, 0.5, 0.8, 0.999])
def test_a_wal_cut_anywhere_leaves_a_chain_of_whole_entries(path: Path, part: float) -> None:
    with closing(opened(path)) as ledger:
        for i in range(60):
            ledger.append(sale(f"op-{i}"))
        copied = shutil.copytree(path.parent, path.parent.with_name("copy"))
    wal = copied / "ledger.db-wal"
    wal.write_bytes(wal.read_bytes()[: int(wal.stat().st_size * part)])
    (copied / "ledger.db-shm").unlink()
    with closing(opened(copied / "ledger.db")) as ledger, ledger.reading() as conn:
        seq = ledger.identity.seq
        counts = [conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("entry", "lot", "slip")]  # noqa: S608 - these three

    assert 1 <= seq < 61
    assert counts == [seq, seq - 1, seq - 1]


def test_a_ledger_whose_tail_was_damaged_while_it_ran_acknowledges_nothing_more(path: Path) -> None:
    with closing(opened(path)) as ledger:
        ledger.append(sale("op-1"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("DROP TRIGGER entry_stays")
            other.execute("UPDATE entry SET hash = zeroblob(32) WHERE op = 'op-1'")
        with pytest.raises(LedgerDamagedError, match="its hash does not fit"):
            ledger.append(sale("op-1"))  # the op is taken: the connection is opened anew, and the tail verified
        with pytest.raises(LedgerDamagedError, match="its hash does not fit"):
            ledger.append(sale("op-2"))
