"""Reads the agent's server-sent events (WHATWG HTML, 9.2) over one connection that is renewed when it is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `data` is the JSON object it carries."""

    name: str
    data: dict[str, Any]


class EventStream:
    """GET /v1/events, read by the caller's own thread: no thread, and events wait in the socket until asked for."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._response: httpx.Response | None = None
        self._lines: Iterator[str] = iter(())
        self._name = ""
        self._data: list[str] = []

    def connect(self, *, silence_s: float) -> None:
        """Open the connection if there is none; `silence_s` without a byte will end it.

        Raises httpx.TransportError, or httpx.HTTPStatusError when the agent refuses.
        """
        if self._response is not None:
            return
        timeout = httpx.Timeout(silence_s)
        request = self._client.build_request("GET", "/v1/events", timeout=timeout)
        response = self._client.send(request, stream=True)
        self._response = response
        if response.is_error:
            response.read()
            self.close()
            response.raise_for_status()
        self._lines = response.iter_lines()
        self._name, self._data = "", []

    def read(self, *, until: float) -> Event | None:
        """Return the next event, or None when `until` (monotonic seconds) passes between two lines.

        Raises httpx.TransportError when the connection is lost or silent; it is closed then.
        """
        try:
            for line in self._lines:
                if event := self._feed(line):
                    return event
                if time.monotonic() > until:
                    return None
        except httpx.TransportError:
            self.close()
            raise
        self.close()
        raise httpx.RemoteProtocolError("the event stream ended")

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._response is not None:
            self._response.close()
            self._response = None
            self._lines = iter(())

    def _feed(self, line: str) -> Event | None:
        field, _, value = line.partition(":")
        if field == "event":
            self._name = value.removeprefix(" ")
        elif field == "data":
            self._data.append(value.removeprefix(" "))
        elif not line and self._data:
            event = Event(self._name, orjson.loads("\n".join(self._data)))
            self._name, self._data = "", []
            return event
        return None
