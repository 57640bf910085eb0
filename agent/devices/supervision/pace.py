"""How long the supervisor waits: for a driver's answer, between two tries, before it calls a driver hung."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds. The defaults bring a device that was plugged in again back within three seconds."""

    read_s: float = 0.5  # what a driver is given to wait for one read
    answer_s: float = 5.0  # beyond that, a call that should have returned counts as hung
    send_s: float = 30.0  # the same for a slip: a slow serial line takes its time
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
