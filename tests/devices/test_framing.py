"""Cutting a stream into reads: ends, silence, limits, torn ones."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.framing import TORN, Frames
from agent.errors import FailureError

LIMIT = 8


def lines(*, idle_s: float = 5.0) -> Frames:
    return Frames("label", limit=LIMIT, idle_s=idle_s, is_end=lambda f: f[-1] == 0x0D, tidy=lambda raw: raw.strip())


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

    assert [frames.read(receive, 1), frames.read(receive, 1)] == [b"123", b"45"]


def test_what_holds_nothing_but_framing_is_passed_over() -> None:
    assert lines().read(sends([*b"\r\r \r1\r"]), 1) == b"1"


def test_silence_ends_a_read() -> None:
    frames = lines(idle_s=0.02)
    begun = time.monotonic()

    assert frames.read(sends([*b"123"]), 1) == b"123"
    assert 0.01 < time.monotonic() - begun < 0.5


def test_a_read_that_has_not_ended_is_kept_for_later() -> None:
    frames, receive = lines(), sends([*b"12"])

    assert frames.read(receive, 0.01) is None
    assert frames.read(sends([*b"3\r"]), 1) == b"123"


def test_a_read_over_the_limit_is_one_error_and_then_over() -> None:
    frames, receive = lines(), sends([*b"1" * 100], [*b"2" * 100, *b"\r12345678\r"])
    with pytest.raises(FailureError, match="a label of over 8 bytes"):
        frames.read(receive, 1)

    with pytest.raises(FailureError):
        frames.read(receive, 1)  # 8 bytes and their end are over it too
    assert frames.read(sends([*b"\r1234567\r"]), 1) == b"1234567"


def test_a_torn_read_is_thrown_away_to_its_end() -> None:
    frames, receive = lines(), sends([*b"1\r94", TORN, *b"98\r", *b"2\r"])

    assert frames.read(receive, 1) == b"1"
    with pytest.raises(FailureError, match="came torn"):
        frames.read(receive, 1)
    assert frames.read(receive, 1) == b"2"


def test_a_torn_read_without_an_end_is_over_with_silence() -> None:
    frames = lines(idle_s=0.01)
    with pytest.raises(FailureError):
        frames.read(sends([TORN, *b"98"]), 1)

    assert frames.read(sends(), 0.03) is None
    assert frames.read(sends([*b"2\r"]), 1) == b"2"


def test_an_endless_stream_does_not_outlast_the_wait() -> None:
    frames = lines()
    begun = time.monotonic()
    with pytest.raises(FailureError):
        frames.read(lambda _: b"9" * 100, 0.05)

    assert frames.read(lambda _: b"9" * 100, 0.05) is None
    assert time.monotonic() - begun < 0.5


def test_what_was_cleared_is_gone() -> None:
    frames = lines()
    assert frames.read(sends([*b"12"]), 0.01) is None
    frames.clear()

    assert frames.read(sends([*b"3\r"]), 1) == b"3"


@given(st.lists(st.lists(st.integers(TORN, 0xFF), max_size=30), max_size=10))
def test_any_bytes_give_reads_within_the_limit_or_named_errors(pieces: list[list[int]]) -> None:
    frames, receive = lines(), sends(*pieces)
    for _ in range(sum(map(len, pieces)) + 1):
        try:
            read = frames.read(receive, 0.0001)
        except FailureError:
            continue
        assert read is None or 0 < len(read) <= LIMIT
