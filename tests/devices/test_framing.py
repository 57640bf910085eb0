"""Cutting a stream into reads: ends, silence, limits, torn ones."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices import framing
from agent.devices.framing import TORN, Frames, Parts, label_frames, label_in, within
from agent.errors import ConfigError, FailureError

LIMIT = 8


def lines(*, idle_s: float = 5.0) -> Frames:
    return Frames("label", limit=LIMIT, idle_s=idle_s, is_end=lambda f: f[-1] == 0x0D, tidy=lambda raw: raw.strip())


def data_of(frames: Frames, receive: Callable[[float], list[int]], timeout_s: float = 1) -> bytes | None:
    seen = frames.read(receive, timeout_s)
    return None if seen is None else seen.data


def sends(*pieces: list[int]) -> Callable[[float], list[int]]:
    """A reader that sends the pieces one by one and then is silent for as long as it is waited for."""
    left = list(pieces)

    def receive(wait_s: float) -> list[int]:
        if left:
            return left.pop(0)
        time.sleep(wait_s)
        return []

    return receive


def test_a_read_may_come_in_pieces_and_two_reads_in_one() -> None:
    frames, receive = lines(), sends([*b"12"], [*b"3\r4"], [*b"5\r"])

    assert [data_of(frames, receive), data_of(frames, receive)] == [b"123", b"45"]


def test_what_holds_nothing_but_framing_is_passed_over() -> None:
    assert data_of(lines(), sends([*b"\r\r \r1\r"])) == b"1"


def test_silence_ends_a_read() -> None:
    frames = lines(idle_s=0.02)
    begun = time.monotonic()

    assert data_of(frames, sends([*b"123"])) == b"123"
    assert 0.01 < time.monotonic() - begun < 0.5


def test_a_read_that_has_not_ended_is_kept_for_later() -> None:
    frames, receive = lines(), sends([*b"12"])

    assert frames.read(receive, 0.01) is None
    assert data_of(frames, sends([*b"3\r"])) == b"123"


def test_a_read_over_the_limit_is_one_error_and_then_over() -> None:
    frames, receive = lines(), sends([*b"1" * 100], [*b"2" * 100, *b"\r12345678\r"])
    with pytest.raises(FailureError, match="a label of over 8 bytes"):
        frames.read(receive, 1)

    with pytest.raises(FailureError):
        frames.read(receive, 1)  # 8 bytes and their end are over it too
    assert data_of(frames, sends([*b"\r1234567\r"])) == b"1234567"


def test_a_torn_read_is_thrown_away_to_its_end() -> None:
    frames, receive = lines(), sends([*b"1\r94", TORN, *b"98\r", *b"2\r"])

    assert data_of(frames, receive) == b"1"
    with pytest.raises(FailureError, match="came torn"):
        frames.read(receive, 1)
    assert data_of(frames, receive) == b"2"


def test_a_torn_read_without_an_end_is_over_with_silence() -> None:
    frames = lines(idle_s=0.01)
    with pytest.raises(FailureError):
        frames.read(sends([TORN, *b"98"]), 1)

    assert frames.read(sends(), 0.03) is None
    assert data_of(frames, sends([*b"2\r"])) == b"2"


def test_an_endless_stream_does_not_outlast_the_wait() -> None:
    frames = lines()
    begun = time.monotonic()
    with pytest.raises(FailureError):
        frames.read(lambda _: b"9" * 100, 0.05)

    assert frames.read(lambda _: b"9" * 100, 0.05) is None
    assert time.monotonic() - begun < 0.5


def test_a_read_says_when_its_last_byte_came_however_long_silence_was_waited_for() -> None:
    frames = lines(idle_s=0.05)
    begun = time.monotonic_ns()
    seen = frames.read(sends([*b"12"], [*b"3"]), 1)
    waited_ns = time.monotonic_ns() - begun

    assert seen is not None
    assert begun <= seen.last_byte_ns <= begun + waited_ns - 0.04e9


def test_a_read_that_came_with_the_one_before_is_as_old_as_that_one() -> None:
    frames, receive = lines(), sends([*b"1\r2\r"])
    first, second = frames.read(receive, 1), frames.read(receive, 1)

    assert first is not None
    assert second is not None
    assert first.last_byte_ns == second.last_byte_ns > 0


def test_an_end_of_several_bytes_is_found_even_while_a_read_is_thrown_away() -> None:
    frames = Frames("label", limit=LIMIT, idle_s=5, is_end=lambda f: f.endswith(b"--||--||"), tidy=bytes)
    with pytest.raises(FailureError):
        frames.read(sends([*b"1234567890--||--||"]), 1)

    assert frames.read(sends([*b""]), 0.01) is None
    assert not frames._is_midway


def test_what_was_cleared_is_gone() -> None:
    frames = lines()
    assert frames.read(sends([*b"12"]), 0.01) is None
    frames.clear()

    assert data_of(frames, sends([*b"3\r"])) == b"3"


@given(st.lists(st.lists(st.integers(TORN, 0xFF), max_size=30), max_size=10))
def test_any_bytes_give_reads_within_the_limit_or_named_errors(pieces: list[list[int]]) -> None:
    frames, receive = lines(), sends(*pieces)
    for _ in range(sum(map(len, pieces)) + 1):
        try:
            read = frames.read(receive, 0.0001)
        except FailureError:
            continue
        assert read is None or 0 < len(read.data) <= LIMIT


def test_parts_make_one_read() -> None:
    parts = Parts("label", limit=LIMIT)

    assert parts.add(b"123", is_continued=True) is None
    assert parts.is_midway
    assert parts.add(b"45", is_continued=False) == b"12345"
    assert not parts.is_midway


def test_endless_parts_are_one_error_and_then_over() -> None:
    parts = Parts("label", limit=LIMIT)
    assert parts.add(b"12345678", is_continued=True) is None
    with pytest.raises(FailureError, match="a label of over 8 bytes"):
        parts.add(b"9", is_continued=True)

    assert parts.add(b"9" * 100, is_continued=True) is None
    assert parts.add(b"9", is_continued=False) is None
    assert parts.add(b"1", is_continued=False) == b"1"


def test_parts_that_were_cleared_are_gone() -> None:
    parts = Parts("label", limit=LIMIT)
    parts.add(b"123", is_continued=True)
    parts.clear()

    assert not parts.is_midway
    assert parts.add(b"4", is_continued=False) == b"4"


def test_what_is_waited_for_is_looked_for_once_at_least_and_never_longer_than_said() -> None:
    looks: list[float] = []
    assert within(0, looks.append) is None
    assert looks == [0]

    begun = time.monotonic()
    assert within(0.03, time.sleep) is None
    assert 0.02 < time.monotonic() - begun < 0.5
    assert within(5, lambda left_s: left_s <= 5) is True


def labels(received: bytes, *, prefix: str = "", suffix: str = "") -> list[bytes]:
    """Return the labels in what a scanner sent at once."""
    frames, waiting = label_frames(prefix=prefix, suffix=suffix, idle_s=0.3), [received]
    found: list[bytes] = []
    while (seen := frames.read(lambda _: waiting.pop() if waiting else b"", 0)) is not None:
        found.append(seen.data)
    return found


# Suffixes as scanners are delivered with; MS9520 frames with STX and ETX.
@pytest.mark.parametrize(
    "received", [b"123\r", b"123\n", b"123\r\n", b"123\t\r", b"\x02123\x03", b"\x02123\x03\r\n", b"\r\n\r123\r"]
)
def test_a_label_is_what_stands_between_its_framing(received: bytes) -> None:
    assert labels(received) == [b"123"]


def test_what_stands_before_stx_is_noise() -> None:
    assert labels(b"noise\x02123\x03") == [b"123"]


def test_a_label_may_hold_any_other_byte() -> None:
    assert labels(b"]C101\x1d\x00\xff\x1b\r") == [b"]C101\x1d\x00\xff\x1b"]


def test_several_labels_at_once_are_several() -> None:
    assert labels(b"1\r2\r\n\x023\x03") == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("received", "prefix", "suffix"),
    [
        (b"~123\r\n~456\r\n", "~", "\r\n"),
        (b"~123\r\n\r\n~456\r\n", "~", "\r\n"),
        (b"~123\r\n~456\r\n", "~", "\r"),
        (b"~123\r\n~456\n", "~", ""),
        (b"\x02123\x03\x02456\x03", "\x02", "\x03"),
        (b"123##456##", "", "##"),
        (b"<<123\t<<456\t", "<<", "\t"),
    ],
)
def test_the_prefix_and_suffix_that_a_scanner_is_set_to_are_no_part_of_a_label(
    received: bytes, prefix: str, suffix: str
) -> None:
    assert labels(received, prefix=prefix, suffix=suffix) == [b"123", b"456"]


def test_where_a_suffix_is_set_nothing_else_ends_a_label() -> None:
    assert labels(b"12\r3\x03##", suffix="##") == [b"12\r3"]


def test_where_a_suffix_is_set_a_pause_does_not_cut_a_label_in_two() -> None:
    frames = label_frames(prefix="", suffix="\r", idle_s=0.01)

    assert frames.read(sends([*b"94980100"]), 0.05) is None
    assert data_of(frames, sends([*b"00012345\r"])) == b"9498010000012345"


def test_a_label_whose_suffix_never_comes_is_a_bad_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "_SUFFIX_WAIT_S", 0.03)
    frames = label_frames(prefix="", suffix="\r", idle_s=0.01)
    with pytest.raises(FailureError, match="stopped before its suffix"):
        frames.read(sends([*b"94980100"]), 1)

    assert data_of(frames, sends([*b"123\r"])) == b"123"


def test_a_label_that_lost_its_head_is_a_bad_read() -> None:
    with pytest.raises(FailureError, match="without its prefix"):
        labels(b"0000012345\r\n", prefix="~", suffix="\r\n")


@pytest.mark.parametrize(("prefix", "suffix"), [("→", ""), ("", "123456789"), ("123456789", "")])
def test_a_prefix_or_suffix_that_cannot_be_is_refused(prefix: str, suffix: str) -> None:
    with pytest.raises(ConfigError, match="up to 8 ASCII characters"):
        label_frames(prefix=prefix, suffix=suffix, idle_s=0.3)


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_into_labels_that_hold_no_framing(received: bytes) -> None:
    for label in labels(received):
        assert label
        assert not set(label) & set(b"\r\n\x02\x03")


@given(st.binary(max_size=60), st.binary(max_size=8), st.binary(max_size=8))
def test_any_framing_gives_a_label_or_a_named_error(received: bytes, prefix: bytes, suffix: bytes) -> None:
    try:
        label = label_in(received, prefix=prefix, suffix=suffix)
    except FailureError:
        return
    assert label in received
