"""Calls into a driver, each with a limit, so that a driver which does not come back is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agent.errors import DeviceTimeoutError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    limit_s: float
    overdue_at: float


class Calls:
    """The calls of one driver; one at a time, from the driver's own thread. Any thread may ask what is overdue."""

    def __init__(self) -> None:
        self._current: _Call | None = None

    def make(self, name: str, call: Callable[[], T], *, limit_s: float) -> T:
        """Return what `call` returns; DeviceTimeoutError if it came back, but only after `limit_s`.

        What comes back too late is dropped: nobody knows to which customer it belonged.
        """
        self._current = current = _Call(name, limit_s, time.monotonic() + limit_s)
        try:
            result = call()
        finally:
            self._current = None
        if time.monotonic() > current.overdue_at:
            raise DeviceTimeoutError(f"the driver took over {limit_s:g} s for {name}")
        return result

    def overdue(self) -> str | None:
        """Return what has not come back within its limit, for people; None if nothing."""
        current = self._current
        if current is None or time.monotonic() <= current.overdue_at:
            return None
        return f"the driver has not come back from {current.name} for over {current.limit_s:g} s"
