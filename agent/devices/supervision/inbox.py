"""Where reads wait for the daemon: bounded, and nothing old comes out."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from threading import Condition

from agent.devices.categories import Category
from agent.devices.firewall.recognise import Recognised


@dataclass(frozen=True, slots=True)
class Sighting:
    """A read after the firewall: what was recognised, on which device, and when (`time.monotonic_ns`)."""

    device: str
    category: Category
    card: Recognised
    at_ns: int


class Inbox:
    """A queue of sightings. When it or a device's share is full the oldest goes; one older than `age_max_s` too.

    A card that was read while nobody looked must not turn up in the next customer's sale, and a device that sends
    without end must not push out what another one read.
    """

    def __init__(self, *, size_max: int = 64, share_max: int = 16, age_max_s: float = 5.0) -> None:
        self._waiting: deque[Sighting] = deque(maxlen=size_max)
        self._share_max = share_max
        self._age_max_ns = int(age_max_s * 1e9)
        self._arrival = Condition()

    def put(self, sighting: Sighting) -> None:
        """Add a sighting; never waits."""
        with self._arrival:
            own = [waiting for waiting in self._waiting if waiting.device == sighting.device]
            if len(own) >= self._share_max:
                self._waiting.remove(own[0])
            self._waiting.append(sighting)
            self._arrival.notify()

    def take(self, timeout_s: float) -> Sighting | None:
        """Return the oldest sighting that is still fresh, waiting up to `timeout_s` for one."""
        deadline = time.monotonic() + timeout_s
        with self._arrival:
            while True:
                while self._waiting:
                    sighting = self._waiting.popleft()
                    if time.monotonic_ns() - sighting.at_ns <= self._age_max_ns:
                        return sighting
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrival.wait(left):
                    return None
