"""Reading a Type 4 tag: the published exchange, chunks, and chips that lie."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.chips.apdu import carry_out
from agent.devices.chips.ndef import MESSAGE_MAX, first_text
from agent.devices.chips.type4 import read_type4
from agent.errors import FailureError
from tests.devices.chips.cards import FAILED, NOT_FOUND, OK, Type4, uri
from tests.devices.chips.vectors import load

VECTORS = load("type4_ndef_apdus.json")
MESSAGE = uri("https://id.example.com/8018/" + "9" * 100)


def test_the_published_exchange_is_held_word_for_word() -> None:
    exchange = iter(VECTORS["sequence"])

    def transmit(command: bytes) -> bytes:
        step = next(exchange)
        assert command == bytes.fromhex(step["c_apdu"]), step["meaning"]
        return bytes.fromhex(step["r_apdu"])

    message = carry_out(read_type4(), transmit)

    assert message is not None
    assert first_text(message) == VECTORS["expect_ndef"]["uri"]
    assert next(exchange, None) is None


@pytest.mark.parametrize("mle", [15, 59, 255, 0xFFFF])
def test_a_long_message_is_read_in_the_chunks_that_the_chip_allows(mle: int) -> None:
    card = Type4(MESSAGE, mle=mle)

    assert carry_out(read_type4(), card.answer) == MESSAGE
    assert all(command[4] <= mle for command in card.commands if command[1] == 0xB0)


@pytest.mark.parametrize(
    "card",
    [Type4(None), Type4(b""), Type4(MESSAGE, read_access=0x80)],
    ids=["no application", "empty", "not without a key"],
)
def test_a_chip_without_a_message_that_may_be_read_has_none(card: Type4) -> None:
    assert carry_out(read_type4(), card.answer) is None


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (Type4(MESSAGE, mle=14), "too small"),
        (Type4(MESSAGE, mle=0), "too small"),
        (Type4(MESSAGE, size=20), "file holds 20"),
        (Type4(MESSAGE, size=0), "file holds 0"),
        (Type4(MESSAGE, size=0xFFFF, length=MESSAGE_MAX + 1), "we read 2048"),
        (Type4(MESSAGE, length=len(MESSAGE) + 1), "in place of"),
    ],
)
def test_a_chip_that_contradicts_itself_is_a_failure(card: Type4, said: str) -> None:
    with pytest.raises(FailureError, match=said):
        carry_out(read_type4(), card.answer)


@pytest.mark.parametrize("at", range(7))
@pytest.mark.parametrize("answer", [b"", b"\x90", FAILED, b"\x00" + OK], ids=["nothing", "half", "6300", "one byte"])
def test_an_answer_cut_short_is_never_taken_for_a_chip_without_a_message(at: int, answer: bytes) -> None:
    card = Type4(uri("https://id.example.com/8018/9"))

    def transmit(command: bytes) -> bytes:
        full = card.answer(command)
        return answer if len(card.commands) == at + 1 and (command[1] == 0xB0 or answer[1:] != OK) else full

    try:
        message = carry_out(read_type4(), transmit)
    except FailureError:
        return
    assert message == card.message


@pytest.mark.parametrize("said", [3, 5])
def test_a_chip_that_refuses_to_be_read_is_a_failure(said: int) -> None:
    card = Type4(MESSAGE)

    def transmit(command: bytes) -> bytes:
        answer = card.answer(command)
        return NOT_FOUND if command[1] == 0xB0 and len(card.commands) >= said else answer

    with pytest.raises(FailureError, match="6A82"):
        carry_out(read_type4(), transmit)


@given(st.lists(st.tuples(st.binary(max_size=60), st.sampled_from([OK, OK, OK, NOT_FOUND, FAILED])), max_size=8))
def test_any_answers_end_in_a_message_nothing_or_a_failure(answers: list[tuple[bytes, bytes]]) -> None:
    waiting = iter(answers)
    asked = 0

    def transmit(_: bytes) -> bytes:
        nonlocal asked
        asked += 1
        data, sw = next(waiting, (bytes(15), OK))
        return data + sw

    with contextlib.suppress(FailureError):
        carry_out(read_type4(), transmit)
    assert asked <= 5 + MESSAGE_MAX // 15 + 1
