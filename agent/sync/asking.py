"""Questions to headquarters that somebody waits for, two seconds at most; the sync loop's thread puts them."""

from __future__ import annotations

import threading
import time

from agent.errors import RejectedError
from agent.sync.line import Ask, Line

ASK_S = 2.0  # the counter waits no longer, and a customer stands before it


class Question:
    """A question, and who waits for its answer until ASK_S are over. Made by the one, answered by another thread."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._ends = time.monotonic() + ASK_S
        self._ended = threading.Event()
        self._body: bytes | None = None

    def put(self, line: Line) -> bytes | None:
        """Ask it over the line and return the answer; None if nobody waits any more, or headquarters says no.

        Raises UnreachableError or ForgedError.
        """
        if time.monotonic() >= self._ends:
            return None
        try:
            return line.ask(self._ask).body
        except RejectedError:
            return None

    def end(self, body: bytes | None) -> None:
        """Give whoever waits the answer, or None; only the first counts."""
        if not self._ended.is_set():
            self._body = body
            self._ended.set()

    def wait(self) -> bytes | None:
        """Wait for the answer; None if it does not come in time."""
        return self._body if self._ended.wait(self._ends - time.monotonic()) else None
