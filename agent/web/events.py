"""Events from any thread to everyone who listens on GET /v1/events, as server-sent events (WHATWG HTML, 9.2).

A listener has a bounded queue. Who does not keep up is let go and comes back: the browser's EventSource does so by
itself, and what was missed is asked for anew. Nothing is kept for those who are away.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from agent.errors import NotAllowedError
from agent.slips.texts import SOURCE

QUEUE_MAX = 64  # events a listener may be behind
LISTENERS_MAX = 32  # a till has a screen, a display, the point-of-sale software; more is a program gone wild
RETRY_MS = 1000  # how soon a listener comes back


@dataclass(frozen=True, slots=True)
class Spoken:
    """The data of an event that has sentences in it: `told` makes it anew for each language that is listened in."""

    told: Callable[[str], object]


class Listener:
    """One open event stream. Created and read in the event loop; `offer` and `close` may come from any thread."""

    def __init__(self, kinds: frozenset[str] | None, language: str) -> None:
        self._kinds = kinds
        self.language = language
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[bytes] = deque([b"retry: %d\n: hello\n\n" % RETRY_MS])
        self._changed = asyncio.Event()
        self._closed = False

    def offer(self, kind: str, chunk: bytes) -> None:
        """Hand an event over, if this listener takes its kind."""
        if self._kinds is None or kind in self._kinds:
            self._in_loop(self._append, chunk)

    def close(self) -> None:
        """End the stream; what is queued is dropped."""
        self._in_loop(self._end)

    async def next_chunk(self, alive_s: float) -> bytes | None:
        """Return the next bytes to send, a comment after `alive_s` seconds without any, None at the end."""
        if not self._chunks and not self._closed:
            self._changed.clear()
            try:
                async with asyncio.timeout(alive_s):
                    await self._changed.wait()
            except TimeoutError:
                return b": alive\n\n"
        return None if self._closed else self._chunks.popleft()

    def _append(self, chunk: bytes) -> None:
        if len(self._chunks) >= QUEUE_MAX:
            self._end()
        self._chunks.append(chunk)
        self._changed.set()

    def _end(self) -> None:
        self._closed = True
        self._changed.set()

    def _in_loop(self, call: Callable[..., None], *values: bytes) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *values)
        except RuntimeError:
            self._closed = True  # the loop has ended, and every stream with it


class EventHub:
    """Everyone who listens."""

    def __init__(self, language: str = SOURCE) -> None:
        self._language = language
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._attached: list[tuple[str, Callable[[Any], None]]] = []
        self._closed = False

    def publish(self, kind: str, data: object) -> None:
        """Send an event to everyone who takes its kind; from any thread, without waiting for anybody.

        `data` is JSON values or dataclasses of them, or `Spoken` of such.
        """
        with self._lock:
            listeners, attached = tuple(self._listeners), tuple(self._attached)
        chunks: dict[str, bytes] = {}
        for listener in listeners:
            language = listener.language
            if language not in chunks:
                chunks[language] = b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps(_told(data, language)))
            listener.offer(kind, chunks[language])
        for wanted, call in attached:
            if wanted == kind:
                call(_told(data, self._language))

    def attach(self, kind: str, call: Callable[[Any], None]) -> None:
        """Have `call` called with the data of every event of this kind, by whoever publishes it: it must not wait."""
        with self._lock:
            self._attached.append((kind, call))

    def listen(self, kinds: frozenset[str] | None = None, *, language: str | None = None) -> Listener:
        """Return a new listener for these kinds (None: all); raises NotAllowedError when there are too many."""
        listener = Listener(kinds, language or self._language)
        with self._lock:
            if self._closed:
                raise NotAllowedError("the agent is ending", hint="come back when it has started again")
            if len(self._listeners) >= LISTENERS_MAX:
                raise NotAllowedError(
                    f"{len(self._listeners)} listen already, at most {LISTENERS_MAX} may",
                    hint="close event streams that nobody reads",
                )
            self._listeners.add(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """Stop sending to a listener."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream and take no more listeners."""
        with self._lock:
            self._closed = True
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener.close()


def _told(data: object, language: str) -> object:
    return data.told(language) if isinstance(data, Spoken) else data
