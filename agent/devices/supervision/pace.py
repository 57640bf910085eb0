"""How long the supervisor waits, for an answer and between two tries, and how many reads it believes a device."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from agent.errors import FailureError

READS_MAX = 2000  # within one second: a replay reaches hundreds, a conveyor ten
FAILURES_MAX = 20  # in a row, with not one moment of silence between them


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds. The defaults bring a device that was plugged in again back within three seconds."""

    read_s: float = 0.5  # what a driver is given to wait for one read
    answer_s: float = 5.0  # beyond that, a call that should have returned counts as hung
    load_s: float = 60.0  # the same for loading a driver: an old disk at the start of the day takes its time
    send_s: float = 30.0  # the same for a slip: a slow serial line takes its time
    drawer_s: float = 5.0  # from the asking: a drawer that is not open by then stays closed
    interactive_s: float = 30.0  # the same for a health check in which a person takes part
    status_s: float = 2.0  # between two looks at a device that nobody reads from
    first_pause_s: float = 0.25
    longest_pause_s: float = 2.0


class Pauses:
    """The growing pauses between tries: doubled each time up to the longest, a quarter more or less at random.

    The randomness keeps the tills of a shop from asking one network printer in step.
    """

    def __init__(self, pace: Pace) -> None:
        self._first = pace.first_pause_s
        self._longest = pace.longest_pause_s
        self._next = pace.first_pause_s

    def next_s(self) -> float:
        """Return the next pause."""
        pause = self._next
        self._next = min(pause * 2, self._longest)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311  # no secret hangs on it

    def longest_s(self) -> float:
        """Return the longest pause, for a device that trying again will hardly mend."""
        self._next = self._longest
        return self.next_s()

    def reset(self) -> None:
        """Begin again with the shortest pause."""
        self._next = self._first


class Flood:
    """Tells reads that a person can make from those of a driver or a device that has gone mad; FailureError."""

    def __init__(self) -> None:
        self._second = 0
        self._reads = 0
        self._failures = 0

    def read(self) -> None:
        """Note a read."""
        self._failures = 0
        second = int(time.monotonic())
        self._reads = self._reads + 1 if second == self._second else 1
        self._second = second
        if self._reads > READS_MAX:
            raise FailureError(f"over {READS_MAX} reads within a second: nobody shows so many cards")

    def failed(self) -> None:
        """Note a read that failed."""
        self._failures += 1
        if self._failures > FAILURES_MAX:
            raise FailureError(f"over {FAILURES_MAX} reads in a row failed")

    def quiet(self) -> None:
        """Note that nothing was read for a moment."""
        self._failures = 0
