"""The nightly window: every till has a moment of its own in it, so that a chain's tills do not all call at once.

The moment is where SHA-256 of the till's id falls, so that it needs no word from headquarters and stays the same.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.errors import ConfigError

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY_MIN = 24 * 60
_CONTEXT = b"tallystick slot 1\n"


@dataclass(frozen=True, slots=True)
class Window:
    """A window of every day: it begins `begin_min` minutes after midnight and lasts `length_min` minutes."""

    begin_min: int
    length_min: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read "HH:MM-HH:MM"; it may pass midnight. Raises ConfigError."""
        found = _WINDOW.fullmatch(text)
        if found is None:
            raise ConfigError(f"'window' is {text!r} but must be two times like 01:00-05:00")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        begin = hour * 60 + minute
        length = (end_hour * 60 + end_minute - begin) % _DAY_MIN
        if length == 0:
            raise ConfigError(f"'window' is {text!r} but must end at another time than it begins")
        return cls(begin, length)

    def slot_s(self, till: str) -> float:
        """Return how many seconds after the window's begin the till's moment is."""
        place = int.from_bytes(hashlib.sha256(_CONTEXT + till.encode()).digest()[:8], "big")
        return place / 2**64 * self.length_min * 60

    def slot_after(self, till: str, now: datetime) -> datetime:
        """Return the till's next moment after `now`, in the same zone.

        On the night the clocks change it is counted on the clock's face: no moment is left out or comes twice.
        """
        face = now.replace(tzinfo=None)
        midnight = face.replace(hour=0, minute=0, second=0, microsecond=0)
        first = midnight + timedelta(minutes=self.begin_min, seconds=self.slot_s(till)) - timedelta(days=1)
        slots = ((first + timedelta(days=days)).replace(tzinfo=now.tzinfo) for days in range(4))
        return next(slot for slot in slots if slot.timestamp() > now.timestamp())
