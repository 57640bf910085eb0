"""The line to headquarters: one signed request in flight at a time, its number and nonce durable before it leaves.

A request whose answer never came is sent again, the very same bytes under the same number and nonce, before any other:
headquarters answers it as it did the first time. A copy of this till's disk cannot do so, and is found out.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from agent.errors import (
    BusyError,
    EpochLeftError,
    ForgedError,
    ForkedError,
    JournalError,
    RejectedError,
    RequestTooLargeError,
    UnreachableError,
)
from agent.journal.trust import Delegation
from agent.journal.wire.enrolling import Enrolled
from agent.journal.wire.form import MAP_TYPE, PATH, from_text, read
from agent.journal.wire.meeting import Refusal
from agent.journal.wire.signing import DELEGATION_HEADER, Nonce
from agent.ledger.kept.apart import moved, note_delegation, note_forked
from agent.ledger.kept.in_flight import BODY, NONCE, TARGET, TYPE
from agent.ledger.ledger import Ledger
from agent.sync.keys import TillKeys
from agent.sync.settings import SyncSettings
from agent.sync.signatures import Reply, SignedRequest, sign, verify
from agent.sync.tls import Way

REPLY_BYTES_MAX = 16 * 1024 * 1024
_FRESH_BYTES = 8
_SERIAL = "sync.serial"
_DIGITS_MAX = 6  # of a number of seconds; a date (RFC 9110, 10.2.3) says nothing to a till without a clock
_NUMBER_UNUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.CONFLICT)  # refusals that leave the request's number unused
_REFUSED = {"forked": ForkedError, "epoch_left": EpochLeftError, "request_too_large": RequestTooLargeError}
_REPLY_TIMEOUTS = 6  # a whole answer may take this many times what a single step may
_ASKED = "http11.send_request_body.complete"  # httpcore's word for it; HTTP/2 is not spoken here


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask headquarters: the path's last word, a query, and a body with its media type.

    `meanwhile` is called while headquarters makes its answer, if the line can tell; it must be as good not to call it.
    """

    word: str
    body: bytes
    query: str = ""
    type: str = MAP_TYPE
    meanwhile: Callable[[], None] | None = field(default=None, compare=False, repr=False)

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{PATH}/{self.word}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Told:
    """A believed answer, and the key of headquarters that signed it (32 bytes)."""

    body: bytes
    key: bytes


def send(
    client: httpx.Client, request: SignedRequest, *, timeout_s: float, meanwhile: Callable[[], None] | None = None
) -> Reply:
    """Send a request and return whatever comes back; raises UnreachableError."""

    def follow(event: str, _info: Mapping[str, Any]) -> None:
        if event == _ASKED and meanwhile is not None:
            meanwhile()

    ends = time.monotonic() + timeout_s * _REPLY_TIMEOUTS
    body = bytearray()
    with _line_errors(request.url.partition("?")[0]):
        content: dict[str, Any] = {"content": request.body, "headers": request.headers}
        with client.stream(request.method, request.url, extensions={"trace": follow}, **content) as response:
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
        said = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
        raise UnreachableError(f"no answer from {url!r}: {said}") from error


def refused_or_body(reply: Reply) -> bytes:
    """Return the body of a verified answer; raises RejectedError when it says no."""
    if reply.status_code == httpx.codes.OK:
        return reply.body
    refusal = read(reply.body, Refusal.from_map)
    kind = _REFUSED.get(refusal.code, RejectedError)
    raise kind(refusal.message, hint=refusal.hint)


def check_signed(reply: Reply) -> None:
    """Raise for an answer that nobody signed: UnreachableError if it is an error of the way, ForgedError if not.

    Who has no time (429) signs nothing either: BusyError, with when to come again, which is a hint and no more.
    """
    if "signature" in reply.headers:
        return
    if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
        later = reply.headers.get("retry-after", "")
        later_s = float(later) if later.isascii() and later.isdigit() and len(later) <= _DIGITS_MAX else 0.0
        raise BusyError(f"{reply.request.url!r} answers 429: too much to do", later_s=later_s)
    if reply.status_code != httpx.codes.OK:
        raise UnreachableError(f"{reply.request.url!r} answers {reply.status_code}, not in headquarters' name")
    raise ForgedError(f"{reply.request.url!r} answers without headquarters' signature")


class Line:
    """The signed line of an enrolled till. Used by one thread; holds no lock while on the network."""

    def __init__(
        self,
        ledger: Ledger,
        enrolled: Enrolled,
        keys: TillKeys,
        settings: SyncSettings,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._ledger = ledger
        self._enrolled = enrolled
        self._keys = keys
        self._settings = settings
        self._way = Way(settings)
        self._client = open_client(settings, self._way, transport)
        self._answered = False  # whether the last request's answer came is not known after a start
        self._serial = known_serial(ledger)
        self._noted = False  # the root key's word for the key that answers, by which a witness proves what it keeps

    def __enter__(self) -> Self:
        """Return the line."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, ask: Ask) -> Told:
        """Ask headquarters and return its answer.

        Raises UnreachableError (try again later), RejectedError (headquarters says no) or ForgedError (somebody else
        answers); ForkedError when two machines speak as this till, EpochLeftError once headquarters is of another epoch
        and this till has followed. A request that was refused in headquarters' name is not sent again.
        """
        last = Nonce.parse((self._ledger.recall(NONCE) or b"").decode())
        if last.counter and not self._answered:
            reply, _ = self._answer(self._kept(), last)
            if reply.status_code in _NUMBER_UNUSED:
                refused_or_body(reply)
        nonce = last.next(secrets.token_bytes(_FRESH_BYTES))
        kept = {NONCE: str(nonce), TARGET: ask.target, TYPE: ask.type}
        self._ledger.remember({key: text.encode() for key, text in kept.items()} | {BODY: ask.body})
        self._answered = False
        reply, delegation = self._answer((ask.target, ask.type, ask.body), nonce, meanwhile=ask.meanwhile)
        return Told(refused_or_body(reply), delegation.key)

    def ask_aside(self, ask: Ask) -> Told:
        """Ask under the nonce of the request that was refused, which stays as it is; raises as `ask` does."""
        last = Nonce.parse((self._ledger.recall(NONCE) or b"").decode())
        self._answered = False  # if this machine is kept, headquarters goes on from that very request
        reply, delegation = self._send((ask.target, ask.type, ask.body), last)
        return Told(refused_or_body(reply), delegation.key)

    def _kept(self) -> tuple[str, str, bytes]:
        target, media_type, body = (self._ledger.recall(key) for key in (TARGET, TYPE, BODY))
        if target is None or media_type is None or body is None:
            raise JournalError("the request in flight was not kept whole")
        return target.decode(), media_type.decode(), body

    def _answer(
        self, kept: tuple[str, str, bytes], nonce: Nonce, *, meanwhile: Callable[[], None] | None = None
    ) -> tuple[Reply, Delegation]:
        reply, delegation = self._send(kept, nonce, meanwhile=meanwhile)
        self._answered = reply.status_code not in _NUMBER_UNUSED
        if reply.status_code == httpx.codes.CONFLICT:
            refusal = read(reply.body, Refusal.from_map)
            if refusal.hq_epoch != self._enrolled.hq_epoch:
                self._enrolled = moved(self._ledger, self._enrolled, refusal.hq_epoch)
            elif refusal.code == ForkedError("").code:
                note_forked(self._ledger, is_forked=True)
        elif reply.status_code == httpx.codes.OK:
            note_forked(self._ledger, is_forked=False)
        return reply, delegation

    def _send(
        self, kept: tuple[str, str, bytes], nonce: Nonce, *, meanwhile: Callable[[], None] | None = None
    ) -> tuple[Reply, Delegation]:
        target, media_type, body = kept
        url = self._settings.hq.rstrip("/") + target
        key_id = self._enrolled.till
        request = sign(url, media_type, body, key=self._keys.signing, key_id=key_id, nonce=str(nonce))
        self._way.judge_dates(are_judged=self._ledger.clock.is_confirmed())
        reply = send(self._client, request, timeout_s=self._settings.timeout_s, meanwhile=meanwhile)
        check_signed(reply)
        delegation = verify(reply, root=self._enrolled.root, serial=self._serial)
        if delegation.serial > self._serial or not self._noted:
            note_serial(self._ledger, delegation.serial)
            note_delegation(self._ledger, from_text(reply.headers[DELEGATION_HEADER.lower()]))
            self._serial, self._noted = delegation.serial, True
        return reply, delegation


def open_client(settings: SyncSettings, way: Way, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return an HTTP client that follows nobody elsewhere and waits for nothing longer than it may.

    `transport` stands in for the network: a simulator's has no sockets.
    """
    return httpx.Client(
        transport=transport,
        timeout=settings.timeout_s,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
        verify=way.context or False,  # a plain line on this machine needs no certificates read
    )


def known_serial(ledger: Ledger) -> int:
    """Return the highest serial of headquarters' delegations that this till has seen."""
    return int(ledger.recall(_SERIAL) or b"0")


def note_serial(ledger: Ledger, serial: int) -> None:
    """Keep a delegation's serial if it is higher than those before: older ones hold no more."""
    if serial > known_serial(ledger):
        ledger.remember({_SERIAL: str(serial).encode()})
