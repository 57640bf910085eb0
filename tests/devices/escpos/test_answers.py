"""What a printer sends, cut into messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.escpos.answers import BLOCK_MAX, Answer, AnswerStream, AutomaticStatus, Block, Message

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("printer_answers.json").read_text("utf-8"))
STREAMS = {case["stream"]: tuple(case["parse"]) for case in CASES["mixed_streams"]}


def messages(*chunks: str) -> list[Message]:
    stream = AnswerStream()
    return [message for chunk in chunks for message in stream.feed(bytes.fromhex(chunk))]


def named(message: Message) -> str:
    """The message as the cases write it."""
    match message:
        case Answer(byte):
            return f"DLE EOT {byte:02x}"
        case AutomaticStatus(data):
            return f"ASB {data.hex()}"
        case Block(data):
            return f'GS ( H fn48 process id "{data[2:].decode()}" done'


@pytest.mark.parametrize(("stream", "parse"), STREAMS.items())
def test_a_mixed_stream_is_cut_as_the_reference_says(stream: str, parse: tuple[str, ...]) -> None:
    assert [named(message) for message in messages(stream)] == [part for part in parse if part not in {"XON", "XOFF"}]


@pytest.mark.parametrize("case", CASES["dle_eot"], ids=lambda case: f"{case['request']} {case['reply']}")
def test_a_byte_is_an_answer_only_if_its_fixed_bits_say_so(case: dict[str, Any]) -> None:
    found = messages(case["reply"])

    assert found == ([Answer(int(case["reply"], 16))] if case["valid"] else [])


@pytest.mark.parametrize("case", CASES["asb"], ids=lambda case: str(case["asb"]))
def test_four_bytes_are_an_automatic_status_only_if_their_fixed_bits_say_so(case: dict[str, Any]) -> None:
    found = messages(case["asb"])

    assert found == ([AutomaticStatus(bytes.fromhex(case["asb"]))] if case["valid"] else [])


@pytest.mark.parametrize("case", CASES["gs_r"], ids=lambda case: f"{case['request']} {case['reply']}")
def test_an_answer_to_gs_r_is_none_of_these(case: dict[str, Any]) -> None:
    assert messages(case["reply"]) == []


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("1312", [Answer(0x12)]),  # after XOFF
        ("18 00 11 0c 00", [AutomaticStatus(bytes.fromhex("18000c00"))]),  # XON within
        ("18 12", [Answer(0x12)]),  # an automatic status that was cut short
        ("5f 54 4d 2d 54 38 38 56 00", [Block(b"_TM-T88V")]),  # GS I 67: its letters look like answers
        ("37 22 12", [Answer(0x12)]),  # a block that was cut short
        ("37 25 00 12", [Block(b"7%"), Answer(0x12)]),  # DLE DC4 8: the buffers are clear
        ("13", []),
        ("", []),
    ],
)
def test_what_stands_among_other_messages_is_found(received: str, expected: list[Message]) -> None:
    assert messages(received) == expected


PARTS = ("12", "7e", "18000c00", "1c000f00", "37223030303100", "5f455053004e", "11")


@given(st.lists(st.sampled_from(PARTS)), st.data())
def test_it_does_not_matter_how_the_bytes_arrive(parts: list[str], data: st.DataObject) -> None:
    whole = "".join(parts)
    cut = 2 * data.draw(st.integers(0, len(whole) // 2))
    singly = [whole[at : at + 2] for at in range(0, len(whole), 2)]

    assert messages(whole[:cut], whole[cut:]) == messages(whole) == messages(*singly)


@given(st.lists(st.binary(max_size=200)))
def test_any_bytes_are_cut_without_raising_and_little_is_kept(chunks: list[bytes]) -> None:
    stream = AnswerStream()
    for chunk in chunks:
        for message in stream.feed(chunk):
            assert isinstance(message, Answer | AutomaticStatus | Block)
        assert len(stream._rest) < BLOCK_MAX


def test_a_block_without_an_end_does_not_hold_back_what_follows() -> None:
    stream = AnswerStream()
    stream.feed(b"7" + b"!" * 200)

    assert stream.feed(b"\x00\x12") == [Answer(0x12)]
