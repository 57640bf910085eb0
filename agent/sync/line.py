"""The line to headquarters: one signed request in flight at a time, its number and nonce durable before it leaves.

A request whose answer never came is sent again, the very same bytes under the same number and nonce, before any other:
headquarters answers it as it did the first time. A copy of this till's disk cannot do so, and is found out.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from agent.errors import ForgedError, JournalError, RejectedError, UnreachableError
from agent.journal.trust import Delegation
from agent.journal.wire import MAP_TYPE, PATH, Enrolled, Nonce, Refusal, read
from agent.ledger.ledger import Ledger
from agent.sync.keys import TillKeys
from agent.sync.settings import SyncSettings
from agent.sync.signatures import Reply, SignedRequest, sign, verify

REPLY_BYTES_MAX = 16 * 1024 * 1024
_NONCE_BYTES = 16
NONCE, _TARGET, _TYPE, _BODY = "sync.nonce", "sync.target", "sync.type", "sync.body"  # keys in the ledger's `state`
_SERIAL = "sync.serial"
_NUMBER_UNUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.CONFLICT)  # refusals that leave the request's number unused
_REPLY_TIMEOUTS = 6  # a whole answer may take this many times what a single step may


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask headquarters: the path's last word, a query, and a body with its media type."""

    word: str
    body: bytes
    query: str = ""
    type: str = MAP_TYPE

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{PATH}/{self.word}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Told:
    """A believed answer, and the key of headquarters that signed it (32 bytes)."""

    body: bytes
    key: bytes


def send(client: httpx.Client, request: SignedRequest, *, timeout_s: float) -> Reply:
    """Send a request and return whatever comes back; raises UnreachableError."""
    ends = time.monotonic() + timeout_s * _REPLY_TIMEOUTS
    body = bytearray()
    with _line_errors(request.url.partition("?")[0]):
        content = {"content": request.body, "headers": request.headers}
        with client.stream(request.method, request.url, **content) as response:  # type: ignore[arg-type]
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > REPLY_BYTES_MAX or time.monotonic() > ends:
                    raise UnreachableError(f"the answer from {request.url!r} is too long or takes too long")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, headers, bytes(body), request)


@contextmanager
def _line_errors(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(f"no answer from {url!r}: {error or type(error).__name__}") from error


def refused_or_body(reply: Reply) -> bytes:
    """Return the body of a verified answer; raises RejectedError when it says no."""
    if reply.status_code == httpx.codes.OK:
        return reply.body
    refusal = read(reply.body, Refusal.from_map)
    raise RejectedError(refusal.message, hint=refusal.hint)


def check_signed(reply: Reply) -> None:
    """Raise for an answer that nobody signed: UnreachableError if it is an error of the way, ForgedError if not."""
    if "signature" in reply.headers:
        return
    if reply.status_code != httpx.codes.OK:
        raise UnreachableError(f"{reply.request.url!r} answers {reply.status_code}, not in headquarters' name")
    raise ForgedError(f"{reply.request.url!r} answers without headquarters' signature")


class Line:
    """The signed line of an enrolled till. Used by one thread; holds no lock while on the network."""

    def __init__(self, ledger: Ledger, enrolled: Enrolled, keys: TillKeys, settings: SyncSettings) -> None:
        self._ledger = ledger
        self._enrolled = enrolled
        self._keys = keys
        self._settings = settings
        self._client = open_client(settings)
        self._answered = False  # whether the last request's answer came is not known after a start
        self._serial = int(ledger.recall(_SERIAL) or b"0")

    def __enter__(self) -> Self:
        """Return the line."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, ask: Ask) -> Told:
        """Ask headquarters and return its answer.

        Raises UnreachableError (try again later), RejectedError (headquarters says no) or ForgedError (somebody else
        answers).
        """
        last = Nonce.parse((self._ledger.recall(NONCE) or b"").decode())
        if last.counter and not self._answered:
            reply, _ = self._answer(self._kept(), last)
            if reply.status_code in _NUMBER_UNUSED:
                refused_or_body(reply)
        nonce = Nonce(self._enrolled.hq_epoch, last.counter + 1, secrets.token_hex(_NONCE_BYTES))
        kept = {NONCE: str(nonce), _TARGET: ask.target, _TYPE: ask.type}
        self._ledger.remember({key: text.encode() for key, text in kept.items()} | {_BODY: ask.body})
        self._answered = False
        reply, delegation = self._answer((ask.target, ask.type, ask.body), nonce)
        return Told(refused_or_body(reply), delegation.key)

    def _kept(self) -> tuple[str, str, bytes]:
        target, media_type, body = (self._ledger.recall(key) for key in (_TARGET, _TYPE, _BODY))
        if target is None or media_type is None or body is None:
            raise JournalError("the request in flight was not kept whole")
        return target.decode(), media_type.decode(), body

    def _answer(self, kept: tuple[str, str, bytes], nonce: Nonce) -> tuple[Reply, Delegation]:
        target, media_type, body = kept
        url = self._settings.hq.rstrip("/") + target
        key_id = self._enrolled.till
        request = sign(url, media_type, body, key=self._keys.signing, key_id=key_id, nonce=str(nonce))
        reply = send(self._client, request, timeout_s=self._settings.timeout_s)
        check_signed(reply)
        delegation = verify(reply, root=self._enrolled.root, serial=self._serial)
        if delegation.serial > self._serial:
            self._ledger.remember({_SERIAL: str(delegation.serial).encode()})
            self._serial = delegation.serial
        self._answered = reply.status_code not in _NUMBER_UNUSED
        return reply, delegation


def open_client(settings: SyncSettings) -> httpx.Client:
    """Return an HTTP client that follows nobody elsewhere and waits for nothing longer than it may."""
    return httpx.Client(
        timeout=settings.timeout_s,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
        verify=settings.hq.startswith("https:"),  # a plain line on this machine needs no certificates read
    )
