"""Growing pauses."""

from __future__ import annotations

from agent.devices.supervision.pace import Pace, Pauses

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
