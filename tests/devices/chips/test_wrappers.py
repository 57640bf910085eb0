"""How readers pass commands on, on the published exchanges; what they say in place of an answer."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.chips.apdu import Answer, carry_out
from agent.devices.chips.ntag21x import GET_VERSION, Native
from agent.devices.chips.wrappers import (
    END_SESSION,
    SET_ISO14443_A3,
    START_SESSION,
    Wrapping,
    answer_of_pn532,
    answer_of_session,
    passed_on,
    read_binary,
    through_pn532,
    transceive,
    wrapping_of,
)
from agent.errors import DeviceError, FailureError, OfflineError
from tests.devices.chips.cards import NTAG213, OK, Ntag
from tests.devices.chips.vectors import load

VECTORS = load("ntag21x.json")
EXCHANGES = VECTORS["exchanges"]
SESSION = VECTORS["transparent_ffc2"]
RAW = [Wrapping.PN532, Wrapping.DIRECT, Wrapping.TRANSPARENT]


def ask(command: bytes) -> Native[bytes]:
    return (yield command)


def answer(received: str) -> Answer:
    return Answer.parse(bytes.fromhex(received))


@pytest.mark.parametrize("case", EXCHANGES, ids=lambda case: case["op"])
def test_a_published_command_goes_through_a_pn532(case: dict[str, str]) -> None:
    assert bytes(through_pn532(bytes.fromhex(case["native"]))) == bytes.fromhex(case["acr122u_apdu"])


@pytest.mark.parametrize("case", [c for c in EXCHANGES if c["acr122u_reply"]], ids=lambda case: case["op"])
def test_a_published_answer_comes_out_of_a_pn532(case: dict[str, str]) -> None:
    assert answer_of_pn532(answer(case["acr122u_reply"])) == bytes.fromhex(case["native_reply"])


@pytest.mark.parametrize("case", VECTORS["acr122u_errors"], ids=lambda case: case["reply"])
def test_a_published_error_of_a_pn532_is_a_failure(case: dict[str, str]) -> None:
    with pytest.raises(FailureError):
        answer_of_pn532(answer(case["reply"]))


def test_the_errors_of_a_pn532_are_told_apart() -> None:
    with pytest.raises(FailureError, match="did not answer"):
        answer_of_pn532(answer("D543019000"))
    with pytest.raises(FailureError, match="damaged"):
        answer_of_pn532(answer("D543029000"))
    with pytest.raises(FailureError, match="not understood by the reader"):
        answer_of_pn532(answer("6300"))
    with pytest.raises(FailureError, match="set `wrapping`"):
        answer_of_pn532(answer("0004040201000F039000"))


def test_the_published_transparent_session() -> None:
    assert bytes(END_SESSION) == bytes.fromhex(SESSION["end_stale"]) == bytes.fromhex(SESSION["end"])
    assert bytes(START_SESSION) == bytes.fromhex(SESSION["start"])
    assert bytes(SET_ISO14443_A3) == bytes.fromhex(SESSION["set_protocol_14443A_3"])
    assert bytes(transceive(GET_VERSION, timer_us=0)) == bytes.fromhex(SESSION["get_version"])
    assert bytes(transceive(b"\x30\x04")) == bytes.fromhex(SESSION["with_timeout_50ms_READ4"])
    assert answer_of_session(answer(SESSION["example_reply_get_version"])).hex().upper() == "0004040201001303"


@pytest.mark.parametrize(
    "received",
    [
        "C0036401009000",
        "C00300900092010096020000" + "9000",
        "C003009000970800049000",
        "C003009000978140009000",
        "C09000",
        "979000",
        "5F9000",
        "97819000",
        "6700",
        "9000",
    ],
)
def test_an_answer_of_a_session_that_is_none_is_a_failure(received: str) -> None:
    with pytest.raises(FailureError):
        answer_of_session(answer(received))


def test_the_standards_own_read_is_as_published() -> None:
    case = next(c for c in VECTORS["pcsc_standard"] if c["op"] == "READ page 4")

    assert bytes(read_binary(b"\x30\x04")) == bytes.fromhex(case["apdu"])


def test_an_unsupported_command_is_a_failure() -> None:
    case = next(c for c in VECTORS["pcsc_standard"] if c["op"] == "unsupported")

    with pytest.raises(FailureError, match="6A81, not supported"):
        carry_out(passed_on(ask(b"\x30\x04"), Wrapping.READ_BINARY), lambda _: bytes.fromhex(case["reply"]))


@pytest.mark.parametrize(
    ("reader", "wrapping"),
    [
        ("ACS ACR122U PICC Interface 00 00", Wrapping.PN532),
        ("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00", Wrapping.DIRECT),
        ("ACS ACR1552 1S CL Reader(1) 00 00", Wrapping.TRANSPARENT),
        ("SONY FeliCa RC-S300/S (1234567) 00 00", Wrapping.TRANSPARENT),
        ("Generic Smart Card Reader 00 00", Wrapping.READ_BINARY),
    ],
)
def test_a_reader_is_known_by_its_name(reader: str, wrapping: Wrapping) -> None:
    assert wrapping_of(reader) is wrapping


@pytest.mark.parametrize("wrapping", RAW)
def test_the_chips_own_commands_reach_it(wrapping: Wrapping) -> None:
    card = Ntag(b"", reader=wrapping)

    assert carry_out(passed_on(ask(GET_VERSION), wrapping), card.answer) == NTAG213


@pytest.mark.parametrize("wrapping", RAW)
def test_a_chip_that_does_not_know_the_command_is_a_failure(wrapping: Wrapping) -> None:
    card = Ntag(b"", version=None, reader=wrapping)

    with pytest.raises(FailureError):
        carry_out(passed_on(ask(GET_VERSION), wrapping), card.answer)
    assert not card.in_session


def test_a_reader_without_sessions_is_a_failure() -> None:
    with pytest.raises(FailureError, match="begin a transparent session"):
        carry_out(passed_on(ask(GET_VERSION), Wrapping.TRANSPARENT), Ntag(b"").answer)


@pytest.mark.parametrize("lost", range(1, 6))
def test_a_session_is_ended_whichever_exchange_is_lost(lost: int) -> None:
    card = Ntag(b"", reader=Wrapping.TRANSPARENT)
    asked = 0

    def transmit(command: bytes) -> bytes:
        nonlocal asked
        asked += 1
        if asked == lost:
            raise OfflineError("lost")
        return card.answer(command)

    with pytest.raises(OfflineError, match="lost"):
        carry_out(passed_on(ask(GET_VERSION), Wrapping.TRANSPARENT), transmit)
    assert not card.in_session or lost == 5  # the fifth is the end itself; the next session begins by ending this one


@given(st.sampled_from(list(Wrapping)), st.lists(st.binary(max_size=40), max_size=6))
def test_any_answers_end_in_an_answer_or_a_failure(wrapping: Wrapping, answers: list[bytes]) -> None:
    waiting = iter(answers)
    asked = 0

    def transmit(_: bytes) -> bytes:
        nonlocal asked
        asked += 1
        return next(waiting, b"") + OK

    with contextlib.suppress(DeviceError):
        carry_out(passed_on(ask(b"\x30\x04"), wrapping), transmit)
    assert asked <= 5
