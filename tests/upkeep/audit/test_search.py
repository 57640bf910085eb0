"""Files, folders, databases, frames: whatever the agent leaves behind is read to its last byte."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import sqlite3
import threading
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from agent.upkeep.audit import search as search_module
from agent.upkeep.audit.encodings import REACH
from agent.upkeep.audit.search import FOUND_MAX, PIECE, Found, Search
from tests.upkeep.audit.writing import AMEX, BRANDS, VISA, WRITINGS, clean

NUMBER = VISA.encode()


def searched(place: Path) -> Search:
    search = Search(())
    search.search(place)
    return search


def test_a_number_is_told_by_file_place_and_brand_and_never_by_its_digits(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"nothing\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.log").write_bytes(b"x" * 100 + b"=" + NUMBER + b"\n")

    search = searched(tmp_path)

    assert search.found == [Found(str(tmp_path / "deep" / "b.log"), "byte 101", "text", "visa", 16)]
    assert (search.files, search.size, search.numbers, search.is_clean) == (2, 8 + 118, 1, False)
    assert not any(VISA[at : at + 4] in str(search.found) for at in range(0, 16, 4))


def test_a_clean_folder_is_clean(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(clean(random.Random(3), 2000))

    assert searched(tmp_path).is_clean


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(search_module, "PIECE", 4096)
    return 4096


@pytest.mark.parametrize("writing", ["plain", "UTF-16", "hexadecimal", "tag 57", "base64 at 1", "track 1"])
def test_a_number_is_found_once_wherever_the_pieces_of_a_file_meet(
    tmp_path: Path, writing: str, small_pieces: int
) -> None:
    written = WRITINGS[writing](VISA)
    for meets in (small_pieces - REACH, small_pieces, 2 * small_pieces - REACH):
        for before in range(-len(written) - 1, 2):
            path = tmp_path / "log"
            path.write_bytes(b"|" * (meets + before) + written + b"|" * (small_pieces if before % 8 == 0 else 10))

            assert searched(path).numbers == 1, (meets, before)


def test_what_stands_around_a_number_counts_over_the_pieces_of_a_file(tmp_path: Path, small_pieces: int) -> None:
    digest = "ab41111111111111112c" + "de" * 22
    path = tmp_path / "log"
    for at in range(small_pieces - REACH - 70, small_pieces - REACH + 6):
        path.write_bytes(b"|" * at + digest.encode() + b"|" * small_pieces)

        assert searched(path).numbers == 0, at


def test_a_file_is_read_in_bounded_memory(tmp_path: Path, small_pieces: int) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.truncate(400 * small_pieces)
        file.seek(400 * small_pieces)
        file.write(NUMBER)
    tracemalloc.start()
    search = searched(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert search.numbers == 1
    assert peak < 40 * small_pieces


@pytest.mark.parametrize("size", [10, 3000, 60_000])
def test_a_number_is_found_in_a_database_wherever_its_pages_cut_it(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("CREATE TABLE t (a TEXT, b BLOB) STRICT")
        for shift in range(64):
            conn.execute("INSERT INTO t VALUES (?, ?)", ("x", b"." * (size + shift * 64) + b"|" + NUMBER + b"|"))

    rows = [found for found in searched(path).found if found.where.startswith("table t, ")]

    assert len(rows) == 64


def test_a_number_is_found_in_a_database_as_an_integer_and_beside_other_values(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute('CREATE TABLE "t x" (a INTEGER, b TEXT, c BLOB)')
        conn.execute('INSERT INTO "t x" VALUES (?, ?, ?)', (int(AMEX), VISA, b"0123456789"))

    brands = {found.brand for found in searched(path).found if found.where.startswith("table t x, rows 1 to 1, ")}

    assert brands == {"american-express", "visa"}


def test_a_number_that_was_deleted_or_waits_in_the_log_of_a_database_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA secure_delete = OFF")
        conn.execute("CREATE TABLE t (a TEXT)")
        conn.execute("INSERT INTO t VALUES (?)", (f"|{VISA}|",))
        conn.execute("DELETE FROM t")
        places = {Path(found.file).name for found in searched(tmp_path).found}

    assert "x.db-wal" in places


def test_searching_leaves_nothing_behind(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE t (a TEXT)")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert searched(tmp_path).is_clean
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("opened", [gzip.compress, bz2.compress, lzma.compress])
def test_a_log_that_was_packed_away_is_unpacked(tmp_path: Path, opened: object) -> None:
    assert callable(opened)
    (tmp_path / "log.1").write_bytes(opened(b"." * 5000 + b"|" + NUMBER))

    assert [found.where for found in searched(tmp_path).found] == ["unpacked byte 5001"]


def test_zstd_frames_in_files_and_databases_are_unpacked(tmp_path: Path) -> None:
    frame = zstandard.compress(b"x" * 70_000 + b"|" + NUMBER + b"|")
    (tmp_path / "batch").write_bytes(b"head" + frame + b"tail" + frame)
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as conn:
        conn.execute("CREATE TABLE t (a BLOB)")
        conn.execute("INSERT INTO t VALUES (?)", (b"." * 4080 + frame,))

    where = [found.where for found in searched(tmp_path).found]

    assert where[:2] == [f"byte {at}, unpacked byte 70001" for at in (4, 8 + len(frame))]
    assert any(place.startswith("table t, rows 1 to 1, byte 4080, unpacked") for place in where)


def test_what_only_begins_like_a_frame_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes((b"\x28\xb5\x2f\xfd" + bytes(20)) * 20)

    assert searched(tmp_path).is_clean


def test_a_pipe_that_is_named_is_read_to_its_end_and_one_that_is_not_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert searched(tmp_path).is_clean
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"." * 3 * PIECE + NUMBER,))
    writer.start()
    search = searched(tmp_path / "pipe")
    writer.join()

    assert (search.numbers, search.size) == (1, 3 * PIECE + 16)


def test_a_file_that_cannot_be_read_is_no_proof(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    (tmp_path / "log.gz").write_bytes(b"\x1f\x8b\x08\x00nonsense")

    search = searched(tmp_path)
    search.search(tmp_path / "nowhere")

    assert [Path(file).name for file, _ in search.unread] == ["log.gz", "x.db", "nowhere"]
    assert not search.is_clean


def test_all_numbers_are_counted_though_not_all_are_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"|".join([NUMBER] * (FOUND_MAX + 5)))

    search = searched(tmp_path)

    assert (search.numbers, len(search.found)) == (FOUND_MAX + 5, FOUND_MAX)


@pytest.mark.parametrize("number", BRANDS)
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_number_hidden_in_a_full_file_is_found(tmp_path: Path, writing: str, number: str) -> None:
    chance = random.Random(writing)
    data = clean(chance, 60)
    at = data.index(b"\n", chance.randrange(len(data) - 1000)) + 1
    stream = io.BytesIO(data)
    (tmp_path / "log").write_bytes(stream.read(at) + WRITINGS[writing](number) + b"\n" + stream.read())

    found = searched(tmp_path).found

    assert BRANDS[number] in {one.brand for one in found}
