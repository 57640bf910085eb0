"""From a stream to reads: readers that type or send do not say how long a read is, only when it is over."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from agent.errors import FailureError

TORN: Final = -1  # in place of a byte: here the reader lost something


class Frames:
    """Cuts what one reader sends into reads; holds at most one read and what arrived with its end.

    `is_end` is asked after every byte whether the read so far (never empty) is complete. Without that, `idle_s` of
    silence ends it. `tidy` takes off what frames it; of what is then empty nobody hears. `what` names a read in errors;
    `limit` is its longest length in bytes.
    """

    def __init__(
        self,
        what: str,
        *,
        limit: int,
        idle_s: float,
        is_end: Callable[[bytearray], bool],
        tidy: Callable[[bytes], bytes],
    ) -> None:
        self._what = what
        self._limit = limit
        self._idle_s = idle_s
        self._is_end = is_end
        self._tidy = tidy
        self._received: deque[int] = deque()
        self._frame = bytearray()
        self._is_discarding = False
        self._latest = 0.0

    def clear(self) -> None:
        """Forget what arrived."""
        self._received.clear()
        self._frame.clear()
        self._is_discarding = False

    def read(self, receive: Callable[[float], Iterable[int]], timeout_s: float) -> bytes | None:
        """Return the next read, waiting up to `timeout_s`; None if none was completed.

        `receive` waits up to the seconds given and returns the bytes that came, with TORN where some were lost.
        FailureError as soon as a read is torn or over the limit; the rest of it is thrown away.
        """
        deadline = time.monotonic() + timeout_s
        while (frame := self._next()) is None:
            now = time.monotonic()
            if now >= deadline:
                return None
            wait_s = deadline - now
            if self._is_midway:
                wait_s = min(wait_s, self._latest + self._idle_s - now)
            if (frame := self._take(receive(max(wait_s, 0)))) is not None:
                return frame
        return frame

    @property
    def _is_midway(self) -> bool:
        return bool(self._frame) or self._is_discarding

    def _take(self, received: Iterable[int]) -> bytes | None:
        before = len(self._received)
        self._received.extend(received)
        now = time.monotonic()
        if len(self._received) > before:
            self._latest = now
        elif self._is_midway and now - self._latest >= self._idle_s:
            return self._finish()
        return None

    def _next(self) -> bytes | None:
        while self._received:
            value = self._received.popleft()
            if value == TORN:
                raise self._torn(f"a {self._what} came torn: read it again")
            if len(self._frame) == self._limit:
                raise self._torn(f"a {self._what} of over {self._limit} bytes: read it again")
            self._frame.append(value)
            if self._is_end(self._frame) and (frame := self._finish()):
                return frame
            if self._is_discarding:
                del self._frame[:-1]  # as much as tells an end
        return None

    def _torn(self, text: str) -> FailureError:
        self._frame.clear()
        self._is_discarding = True
        return FailureError(text)

    def _finish(self) -> bytes | None:
        frame = b"" if self._is_discarding else bytes(self._frame)
        self._frame.clear()
        self._is_discarding = False
        return (self._tidy(frame) or None) if frame else None
