"""The answer that is an event stream: it ends when the listener goes, falls behind or loses its token, or we stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agent.web.events import EventHub, Listener

ALIVE_S = 15.0  # a comment so often tells both sides that the other is there
SEND_S = 10.0  # who takes longer to take one event is stuck


class EventResponse(Response):
    """GET /v1/events. `is_welcome` is asked again with every comment."""

    media_type = "text/event-stream"

    def __init__(self, hub: EventHub, listener: Listener, *, is_welcome: Callable[[], bool]) -> None:
        super().__init__()
        del self.headers["content-length"]  # it ends when it ends
        self._hub = hub
        self._listener = listener
        self._is_welcome = is_welcome

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send events as they come."""
        gone = asyncio.create_task(_until_gone(receive))
        gone.add_done_callback(lambda _: self._listener.close())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._send_chunks(send)
        finally:
            self._hub.forget(self._listener)
            gone.cancel()

    async def _send_chunks(self, send: Send) -> None:
        while (chunk := await self._listener.next_chunk(ALIVE_S)) is not None and self._is_welcome():
            async with asyncio.timeout(SEND_S):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
