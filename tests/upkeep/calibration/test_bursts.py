import pytest

from agent.upkeep.calibration.bursts import QUIET_S, idle_for, record


class Script:
    """A reader that sends these pieces one by one, then nothing."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.waits: list[float] = []

    def receive(self, wait_s: float) -> bytes:
        self.waits.append(wait_s)
        return self._pieces.pop(0) if self._pieces else b""


def test_what_comes_without_a_pause_is_one_burst() -> None:
    script = Script(b"ab", b"c")

    burst = record(script.receive, wait_s=9)

    assert burst is not None
    assert bytes(burst.pieces) == b"abc"
    assert script.waits == [9, QUIET_S, QUIET_S]
    assert 0 < burst.longest_gap_s < QUIET_S


def test_no_burst_is_none() -> None:
    assert record(Script().receive, wait_s=9) is None


def test_a_reader_that_never_stops_is_cut_off() -> None:
    burst = record(lambda _: b"x" * 1000, wait_s=9)

    assert burst is not None
    assert len(burst.pieces) < 6000


def test_what_was_sent_is_not_in_the_repr() -> None:
    assert "b'secret'" not in repr(record(Script(b"secret").receive, wait_s=9))


@pytest.mark.parametrize(
    ("gap_s", "has_end", "idle_s"),
    [
        (0.01, True, None),  # the driver's own 0.3 s is more than enough
        (0.01, False, 0.15),  # the least that is safe
        (0.06, False, 0.25),
        (0.06, True, None),
        (0.09, True, 0.4),  # slower than the driver thinks
        (0.09, False, 0.4),
    ],
)
def test_the_idle_time_follows_the_longest_gap(gap_s: float, idle_s: float | None, *, has_end: bool) -> None:
    assert idle_for(gap_s, has_end=has_end) == idle_s
