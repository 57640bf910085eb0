"""What the customer's line display says: the shop's name; for a while a member's first name and balance; the sale."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from agent.errors import DeviceError
from agent.slips.texts import number_text
from agent.web.screen.strings import said

HOLD_S = 60.0  # a name does not stay longer without a sale: nobody says when a customer has gone away
THANKS_S = 15.0

_log = logging.getLogger(__name__)


class Showing(Protocol):
    """What is needed of a LineDisplay; see `agent.devices.categories`."""

    def show(self, lines: Sequence[str]) -> None:
        """Replace what is shown."""


class CustomerDisplay:
    """Follows the till's `display` events; it is written in a thread of its own, so that nobody waits for it.

    `money` writes minor units as the slips do. Only the latest counts: what a display that is slow or away has missed
    is never shown.
    """

    def __init__(
        self,
        display: Showing,
        *,
        greeting: str,
        language: str,
        money: Callable[[int], str],
        hold_s: float = HOLD_S,
        thanks_s: float = THANKS_S,
    ) -> None:
        self._display = display
        self._greeting = (greeting,)
        self._language = language
        self._money = money
        self._hold_s = hold_s
        self._thanks_s = thanks_s
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

    def follow(self, seen: Mapping[str, Any]) -> None:
        """Show what a `display` event says."""
        match seen["state"]:
            case "member":
                self._want((seen["name"] or self._greeting[0], self._balance(seen)), self._hold_s)
            case "sale":
                paid = f"{said('to_pay', self._language)} {self._money(seen['due'])}"
                self._want((paid, self._gain(seen) or self._greeting[0]), self._hold_s)
            case "thanks":
                self._want((said("display_thanks", self._language), self._balance(seen)), self._thanks_s)
            case _:
                self._want(self._greeting, self._hold_s)

    def refresh(self) -> None:
        """Show what is wanted once more: the display has come back."""
        self._changed.set()

    def _want(self, lines: tuple[str, ...], hold_s: float) -> None:
        with self._lock:
            self._wanted = lines
            self._until = time.monotonic() + hold_s
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

    def _balance(self, seen: Mapping[str, Any]) -> str:
        """Return the first balance that is no punch card's: "120 points"."""
        punched = {card["card"] for card in seen["punch_cards"]}
        held = (one for one in seen["balances"] if one["unit"] not in punched)
        return next((f"{number_text(one['units'], self._language)} {one['label']}" for one in held), "")

    def _gain(self, seen: Mapping[str, Any]) -> str:
        """Return the first thing that a sale brings: "+12 points"."""
        gains = (one for one in seen["balances"] if one["gain"] > 0)
        return next((f"+{number_text(one['gain'], self._language)} {one['label']}" for one in gains), "")
