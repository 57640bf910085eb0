"""The door: everything that reaches the application has passed the same checks, and every answer the same headers.

Against a web page in the till's own browser (DNS rebinding, cross-site requests): the Host header must be one we
answer to, character for character; an Origin header must be our own or named in till.toml. Who calls is asked after.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import TallyError
from agent.web.api.errors import (
    ForeignOriginError,
    InternalError,
    TooLargeError,
    UnknownHostError,
    error_response,
)
from agent.web.settings import WebSettings

logger = logging.getLogger(__name__)

SAID_EVERY_S = 60.0  # a page that keeps on asking fills no log
_SAID_MAX = 80  # characters of a header
_UNSAFE = re.compile(r"[^A-Za-z0-9.:/_\[\]-]")
BODY_MAX = 1024 * 1024  # bytes

# No script, style, picture or connection but our own files (W3C CSP 3); no frame around us; nothing kept on the disk.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
# What a page of a listed origin may do (WHATWG Fetch, 3.2). Never with credentials: it sends a token, no cookie.
_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, tally-session",
    "access-control-max-age": "600",
}


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings
        self._said_at: dict[str, float] = {}  # by code: when a refusal was last logged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        try:
            self._check_host(scope)
            origin = self._checked_origin(scope)
            if origin is not None:
                answer.allow(origin)
            if scope["method"] == "OPTIONS":
                await Response(status_code=204, headers=_PREFLIGHT if origin else {})(scope, receive, answer.send)
                return
            body = await _whole_body(scope, receive)
            await self._app(scope, _Replay(body, receive).receive, answer.send)
        except (UnknownHostError, ForeignOriginError) as error:
            self._say(error, Headers(scope=scope))
            await answer.refuse(error, scope, receive)
        except TallyError as error:
            await answer.refuse(error, scope, receive)
        except Exception as error:  # noqa: BLE001 - the web's edge: a mistake of ours becomes an answer, whatever it is
            await answer.refuse(_noted(error), scope, receive)

    def _say(self, error: TallyError, headers: Headers) -> None:
        """Log that a web page was refused, and which: it is open in this till's browser."""
        now = time.monotonic()
        if now - self._said_at.get(error.code, -SAID_EVERY_S) < SAID_EVERY_S:
            return
        self._said_at[error.code] = now
        host, origin = (_UNSAFE.sub("?", headers.get(name, ""))[:_SAID_MAX] for name in ("host", "origin"))
        logger.warning("refused=%s host=%s origin=%s", error.code, host, origin)

    def _check_host(self, scope: Scope) -> None:
        port = scope["server"][1]
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self._settings.hosts_at(port):
            raise UnknownHostError("the Host header names no host of this agent")

    def _checked_origin(self, scope: Scope) -> str | None:
        """Return the Origin if it is another page's that may call us, None if it is our own or not said."""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or origin == f"http://{headers['host']}":
            return None
        if origin not in self._settings.origins:
            raise ForeignOriginError("requests from this web page's origin are refused")
        return origin


class _Answer:
    """Puts our headers on whatever is answered."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._extra: list[tuple[bytes, bytes]] = list(_ALWAYS)
        self._started = False

    def allow(self, origin: str) -> None:
        self._extra += [(b"access-control-allow-origin", origin.encode()), (b"vary", b"origin")]

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            message["headers"] = _merged(message.get("headers", ()), self._extra)
        await self._send(message)

    async def refuse(self, error: TallyError, scope: Scope, receive: Receive) -> None:
        """Answer with an error, unless an answer has begun: then the connection just ends."""
        if not self._started:
            await error_response(error)(scope, receive, self.send)


class _Replay:
    """Gives the body that was read to whoever reads it next, then listens on: the next message is a disconnect."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def receive(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _whole_body(scope: Scope, receive: Receive) -> bytes:
    declared = Headers(scope=scope).get("content-length", "0")
    if not declared.isdecimal() or int(declared) > BODY_MAX:
        raise TooLargeError(f"the body has {declared[:20]} bytes, at most {BODY_MAX} are allowed")
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_MAX:
            raise TooLargeError(f"the body has more than {BODY_MAX} bytes")
    return bytes(body)


def _merged(headers: Iterable[tuple[bytes, bytes]], extra: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    ours = {name for name, _ in extra}
    return [header for header in headers if header[0].lower() not in ours] + list(extra)


def _noted(error: Exception) -> InternalError:
    """Log where a mistake happened under a reference; never its text, which may repeat what somebody typed."""
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-5:]))
    logger.error("mistake=%s error=%s at=%s", reference, type(error).__name__, places)
    return InternalError(f"the agent made a mistake; it stands in the log under {reference}")
