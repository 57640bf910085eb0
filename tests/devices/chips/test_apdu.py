"""Commands, answers and status words; the published commands of Type 4 tags, DESFire chips and wallets."""

from __future__ import annotations

import pytest

from agent.devices.chips.apdu import (
    Answer,
    Command,
    Conversation,
    carry_out,
    meaning_of,
    select_application,
)
from agent.errors import FailureError, OfflineError
from tests.devices.chips.vectors import load

VECTORS = load("type4_ndef_apdus.json")


def desfire(ins: int, data: str = "") -> Command:
    """A native DESFire command as an APDU."""
    return Command(0x90, ins, 0x00, 0x00, bytes.fromhex(data), le=256)


DESFIRE = {
    "9060000000": desfire(0x60),
    "90AF000000": desfire(0xAF),
    "905A00000301000000": desfire(0x5A, "010000"),
    "906C0000010100": desfire(0x6C, "01"),
    "900C000005010A00000000": desfire(0x0C, "010A000000"),
    "90DC000005010A00000000": desfire(0xDC, "010A000000"),
    "90C7000000": desfire(0xC7),
    "90A7000000": desfire(0xA7),
}


@pytest.mark.parametrize("case", VECTORS["desfire_wrapped"], ids=lambda case: case["meaning"])
def test_a_desfire_command_is_an_apdu_like_any_other(case: dict[str, str]) -> None:
    assert bytes(DESFIRE[case["c_apdu"]]) == bytes.fromhex(case["c_apdu"])


@pytest.mark.parametrize("sw", VECTORS["desfire_sw"])
def test_every_status_word_of_desfire_has_a_meaning(sw: str) -> None:
    assert "no status word" not in meaning_of(int(sw, 16))


def test_a_wallet_is_selected_by_its_name() -> None:
    apple = VECTORS["vas"]

    command = select_application(apple["apple_aid_ascii"].encode())

    assert bytes(command) == bytes.fromhex(apple["apple_select"])


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (Command(0x00, 0xB0, 0x00, 0x00), "00b00000"),
        (Command(0x00, 0xB0, 0x00, 0x00, le=2), "00b0000002"),
        (Command(0x00, 0xB0, 0x00, 0x00, le=256), "00b0000000"),
        (Command(0x00, 0xD6, 0x00, 0x04, b"\x01\x02"), "00d60004020102"),
        (Command(0x00, 0xA4, 0x04, 0x00, b"\x01", le=256), "00a40400010100"),
    ],
    ids=["case 1", "case 2", "case 2, all", "case 3", "case 4"],
)
def test_the_four_cases_of_a_command(command: Command, sent: str) -> None:
    assert bytes(command).hex() == sent


@pytest.mark.parametrize("received", [b"", b"\x90"])
def test_an_answer_without_its_status_word_was_cut_short(received: bytes) -> None:
    with pytest.raises(FailureError, match="cut short"):
        Answer.parse(received)


def test_an_answer_does_not_show_its_data() -> None:
    assert "4111" not in repr(Answer.parse(b"4111111111111111\x90\x00"))


@pytest.mark.parametrize(
    ("sw", "is_refusal"),
    [
        (0x9000, False),
        (0x6A82, True),
        (0x6E00, True),
        (0x911C, True),
        (0x6300, False),
        (0x6F00, False),
        (0x91CA, False),
    ],
)
def test_only_a_chip_that_understood_refuses(sw: int, *, is_refusal: bool) -> None:
    assert Answer(b"", sw).is_refusal is is_refusal


def test_a_failure_names_the_status_word_and_its_meaning() -> None:
    with pytest.raises(FailureError, match="cannot read the file: the chip says 6982, not allowed without a key"):
        Answer(b"", 0x6982).require("read the file")


def test_an_answer_of_another_size_is_a_failure() -> None:
    with pytest.raises(FailureError, match="gave 3 bytes in place of 2"):
        Answer(b"abc", 0x9000).require("read the file", size=2)


def test_what_breaks_off_a_conversation_is_thrown_into_it() -> None:
    sent: list[bytes] = []

    def conversation() -> Conversation[None]:
        try:
            yield Command(0x00, 0x01, 0x00, 0x00)
        finally:
            yield Command(0x00, 0x02, 0x00, 0x00)

    def transmit(command: bytes) -> bytes:
        sent.append(command)
        if len(sent) == 1:
            raise OfflineError("gone")
        return b"\x90\x00"

    with pytest.raises(OfflineError):
        carry_out(conversation(), transmit)

    assert sent == [bytes.fromhex("00010000"), bytes.fromhex("00020000")]
