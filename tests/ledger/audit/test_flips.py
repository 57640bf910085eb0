"""L7: whatever single bit is flipped in the journal, by hand or by the disk, is found."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.errors import ChainBrokenError, LedgerError, OpConflictError
from agent.ledger import audit
from tests.counter.shops import line, open_shop, shop_programme
from tests.ledger.tills import opened, tamper

QUICK = settings(max_examples=20, deadline=None, derandomize=True)
THOUSANDS = settings(max_examples=1500, deadline=None)
FOUND = (ChainBrokenError, LedgerError)
# Every column of the journal but `ask`, which no hash covers: see test_a_changed_ask_...
COLUMNS = [("entry", name) for name in ("n", "op", "hash", "bytes")] + [
    ("epoch", name) for name in ("no", "id", "first_n")
]
COLUMN = st.sampled_from(COLUMNS)
PLACE = st.integers(0, 2**31)


@contextmanager
def _copy_of(pattern: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(pattern, Path(folder) / "till")) / "ledger.db"


def _verify(path: Path) -> None:
    with closing(opened(path, read_only=True)) as ledger:
        audit.verify(ledger)


def _flipped(value: Any, place: int) -> Any:
    """The value with one bit flipped: of a number, of the bytes, or of the bytes of a text if that is still one."""
    if isinstance(value, int):
        return value ^ 1 << place % 16
    data = bytearray(value.encode() if isinstance(value, str) else value)
    data[place // 8 % len(data)] ^= 1 << place % 8
    return data.decode("latin-1") if isinstance(value, str) else bytes(data)


def _flip_in_a_column(path: Path, column: tuple[str, str], row: int, place: int) -> None:
    table, name = column
    tamper(path)  # the triggers go
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        rows = conn.execute(f"SELECT rowid, {name} FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - names from above
        rowid, value = rows[row % len(rows)]
        try:
            statement = f"UPDATE {table} SET {name} = ? WHERE rowid = ?"  # noqa: S608 - names from above
            conn.execute(statement, (_flipped(value, place), rowid))
        except sqlite3.IntegrityError:
            assume(False)  # another row has that number already


def _a_flip_in_a_column_is_found(pattern: Path, column: tuple[str, str], row: int, place: int) -> None:
    with _copy_of(pattern) as path:
        _flip_in_a_column(path, column, row, place)
        with pytest.raises(FOUND):
            _verify(path)


@QUICK
@given(column=COLUMN, row=PLACE, place=PLACE)
def test_L7_a_flipped_bit_in_any_column_of_the_journal_is_found(
    pattern: Path, column: tuple[str, str], row: int, place: int
) -> None:
    _a_flip_in_a_column_is_found(pattern, column, row, place)


@pytest.mark.slow
@pytest.mark.timeout(600)
@THOUSANDS
@given(column=COLUMN, row=PLACE, place=PLACE)
def test_L7_thousands_of_flipped_bits_in_the_columns_are_found(
    pattern: Path, column: tuple[str, str], row: int, place: int
) -> None:
    _a_flip_in_a_column_is_found(pattern, column, row, place)


def _journal(path: Path) -> list[Any]:
    with closing(opened(path, read_only=True)) as ledger, ledger.reading() as conn:
        entries = conn.execute("SELECT n, op, hash, bytes FROM entry ORDER BY n").fetchall()
        return [entries, conn.execute("SELECT no, id, first_n FROM epoch ORDER BY no").fetchall()]


def _a_flip_in_the_file_is_found_or_changed_no_entry(pattern: Path, place: int) -> None:
    with _copy_of(pattern) as path:
        before = _journal(path)
        data = bytearray(path.read_bytes())
        data[place // 8 % len(data)] ^= 1 << place % 8
        path.write_bytes(data)
        try:
            _verify(path)
        except FOUND:
            return
        assert _journal(path) == before


@QUICK
@given(place=st.integers(0, 2**40))
def test_L7_a_bit_flipped_anywhere_in_the_file_is_found_or_changed_no_entry(pattern: Path, place: int) -> None:
    _a_flip_in_the_file_is_found_or_changed_no_entry(pattern, place)


@pytest.mark.slow
@pytest.mark.timeout(600)
@THOUSANDS
@given(place=st.integers(0, 2**40))
def test_L7_thousands_of_bits_flipped_in_the_file_are_found_or_changed_no_entry(pattern: Path, place: int) -> None:
    _a_flip_in_the_file_is_found_or_changed_no_entry(pattern, place)


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM entry WHERE op = 'one-2'",),  # an inner cut
        ("DELETE FROM entry WHERE n BETWEEN 3 AND 8",),  # across the epochs
        (
            "UPDATE entry SET n = 99 WHERE n = 3",
            "UPDATE entry SET n = 3 WHERE n = 4",
            "UPDATE entry SET n = 4 WHERE n = 99",
        ),
        ("INSERT INTO entry SELECT n + 1, 'twin', ask, hash, bytes FROM entry ORDER BY n DESC LIMIT 1",),
        ("INSERT INTO entry SELECT 0, 'first', ask, hash, bytes FROM entry WHERE n = 1",),
        ("UPDATE epoch SET no = 9 WHERE no = 2",),
        ("DELETE FROM epoch WHERE no = 2",),
    ],
)
def test_L7_what_was_cut_out_put_in_or_exchanged_is_found(copied: Path, statements: tuple[str, ...]) -> None:
    tamper(copied, *statements)

    with pytest.raises(FOUND):
        _verify(copied)


def test_a_changed_ask_is_not_found_and_gives_a_repeated_request_no_second_effect(tmp_path: Path) -> None:
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        shop.sell("S-1", line(100))
    tamper(tmp_path / "ledger.db", "UPDATE entry SET ask = zeroblob(16) WHERE op = 'S-1'")
    with open_shop(tmp_path, programme=shop_programme()) as shop:
        audit.verify(shop.ledger)
        before = shop.entries
        with pytest.raises(OpConflictError, match="'S-1' was used for another sale"):
            shop.sell("S-1", line(100))

        assert shop.entries == before
