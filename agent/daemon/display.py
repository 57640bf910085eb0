"""What the customer's line display says: the shop's name, and for a while a member's first name and balance."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from agent.errors import DeviceError

HOLD_S = 60.0  # a name does not stay longer without a sale: nobody says when a customer has gone away

_log = logging.getLogger(__name__)


class Showing(Protocol):
    """What is needed of a LineDisplay; see `agent.devices.categories`."""

    def show(self, lines: Sequence[str]) -> None:
        """Replace what is shown."""


class CustomerDisplay:
    """Follows the till's events; the display is written in a thread of its own, so that nobody waits for it.

    Only the latest counts: what a display that is slow or away has missed is never shown.
    """

    def __init__(self, display: Showing, *, greeting: str, hold_s: float = HOLD_S) -> None:
        self._display = display
        self._greeting = (greeting,)
        self._hold_s = hold_s
        self._lock = threading.Lock()
        self._wanted: tuple[str, ...] = self._greeting
        self._until = 0.0
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="display", daemon=True)

    def start(self) -> None:
        """Begin to show the greeting."""
        self._changed.set()
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End, within `timeout_s` at the latest."""
        self._stopping = True
        self._changed.set()
        self._thread.join(timeout_s)

    def welcome(self, member: Mapping[str, Any]) -> None:
        """Show the member of a `member` event."""
        self._want((member["name"] or self._greeting[0], _balance(member)))

    def greet(self) -> None:
        """Show the greeting: the sale is done."""
        self._want(self._greeting)

    def refresh(self) -> None:
        """Show what is wanted once more: the display has come back."""
        self._changed.set()

    def _want(self, lines: tuple[str, ...]) -> None:
        with self._lock:
            self._wanted = lines
            self._until = time.monotonic() + self._hold_s
        self._changed.set()

    def _run(self) -> None:
        while not self._stopping:
            self._changed.wait(self._left_s())
            self._changed.clear()
            if self._stopping:
                return
            try:
                self._display.show(self._lines())
            except DeviceError as error:  # its report says so; it is written again when it comes back
                _log.debug("display error=%r", str(error))

    def _left_s(self) -> float | None:
        """How long what is wanted is to stay; None for as long as nothing else is."""
        with self._lock:
            return None if self._wanted == self._greeting else max(self._until - time.monotonic(), 0)

    def _lines(self) -> tuple[str, ...]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._wanted = self._greeting
            return self._wanted


def _balance(member: Mapping[str, Any]) -> str:
    """Return the first balance that is no punch card's: "120 points"."""
    punched = {card["card"] for card in member["punch_cards"]}
    told = (f"{units} {member['labels'][unit]}" for unit, units in member["balances"].items() if unit not in punched)
    return next(told, "")
