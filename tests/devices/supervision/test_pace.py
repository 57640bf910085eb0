"""Growing pauses, and reads that nobody can make."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.devices.supervision.pace import FAILURES_MAX, READS_MAX, Flood, Pace, Pauses
from agent.errors import FailureError


def repeat(call: Callable[[], None], times: int) -> None:
    for _ in range(times):
        call()


PACE = Pace(first_pause_s=1.0, longest_pause_s=4.0)


def test_pauses_double_up_to_the_longest() -> None:
    pauses = Pauses(PACE)

    for expected in (1.0, 2.0, 4.0, 4.0):
        assert 0.75 * expected <= pauses.next_s() <= 1.25 * expected


def test_pauses_differ_between_tills() -> None:
    assert len({Pauses(PACE).next_s() for _ in range(10)}) > 1


def test_after_a_reset_the_first_pause_comes_again() -> None:
    pauses = Pauses(PACE)
    pauses.longest_s()
    pauses.reset()

    assert pauses.next_s() <= 1.25


def test_more_reads_than_anybody_can_make_are_no_reads() -> None:
    flood = Flood()

    with pytest.raises(FailureError, match="nobody shows so many cards"):
        repeat(flood.read, 2 * READS_MAX + 1)  # these take far less than a second, which may just have begun


def test_failures_without_a_pause_are_the_devices_own() -> None:
    flood = Flood()

    with pytest.raises(FailureError, match="in a row failed"):
        repeat(flood.failed, FAILURES_MAX + 1)


def test_a_moment_of_silence_or_a_good_read_forgives() -> None:
    flood = Flood()

    for forgive in (flood.quiet, flood.read):
        repeat(flood.failed, FAILURES_MAX)
        forgive()
    flood.failed()
