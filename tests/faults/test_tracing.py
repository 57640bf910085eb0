"""Reading what strace wrote."""

from pathlib import Path

import pytest

from tests.faults.tracing import Call, parsed

FOLDER = Path("/till")


def shown(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


OPEN = f'7 openat(AT_FDCWD, "{shown("/till/f")}", O_RDWR|O_CREAT, 0600) = 3'


def read(*lines: str) -> list[Call]:
    return list(parsed(lines, FOLDER))


def test_calls_on_files_of_the_folder_are_read_with_what_was_written() -> None:
    found = read(
        OPEN,
        f'7 pwrite64(3, "{shown("ab")}", 2, 4096) = 2',
        "7 fdatasync(3) = 0",
        "7 ftruncate(3, 10) = 0",
        f'7 unlink("{shown("/till/f")}") = 0',
    )

    assert [(call.name, call.file, call.at, call.data) for call in found] == [
        ("openat", "f", 0, b""),
        ("write", "f", 4096, b"ab"),
        ("sync", "f", 0, b""),
        ("truncate", "f", 10, b""),
        ("unlink", "f", 0, b""),
    ]
    assert [call.syscall for call in found[1:3]] == ["pwrite64", "fdatasync"]


def test_what_was_said_stands_in_its_place() -> None:
    found = read(f'7 write(1, "{shown("ack")}", 3) = 3')

    assert found == [Call("said", data=b"ack", syscall="write")]


def test_a_call_that_failed_and_one_that_nobody_lived_to_see_are_told_apart() -> None:
    found = read(OPEN, "7 fdatasync(3) = -1 EIO (Input/output error) (INJECTED)", "7 fdatasync(3) = ?")

    assert [call.done for call in found] == [True, False, None]


def test_other_files_and_closed_ones_are_left_out() -> None:
    elsewhere = OPEN.replace(shown("/till"), shown("/else"))

    assert read(elsewhere, f'7 pwrite64(3, "{shown("a")}", 1, 0) = 1') == []
    assert len(read(OPEN, "7 close(3) = 0", f'7 write(3, "{shown("a")}", 1) = 1')) == 1


def test_a_change_that_is_not_known_is_never_passed_over() -> None:
    with pytest.raises(AssertionError, match="copy_file_range is not known here"):
        read(OPEN, "7 copy_file_range(3, NULL, 4, NULL, 10, 0) = 10")
    with pytest.raises(AssertionError, match="link is not known here"):
        read(f'7 link("{shown("/till/f")}", "{shown("/till/g")}") = 0')
    with pytest.raises(AssertionError, match="two threads"):
        read("7 fdatasync(3 <unfinished ...>")
