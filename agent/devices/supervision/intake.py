"""Takes reads to the inbox: through the firewall first, before anything waits, is logged or is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from agent.devices.categories import DATA_MAX, Category, Input, Read
from agent.devices.firewall.payment import wipe
from agent.devices.firewall.recognise import BadRead, Recognised, recognise
from agent.devices.supervision.inbox import Inbox, Sighting
from agent.errors import FailureError
from agent.loyalty.cards import CardRange

REASON_MAX = 200  # characters of a driver's own words


class Intake:
    """The door of the inbox. `ranges` returns the programme's own cards of the moment."""

    def __init__(self, inbox: Inbox, ranges: Callable[[], Sequence[CardRange]]) -> None:
        self._inbox = inbox
        self._ranges = ranges

    def accept(self, device: str, category: Category, seen: object) -> bool:
        """Take in what a driver returned as read; say whether it was a good read.

        FailureError if it is no Input, or one over the limit: then the driver is not to be trusted.
        """
        at_ns = time.monotonic_ns()
        if not isinstance(seen, Input) or not isinstance(seen.data, bytes):
            raise FailureError(f"the driver returned {type(seen).__name__} in place of an Input with bytes")
        if len(seen.data) > DATA_MAX:
            raise FailureError(f"the driver returned {len(seen.data)} bytes as one read, over the limit of {DATA_MAX}")
        card = recognise(Read(device, category, seen.data, at_ns, seen.application), self._ranges())
        self._put(device, category, card, at_ns)
        return not isinstance(card, BadRead)

    def refuse(self, device: str, category: Category, error: FailureError) -> None:
        """Take in that a read failed, so that the person hears it and reads the card again."""
        self._put(device, category, BadRead(wipe(str(error))[:REASON_MAX]), time.monotonic_ns())

    def _put(self, device: str, category: Category, card: Recognised, at_ns: int) -> None:
        self._inbox.put(Sighting(device, category, card, at_ns))
