"""From what a reader sends to reads: readers seldom say how long one is, only when it is over, or that more follows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from agent.devices.categories import DATA_MAX, Input
from agent.errors import ConfigError, FailureError

T = TypeVar("T")

TORN: Final = -1  # in place of a byte: here the reader lost something
END_MAX: Final = 8  # bytes that may tell an end

_STX: Final = b"\x02"
_ENDS: Final = (b"\r", b"\n", b"\x03")  # CR, LF, ETX
_TRIM: Final = b"\t\r\n\x03"
_SUFFIX_WAIT_S: Final = 2.0  # where a suffix is set only it ends a label; after this much silence it is not coming


def within(timeout_s: float, step: Callable[[float], T | None]) -> T | None:
    """Return what `step` finds, None if it found nothing in `timeout_s`; it is called at least once.

    `step` gets the seconds that are left, waits no longer than that, and returns None if there is nothing yet.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        left_s = deadline - time.monotonic()
        if (found := step(max(left_s, 0))) is not None or left_s <= 0:
            return found


class Frames:
    """Cuts a stream into reads; holds at most one read and what arrived with its end.

    `is_end` is asked after every byte whether the read so far (never empty) is complete. Without that, `idle_s` of
    silence ends it. `tidy` takes off what frames it, or raises FailureError; of what is then empty nobody hears. `what`
    names a read in errors; `limit` is its longest length in bytes, END_MAX at least.
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
        self._idle_ns = int(idle_s * 1e9)
        self._is_end = is_end
        self._tidy = tidy
        self._received: deque[int] = deque()
        self._frame = bytearray()
        self._is_discarding = False
        self._latest_ns = 0

    def clear(self) -> None:
        """Forget what arrived."""
        self._received.clear()
        self._frame.clear()
        self._is_discarding = False

    def read(self, receive: Callable[[float], Iterable[int]], timeout_s: float) -> Input | None:
        """Return the next read, waiting up to `timeout_s`; None if none was completed.

        `receive` waits up to the seconds given and returns the bytes that came, with TORN where some were lost.
        FailureError as soon as a read is torn or over the limit; the rest of it is thrown away.
        """
        return within(timeout_s, lambda left_s: self._next() or self._take(receive, left_s))

    @property
    def _is_midway(self) -> bool:
        return bool(self._frame) or self._is_discarding

    def _take(self, receive: Callable[[float], Iterable[int]], left_s: float) -> Input | None:
        if self._is_midway:
            left_s = min(left_s, max(self._latest_ns + self._idle_ns - time.monotonic_ns(), 0) / 1e9)
        self._received.extend(receive(left_s))
        if self._received:
            self._latest_ns = time.monotonic_ns()
            return self._next()
        if self._is_midway and time.monotonic_ns() - self._latest_ns >= self._idle_ns:
            return self._finish()
        return None

    def _next(self) -> Input | None:
        while self._received:
            value = self._received.popleft()
            if value == TORN:
                raise self._torn(f"a {self._what} came torn: read it again")
            if len(self._frame) == self._limit:
                raise self._torn(f"a {self._what} of over {self._limit} bytes: read it again")
            self._frame.append(value)
            if self._is_end(self._frame) and (found := self._finish()):
                return found
            if self._is_discarding:
                del self._frame[: 1 - END_MAX]
        return None

    def _torn(self, text: str) -> FailureError:
        self._frame.clear()
        self._is_discarding = True
        return FailureError(text)

    def _finish(self) -> Input | None:
        frame = b"" if self._is_discarding else bytes(self._frame)
        self._frame.clear()
        self._is_discarding = False
        data = self._tidy(frame) if frame else b""
        return Input(data, last_byte_ns=self._latest_ns) if data else None


class Parts:
    """Puts a read together that comes in parts of which each says whether another follows; holds one read at most."""

    def __init__(self, what: str, *, limit: int) -> None:
        self._what = what
        self._limit = limit
        self._data = bytearray()
        self._is_discarding = False

    @property
    def is_midway(self) -> bool:
        """True if a read has begun and not ended."""
        return bool(self._data) or self._is_discarding

    def clear(self) -> None:
        """Forget a read that has not ended."""
        self._data.clear()
        self._is_discarding = False

    def add(self, part: bytes, *, is_continued: bool) -> bytes | None:
        """Return the read that `part` completes, if it does; FailureError as soon as it is over the limit."""
        if not self._is_discarding:
            self._data += part
        is_too_long = len(self._data) > self._limit
        if is_continued and not is_too_long:
            return None
        data = bytes(self._data)
        self._data.clear()
        was_discarding, self._is_discarding = self._is_discarding, is_continued
        if is_too_long:
            raise FailureError(f"a {self._what} of over {self._limit} bytes: read it again")
        return None if was_discarding else data


def label_frames(*, prefix: str, suffix: str, idle_s: float) -> Frames:
    """Return what cuts the bytes of a barcode scanner into labels.

    `prefix` and `suffix` are what the scanner is set to send around a label. Without them CR, LF, ETX or `idle_s` of
    silence end a label, and STX or what stands before it is no part of it; with a suffix nothing else ends one.
    ConfigError for a prefix or suffix that cannot be.
    """
    for key, text in (("prefix", prefix), ("suffix", suffix)):
        if len(text) > END_MAX or not text.isascii():
            raise ConfigError(f"{key!r} is {text!r} but must be up to {END_MAX} ASCII characters")
    begin, end = prefix.encode(), suffix.encode()
    ends = (end,) if end else _ENDS
    return Frames(
        "label",
        limit=DATA_MAX,
        idle_s=max(idle_s, _SUFFIX_WAIT_S) if end else idle_s,
        is_end=lambda received: received.endswith(ends),
        tidy=lambda received: label_in(received, prefix=begin, suffix=end),
    )


def label_in(received: bytes, *, prefix: bytes, suffix: bytes) -> bytes:
    """Return a label without what frames it; b"" if there was nothing else. FailureError if a part of that is missing.

    Half a label must not pass for a whole one: the digits that are left may be another card's.
    """
    if not received.strip(_TRIM):
        return b""
    if not received.endswith(suffix):
        raise FailureError("a label stopped before its suffix came: scan it again")
    label = received.removesuffix(suffix)
    if not prefix:
        return label.rpartition(_STX)[2].strip(_TRIM)  # what stands before STX is noise
    if not label.startswith(prefix):
        label = label.lstrip(_TRIM)  # the LF of a CR LF whose CR is the suffix
    if label and not label.startswith(prefix):
        raise FailureError("a label came without its prefix: scan it again")
    return label.removeprefix(prefix).strip(_TRIM)
