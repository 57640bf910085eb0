"""The porter: while there is no room, tills are sent away before a word of what they bring is read."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.journal.wire.form import MAP_TYPE, PATH
from hq.receive.crowd import Crowd, later_s

_TILLS = f"{PATH}/"


def come_again(refusal: bytes) -> Response:
    """Return the answer to a till there is no room for. Nobody signs it: that would take longer than it may."""
    return Response(refusal, 429, media_type=MAP_TYPE, headers={"Retry-After": str(later_s())})


class Porter:
    """Stands before the application (ASGI). `refusal` is the body of what he says."""

    def __init__(self, app: ASGIApp, crowd: Crowd, refusal: bytes) -> None:
        self._app = app
        self._crowd = crowd
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        is_tills = scope["type"] == "http" and scope["path"].startswith(_TILLS)
        passes = not is_tills or self._crowd.has_room()
        await (self._app if passes else come_again(self._refusal))(scope, receive, send)
