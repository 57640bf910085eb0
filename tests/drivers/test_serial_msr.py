"""serial_msr: framing and check characters of stripe readers on a serial line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.devices.settings import parse_settings
from agent.errors import ConfigError, FailureError
from drivers.serial_msr import Lrc, SerialMsr, Settings, frame_in
from tests.drivers.serial_line import SerialLine

CARD, OTHER = b";9498010000012345?", b";9498010000099999?"
CARD_LRC = b"8"  # of CARD; the one of stripes.json
IDLE_S = 0.05


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path) as line:
        yield line


@contextmanager
def reader(
    line: SerialLine, lrc: Lrc = Lrc.NONE, *, one_line: bool = False, idle_s: float = IDLE_S
) -> Iterator[SerialMsr]:
    msr = SerialMsr(Settings(line.path, lrc=lrc, one_line=one_line, idle_s=idle_s, settle_s=0.02))
    msr.open()
    msr.claim()
    msr.enable()
    yield msr
    msr.close()


def swiped(msr: SerialMsr, timeout_s: float = 1.0) -> bytes | None:
    seen = msr.read(timeout_s)
    return None if seen is None else seen.data


def framed(data: bytes) -> bytes:
    frame = b"\x02" + data + b"\x03"
    return frame + bytes([reduce(xor, frame)])


# MagTek IntelliHead, ID TECH, UIC, MagTek port-powered insert reader.
@pytest.mark.parametrize(
    ("sent", "swipe"),
    [
        (b"%111?;E?+333?\r", b"%111?;E?+333?"),
        (b"%111?\r" + CARD + b"\r", b"%111?\r" + CARD),
        (b"\x02%111?5\x10\x02" + CARD + b"8\x10", b"%111?5\x10\x02" + CARD + b"8"),
        (b"\x02\x1b" + CARD + b"0\r\x03", CARD + b"0"),
        (CARD, CARD),
    ],
)
def test_a_swipe_comes_as_readers_frame_it(sent: bytes, swipe: bytes, line: SerialLine) -> None:
    with reader(line) as msr:
        line.send(sent)

        assert swiped(msr) == swipe


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_reader_of_one_line_ends_its_swipe_at_once(end: bytes, line: SerialLine) -> None:
    with reader(line, one_line=True, idle_s=5) as msr:
        line.send(CARD + end + OTHER + end)

        assert [swiped(msr), swiped(msr)] == [CARD, OTHER]


def test_what_a_card_sensor_says_is_no_swipe(line: SerialLine) -> None:
    with reader(line) as msr:
        line.send(b"\x02\x1b1\r\x03")

        assert swiped(msr, 2 * IDLE_S) is None


def test_a_tracks_check_character_is_checked_and_taken_off(line: SerialLine) -> None:
    with reader(line, Lrc.TRACK) as msr:
        line.send(CARD + CARD_LRC + b"\r")
        assert swiped(msr) == CARD
        line.send(CARD + b"9\r")

        assert swiped(msr) == b";E?"


def test_a_frames_check_character_is_checked_and_taken_off(line: SerialLine) -> None:
    with reader(line, Lrc.FRAME, idle_s=5) as msr:
        line.send(framed(CARD + b"\r"))
        assert swiped(msr) == CARD
        line.send(framed(OTHER).replace(b"99999", b"99998"))
        with pytest.raises(FailureError, match="clean the reader's head"):
            msr.read(1)
        line.send(framed(OTHER))

        assert swiped(msr) == OTHER


def test_a_frame_without_its_end_is_a_bad_read(line: SerialLine) -> None:
    with reader(line, Lrc.FRAME) as msr:
        line.send(framed(CARD)[:-2])
        with pytest.raises(FailureError, match="LRC"):
            msr.read(1)


def test_a_half_swipe_is_handed_on_as_it_is(line: SerialLine) -> None:
    with reader(line) as msr:
        line.send(b";94980100")

        assert swiped(msr) == b";94980100"


def test_a_swipe_may_come_in_pieces(line: SerialLine) -> None:
    with reader(line, one_line=True, idle_s=5) as msr:
        line.send(CARD[:5])
        assert swiped(msr, 0.01) is None
        line.send(CARD[5:] + b"\r")

        assert swiped(msr) == CARD


def test_a_card_drawn_there_and_back_is_one_read(line: SerialLine) -> None:
    with reader(line, one_line=True) as msr:
        line.send(CARD + b"\r" + CARD + b"\r" + OTHER + b"\r")

        assert [swiped(msr), swiped(msr)] == [CARD, OTHER]


def test_a_track_of_ten_thousand_characters_is_one_bad_read(line: SerialLine) -> None:
    with reader(line, idle_s=0.2) as msr:
        line.send(b";" + b"9" * 2000)
        with pytest.raises(FailureError, match="over 512 bytes"):
            msr.read(1)
        for _ in range(4):
            line.send(b"9" * 2000)
            assert swiped(msr, 0.005) is None
        assert swiped(msr, 0.5) is None
        line.send(CARD)

        assert swiped(msr) == CARD


@pytest.mark.parametrize(
    "table", [{}, {"path": "x", "lrc": "crc"}, {"path": "x", "baud": 0}, {"path": "x", "idle_s": 6}]
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(Settings, table, where="device 'msr'")


@given(st.binary(max_size=60))
def test_a_frame_is_taken_as_it_was_sent_or_refused(data: bytes) -> None:
    assert frame_in(framed(data)) == data
    if data:
        with pytest.raises(FailureError):
            frame_in(framed(data)[:-1] + bytes([framed(data)[-1] ^ 1]))


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.binary(min_size=1, max_size=100), max_size=5), lrc=st.sampled_from(Lrc))
def test_any_bytes_are_read_in_time(pieces: list[bytes], lrc: Lrc, tmp_path_factory: pytest.TempPathFactory) -> None:
    with SerialLine(tmp_path_factory.mktemp("line")) as line, reader(line, lrc, idle_s=0.001) as msr:
        begun = time.monotonic()
        for piece in pieces:
            line.send(piece)
            try:
                msr.read(0.003)
            except FailureError:
                continue
        assert time.monotonic() - begun < 1
