"""Reading an NTAG21x: versions, TLV blocks, and chips that lie."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.chips.ntag21x import FAST_PAGES, Chip, read_type2, read_version
from agent.errors import FailureError
from tests.devices.chips.cards import play, tlv, uri
from tests.devices.chips.vectors import load

VECTORS = load("ntag21x.json")
NTAG213 = Chip("NTAG213", 39)
CONTAINER = bytes.fromhex("e1101200")
MESSAGE = uri("https://id.example.com/8018/9")


class Memory:
    """A chip's pages, and what was asked of them."""

    def __init__(self, data: bytes, container: bytes = CONTAINER) -> None:
        self._pages = (bytes(12) + container + data).ljust(256 * 4, b"\x00")
        self.commands: list[bytes] = []

    def answer(self, command: bytes) -> bytes:
        """Read as the chip does."""
        self.commands.append(command)
        last = command[1] + 3 if command[0] == 0x30 else command[2]
        return self._pages[command[1] * 4 : (last + 1) * 4]


def message_of(memory: Memory, chip: Chip | None = None) -> bytes | None:
    conversation = read_type2(chip)
    try:
        command = next(conversation)
        while True:
            command = conversation.send(memory.answer(command))
    except StopIteration as end:
        found: bytes | None = end.value
        return found


@pytest.mark.parametrize("case", VECTORS["get_version"], ids=lambda case: case["chip"])
def test_a_chip_is_known_by_its_published_version(case: dict[str, str]) -> None:
    chip = play(read_version(), [bytes.fromhex(case["version"])])

    assert isinstance(chip, Chip)
    assert chip.name == case["chip"]
    first, last = VECTORS["user_pages"].get(case["chip"], (4, chip.last_page))
    assert (first, last) == (4, chip.last_page)


@pytest.mark.parametrize("version", ["0004040502021303", "0104040201000f03", "0004040201000f02"])
def test_another_version_is_a_chip_that_we_do_not_know(version: str) -> None:
    assert play(read_version(), [bytes.fromhex(version)]) is None


@pytest.mark.parametrize("version", [b"", b"\x00", bytes(9)])
def test_a_version_cut_short_is_a_failure(version: bytes) -> None:
    with pytest.raises(FailureError, match="in place of 8"):
        play(read_version(), [version])


def test_a_chip_as_it_leaves_the_factory_has_no_message() -> None:
    case = next(case for case in VECTORS["exchanges"] if case["native"] == "3004")

    assert message_of(Memory(bytes.fromhex(case["native_reply"]))) is None


@pytest.mark.parametrize("chip", [None, NTAG213], ids=["READ", "FAST_READ"])
@pytest.mark.parametrize("size", [0, 1, 8, 14, 60, 115])
def test_a_message_is_read_however_long_it_is(size: int, chip: Chip | None) -> None:
    message = uri("x" * size)

    assert message_of(Memory(tlv(message)), chip) == message


def test_a_message_with_a_length_of_three_bytes_is_read() -> None:
    message = bytes(range(256)) * 3

    memory = Memory(b"\x03\xff\x03\x00" + message + b"\xfe", bytes.fromhex("e1106d00"))  # no lock block on this chip

    assert message_of(memory, Chip("NTAG216", 225)) == message
    assert all(last + 1 - first <= FAST_PAGES for code, first, last in (c for c in memory.commands if c[0] == 0x3A))


def test_no_more_is_read_than_is_needed() -> None:
    memory = Memory(tlv(b"\xd0\x00\x00"))

    assert message_of(memory) == b"\xd0\x00\x00"
    assert memory.commands == [b"\x30\x03"]


@pytest.mark.parametrize("data", [b"\x00" * 5 + b"\x03\x03abc\xfe", b"\xfd\x04wxyz\x03\x03abc\xfe"])
def test_padding_and_other_blocks_are_passed_over(data: bytes) -> None:
    assert message_of(Memory(data)) == b"abc"


@pytest.mark.parametrize(
    ("container", "data"),
    [
        ("e1101200", b"\xfe"),
        ("e1101200", b"\x03\x00\xfe"),
        ("e1101200", b""),
        ("00000000", b"\x03\x03abc\xfe"),
        ("e1201200", b"\x03\x03abc\xfe"),
        ("e11012f0", b"\x03\x03abc\xfe"),
        ("e1100000", b"\x03\x03abc\xfe"),
    ],
    ids=["terminator", "empty", "blank", "no container", "another version", "not without a key", "no memory"],
)
def test_a_chip_without_a_message_that_may_be_read_has_none(container: str, data: bytes) -> None:
    assert message_of(Memory(data, bytes.fromhex(container))) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x03\xff\xff\xff", "end at byte 65539, its memory ends at 144"),
        (b"\x03\x8f", "end at byte 145, its memory ends at 144"),
        (b"\xfd\x8c" + bytes(140) + b"\x03\xff", "its memory ends at 144"),
        (b"\x01\x02\x00\x00\x03\x03abc", "not whole"),
        (b"\x01\x03\x50\x0c\x34\x03\x03abc", "reserved bytes in the middle"),
        (b"\x02\x03\x31\x04\x34\x03\x03abc", "reserved bytes in the middle"),
    ],
)
def test_a_memory_that_contradicts_itself_is_a_failure(data: bytes, said: str) -> None:
    with pytest.raises(FailureError, match=said):
        message_of(Memory(data))


def test_a_container_that_claims_more_than_the_chip_has_does_not_reach_its_passwords() -> None:
    memory = Memory(b"\x03\xff\x00\xa0", bytes.fromhex("e110ff00"))

    with pytest.raises(FailureError, match="its memory ends at 144"):
        message_of(memory, NTAG213)


@pytest.mark.parametrize("answers", [[b""], [bytes(15)], [bytes(17)], [CONTAINER + b"\x03\x20" + bytes(10), bytes(15)]])
def test_an_answer_of_another_size_is_a_failure(answers: list[bytes]) -> None:
    with pytest.raises(FailureError, match="in place of 16"):
        play(read_type2(None), answers)


@given(st.binary(max_size=200), st.integers(0, 255), st.sampled_from([None, NTAG213]))
def test_any_memory_ends_in_a_message_nothing_or_a_failure(data: bytes, size: int, chip: Chip | None) -> None:
    memory = Memory(data, bytes([0xE1, 0x10, size, 0x00]))
    with contextlib.suppress(FailureError):
        message_of(memory, chip)
    assert len(memory.commands) <= 1 + 255 * 8 // 16
