"""The crowd at the door: how many requests are looked at together, how many wait, and who is to come again later.

A few are looked at together; more would only stand in each other's way. The others wait in the order in which they
came, as long as the last of them can expect to be answered soon. Whoever comes then is told at once when to come again,
and so is who has waited too long after all: each at another moment, or the same crowd would come back.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")

LATER_S = (2, 30)  # the earliest and the latest that somebody is told to come again
_TOGETHER = 4
_WAIT_S = 0.25  # that the last in line may expect to wait, and that anybody waits
_LINE_MAX = 64  # whatever they take: each holds its body in memory
_FIRST_GUESS_S = 0.02  # that a request takes, before any was looked at
_LATEST = 0.2  # how much the latest request counts in what the next one is expected to take
_BULK_BYTES = 16 * 1024  # a till whose request is as large is catching up, and the next one follows at once
_FOLLOWS_S = 0.25  # so is, if somebody was sent away, the rest of a crowd
_SAY_AGAIN_S = 60.0

log = logging.getLogger(__name__)


class Crowd:
    """Who is at the door of one process. `is_pressing` may be called by any thread, the rest by the event loop's."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_TOGETHER)
        self._here = self._bulks = 0
        self._takes_s = _FIRST_GUESS_S
        self._pressing_until = self._quiet_until = time.monotonic()

    async def admit(self, look: Callable[[], T], *, size: int) -> T | None:
        """Return what `look` makes of a request with a body of `size` bytes, None soon if there is no room for it.

        `look` is called in a thread.
        """
        if not self.has_room():
            return None
        self._here += 1
        try:
            if not await self._has_turn():
                return None
            try:
                return await self._timed(look, size)
            finally:
                self._turns.release()
        finally:
            self._here -= 1

    def has_room(self) -> bool:
        """Say whether who comes now can expect to be answered soon."""
        wait_s = self._here / _TOGETHER * self._takes_s
        if self._here < _TOGETHER or (self._here < _LINE_MAX and wait_s < _WAIT_S):
            return True
        self._note_full()
        return False

    def is_pressing(self) -> bool:
        """Say whether a till sends one large batch after the other, or a crowd is here: what can wait makes way."""
        return self._bulks > 0 or time.monotonic() < self._pressing_until

    async def _has_turn(self) -> bool:
        """Wait for a turn, and say whether it came in time."""
        try:
            async with asyncio.timeout(_WAIT_S):
                return await self._turns.acquire()
        except TimeoutError:
            self._note_full()
            return False

    async def _timed(self, look: Callable[[], T], size: int) -> T:
        began = time.monotonic()
        with self._pressing(size):
            found = await run_in_threadpool(look)
        self._takes_s += _LATEST * (time.monotonic() - began - self._takes_s)
        return found

    @contextmanager
    def _pressing(self, size: int) -> Iterator[None]:
        """Press while a large request is looked at, however long that takes, and until its successor may be here."""
        if size < _BULK_BYTES:
            yield
            return
        self._bulks += 1
        try:
            yield
        finally:
            self._bulks -= 1
            self._pressing_until = time.monotonic() + _FOLLOWS_S

    def _note_full(self) -> None:
        now = time.monotonic()
        self._pressing_until = now + _FOLLOWS_S
        if now >= self._quiet_until:
            self._quiet_until = now + _SAY_AGAIN_S
            log.warning("crowded: %d requests of %.3f s wait, others are to come later", self._here, self._takes_s)


def later_s() -> int:
    """Draw in how many seconds somebody is to come again."""
    return random.randint(*LATER_S)  # noqa: S311 - it spreads them, no more
