"""What is kept aside: durable lines that nobody can read, each once."""

import resource
from pathlib import Path

import pytest

from agent.errors import NotKeptError, OpConflictError
from agent.ledger.disk.aside import Aside, lines_of

KEY = bytes(range(32))
SOLD = {"account": "account-of-ana", "lines": [{"amount": 300}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "aside"


@pytest.fixture
def aside(path: Path) -> Aside:
    return Aside(path, key=KEY)


def test_what_was_kept_is_there_after_a_restart_in_its_order(aside: Aside, path: Path) -> None:
    aside.put("op 1", SOLD)
    aside.put("op-2", {**SOLD, "account": None})

    assert Aside(path, key=KEY).waiting() == [("op 1", SOLD), ("op-2", {**SOLD, "account": None})]
    assert [(line.op, line.refused) for line in lines_of(path)] == [("op 1", None), ("op-2", None)]


def test_nothing_of_it_stands_readable(aside: Aside, path: Path) -> None:
    aside.put("op-1", SOLD)

    assert b"ana" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Aside(path, key=bytes(32)).waiting() == []


def test_the_same_again_is_kept_once_and_something_else_under_its_op_is_refused(aside: Aside) -> None:
    aside.put("op-1", SOLD)
    aside.put("op-1", SOLD)
    with pytest.raises(OpConflictError, match="'op-1' is kept aside for something else"):
        aside.put("op-1", {**SOLD, "account": None})

    assert aside.waiting() == [("op-1", SOLD)]


def test_a_line_that_a_power_cut_tore_is_left_out_and_the_next_one_stands_whole(aside: Aside, path: Path) -> None:
    aside.put("op-1", SOLD)
    aside.put("op-2", SOLD)
    path.write_bytes(path.read_bytes()[:-9])
    aside.put("op-3", SOLD)

    assert [op for op, _ in aside.waiting()] == ["op-1", "op-3"]


def test_what_was_entered_goes_and_what_was_refused_stays_with_the_reason(aside: Aside, path: Path) -> None:
    for op in ("op-1", "op-2", "op-3"):
        aside.put(op, SOLD)
    aside.settle({"op-1": None, "op-2": "op_conflict"})

    assert [(line.op, line.refused) for line in lines_of(path)] == [("op-2", "op_conflict"), ("op-3", None)]
    assert [op for op, _ in aside.waiting()] == ["op-2", "op-3"]


def test_when_everything_was_entered_the_file_is_gone(aside: Aside, path: Path) -> None:
    aside.put("op-1", SOLD)
    aside.settle({"op-1": None})

    assert not path.exists()
    assert (aside.waiting(), lines_of(path)) == ([], [])


def test_more_than_there_is_room_for_is_not_kept_and_spoils_nothing(path: Path) -> None:
    aside = Aside(path, key=KEY, bytes_max=300)
    aside.put("op-1", SOLD)
    before = path.read_bytes()
    with pytest.raises(NotKeptError, match="300 bytes of sales are kept aside already"):
        aside.put("op-2", {**SOLD, "card": "x" * 200})

    assert path.read_bytes() == before


def test_a_folder_that_takes_no_file_is_said_so(path: Path) -> None:
    path.mkdir()
    with pytest.raises(NotKeptError, match="nothing can be kept aside"):
        Aside(path, key=KEY)._append(b"line\n")


def test_every_op_keeps_the_last_reason_that_it_was_refused_with(aside: Aside, path: Path) -> None:
    for op in ("op-1", "op-2"):
        aside.put(op, SOLD)
    aside.settle({"op-1": "invalid", "op-2": "no_room"})
    before = path.stat().st_ino
    aside.settle({"op-2": "invalid", "unknown": None})
    after = path.stat().st_ino
    aside.settle({"op-2": "invalid"})

    assert [(line.op, line.refused) for line in lines_of(path)] == [("op-1", "invalid"), ("op-2", "invalid")]
    assert before != after == path.stat().st_ino  # what changes nothing writes nothing
    assert [file.name for file in path.parent.iterdir()] == ["aside"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_the_keys_of_today_do_not_open_is_named_and_stays(aside: Aside, path: Path) -> None:
    aside.put("old", SOLD)
    today = Aside(path, key=bytes(32))
    today.put("new", SOLD)

    assert (today.unreadable(), [op for op, _ in today.waiting()]) == (["old"], ["new"])
    assert aside.unreadable() == ["new"]


def test_a_file_that_is_exactly_full_takes_no_more(path: Path) -> None:
    Aside(path, key=KEY).put("op-1", SOLD)
    full = Aside(path, key=KEY, bytes_max=2 * path.stat().st_size)
    full.put("op-2", SOLD)

    with pytest.raises(NotKeptError):
        full.put("op-3", SOLD)
    assert [op for op, _ in full.waiting()] == ["op-1", "op-2"]


def test_a_torn_line_is_ended_once_and_a_whole_one_not_at_all(aside: Aside, path: Path) -> None:
    aside.put("op-1", SOLD)
    aside.put("op-2", SOLD)
    assert path.read_bytes().count(b"\n") == 2
    path.write_bytes(b"x")  # as short as a line can be torn
    aside.put("op-3", SOLD)
    aside.put("op-4", SOLD)

    assert path.read_bytes().startswith(b"x\n")
    assert path.read_bytes().count(b"\n") == 3
    assert [op for op, _ in aside.waiting()] == ["op-3", "op-4"]


def test_a_line_of_other_bytes_stops_nobody(aside: Aside, path: Path) -> None:
    aside.put("op 1", SOLD)
    path.write_bytes(b"\xff \xff \xff\nshort\n" + path.read_bytes())

    assert [op for op, _ in aside.waiting()] == ["op 1"]
    assert [line.op for line in lines_of(path)][1:] == ["op 1"]


def test_a_line_that_the_disk_did_not_take_whole_leaves_nothing_behind(aside: Aside, path: Path) -> None:
    aside.put("op-1", SOLD)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
    try:
        with pytest.raises(NotKeptError, match="nothing can be kept aside: there is no room to keep anything aside"):
            aside.put("op-2", SOLD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert path.read_bytes() == before
