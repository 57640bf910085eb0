"""Takes reads to the inbox: through the firewall first, before anything waits, is logged or is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from agent.devices.categories import Category, Read
from agent.devices.chips.sun.keys import SunKeys
from agent.devices.firewall.recognise import BadRead, Recognised, recognise
from agent.devices.firewall.tracks import split_tracks
from agent.devices.gs1.numbers import Numbering
from agent.devices.supervision.calls.answers import as_input
from agent.devices.supervision.calls.verdict import verdict
from agent.devices.supervision.inbox import Inbox, Sighting
from agent.devices.supervision.statistics import Meter
from agent.errors import FailureError
from agent.loyalty.cards import CardRange


class Intake:
    """The door of the inbox. `ranges` returns the programme's own cards of the moment."""

    def __init__(
        self,
        inbox: Inbox,
        ranges: Callable[[], Sequence[CardRange]],
        numbering: Numbering,
        sun: SunKeys | None,
    ) -> None:
        self._inbox = inbox
        self._ranges = ranges
        self._numbering = numbering
        self._sun = sun

    def accept(self, device: str, category: Category, seen: object, *, meter: Meter) -> None:
        """Take in what a driver returned as read. FailureError if it is no Input: the driver is not to be trusted."""
        now_ns = time.monotonic_ns()
        found = as_input(seen)
        at_ns = min(found.last_byte_ns, now_ns) if found.last_byte_ns > 0 else now_ns
        read = Read(device, category, found.data, at_ns, found.application)
        card = recognise(read, self._ranges(), self._numbering, sun=self._sun)
        meter.read(is_good=not isinstance(card, BadRead))
        if category is Category.MSR:
            meter.swiped(len(split_tracks(found.data.decode("latin-1")).errors))
        self._put(device, category, card, at_ns)

    def refuse(self, device: str, category: Category, error: FailureError, *, meter: Meter) -> None:
        """Take in that a read failed, so that the person hears it and reads the card again."""
        meter.read(is_good=False)
        self._put(device, category, BadRead(verdict(error).text), time.monotonic_ns())

    def _put(self, device: str, category: Category, card: Recognised, at_ns: int) -> None:
        self._inbox.put(Sighting(device, category, card, at_ns))
