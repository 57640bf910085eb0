"""The line of a simulated till: it calls headquarters' door, or does to a request what bad lines do."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import httpx

from hq.receive.signatures import Answer, Request

Entrance = Callable[[Request], tuple[Answer, dict[str, str]]]


class Trouble(Enum):
    """What the line does to the next request."""

    NEVER = "it does not arrive"
    LOST = "it arrives, and the answer is lost"
    CUT = "it arrives, and the answer is cut in the middle"
    GARBLED = "a byte of the answer's body is changed"
    CROOKED = "a byte of the request's body is changed"
    TWICE = "it arrives twice, and the second answer is the one that comes back"
    COPIED = "it arrives, and a copy of it much later"
    PORTAL = "somebody else answers: 200 and a page of HTML"
    GATEWAY = "it arrives, and a proxy answers 502"


class Wire(httpx.BaseTransport):
    """A line without a network; `trouble` is done to the next request, `late` are the copies that are on their way."""

    def __init__(self, entrance: Entrance) -> None:
        self.trouble: Trouble | None = None
        self.late: list[Request] = []
        self._entrance = entrance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        trouble, self.trouble = self.trouble, None
        asked = _asked(request)
        match trouble:
            case Trouble.NEVER:
                raise httpx.ConnectError("cut", request=request)
            case Trouble.PORTAL:
                return _response(200, {"content-type": "text/html"}, b"<html>Accept our terms</html>")
            case Trouble.CROOKED:
                asked = _asked(request, body=_turned(asked.body))
            case Trouble.TWICE:
                self._entrance(asked)
            case Trouble.COPIED:
                self.late.append(asked)
        answer, headers = self._entrance(asked)
        match trouble:
            case Trouble.LOST:
                raise httpx.ReadTimeout("nothing came", request=request)
            case Trouble.CUT:
                raise httpx.RemoteProtocolError("cut", request=request)
            case Trouble.GATEWAY:
                return _response(502, {}, b"Bad Gateway")
            case Trouble.GARBLED:
                return _response(answer.status, headers, _turned(answer.body))
        return _response(answer.status, headers, answer.body)

    def deliver_late(self) -> bool:
        """Let the oldest copy arrive; say whether there was one."""
        if not self.late:
            return False
        self._entrance(self.late.pop(0))
        return True


def _asked(request: httpx.Request, *, body: bytes | None = None) -> Request:
    path, _, query = request.url.raw_path.decode().partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, path, query, headers, request.read() if body is None else body)


def _response(status: int, headers: dict[str, str], body: bytes) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def _turned(body: bytes) -> bytes:
    at = len(body) // 2
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
