"""The ballast: really there, given up when the disk is full, and made again before anything else."""

import os
import resource
from pathlib import Path

import pytest

from agent.ledger.disk import ballast as module
from agent.ledger.disk.ballast import Ballast

SIZE = 1024 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ballast"


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let so many bytes be free beside the ballast."""
    monkeypatch.setattr(module, "_free", lambda _folder: size)


def test_it_is_really_allocated(path: Path) -> None:
    assert Ballast(path, SIZE).look()
    assert path.stat().st_blocks * 512 >= SIZE


def test_it_is_given_up_below_a_quarter_of_its_size_and_made_again_above_one_and_a_half(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast = Ballast(path, SIZE)
    held = []
    for free_bytes in (SIZE * 3 // 2, SIZE // 4, SIZE // 4 - 1, SIZE * 3 // 2 - 1, SIZE * 3 // 2):
        free(monkeypatch, free_bytes)
        held.append((ballast.look(), path.exists()))

    assert held == [(True, True), (True, True), (False, False), (False, False), (True, True)]


def test_a_new_one_is_not_made_on_a_disk_that_is_nearly_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, SIZE)

    assert not Ballast(path, SIZE).look()
    assert not path.exists()


def test_one_of_another_time_is_taken_as_it_is_and_a_smaller_one_is_made_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ballast(path, SIZE).look()
    free(monkeypatch, SIZE)  # too little to make one

    assert Ballast(path, SIZE).look()
    assert not Ballast(path, 2 * SIZE).look()


def test_a_sparse_file_is_no_ballast(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()
    os.truncate(path, SIZE)
    free(monkeypatch, SIZE)

    assert not Ballast(path, SIZE).look()


def test_given_up_because_the_disk_said_so_it_waits_for_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ballast = Ballast(path, SIZE)
    ballast.look()
    ballast.give_up()
    free(monkeypatch, SIZE)

    assert (ballast.look(), path.exists()) == (False, False)


def test_without_one_the_disk_is_never_called_full(path: Path) -> None:
    ballast = Ballast(path, 0)
    ballast.give_up()

    assert ballast.look()
    assert not path.exists()


def test_a_disk_that_takes_no_more_names_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, SIZE * 3 // 2)
    path.symlink_to(path.parent / "no folder" / "ballast")

    assert not Ballast(path, SIZE).look()


def test_giving_up_what_is_gone_or_cannot_be_deleted_is_no_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ballast = Ballast(path, SIZE)
    ballast.look()
    path.unlink()
    ballast.give_up()
    path.mkdir()
    ballast.give_up()
    free(monkeypatch, SIZE * 2)

    assert not ballast.look()
    path.rmdir()
    assert ballast.look()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_takes_a_name_and_no_room_is_full_and_keeps_nothing_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, SIZE * 3 // 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE - 1, hard))
    try:
        assert not Ballast(path, SIZE).look()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not path.exists()
