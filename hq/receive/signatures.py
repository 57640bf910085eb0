"""Who asks, and our word for the answer: HTTP message signatures (RFC 9421) with content digests (RFC 9530), Ed25519.

A request says nothing about time that anyone would judge: `created` may be there, and is not looked at. An answer
covers the request's own signature, so that it is the answer to this request and to no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519

from agent.errors import JournalError, RejectedError
from agent.journal.wire.form import to_text
from agent.journal.wire.place import HQ
from agent.journal.wire.signing import (
    ANSWER_COVERS,
    ANSWER_TAG,
    DELEGATION_HEADER,
    LABEL,
    REQUEST_COVERS,
    REQUEST_TAG,
    Nonce,
)
from hq.keys import Keys

_ORIGIN = "http://headquarters"  # neither scheme nor authority is signed: proxies change both


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it came; header names in lower case, `query` without the question mark.

    `source` is the address it came from, for nothing but counting wrong codes.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    source: str = ""

    @property
    def url(self) -> str:
        """The URL as RFC 9421's components are taken from it."""
        return f"{_ORIGIN}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def digest(self) -> bytes:
        """What tells a repeated request from another one."""
        head = f"{self.method} {self.path}?{self.query}\n".encode()
        return hashlib.sha256(head + hashlib.sha256(self.body).digest()).digest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What headquarters answers: HTTP status, media type, body."""

    status: int
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature says: whose key it is and what makes the request new."""

    key_id: str
    nonce: Nonce


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its clock: it would refuse a till five seconds ahead even with no age limit."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Judge nobody by a clock; the counter says what is new."""


class _Lookup(HTTPSignatureKeyResolver):
    def __init__(self, key_of: Callable[[str], bytes | None]) -> None:
        self._key_of = key_of

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        key = self._key_of(key_id)
        return None if key is None else Ed25519PublicKey.from_public_bytes(key)


def verify(request: Request, key_of: Callable[[str], bytes | None]) -> Signed:
    """Return who signed a request; `key_of` gives the public key (32 bytes) of a key id.

    Raises RejectedError when the signature is missing, wrong, by an unknown key, or leaves out what it must cover.
    """
    verifier = _Verifier(signature_algorithm=ED25519, key_resolver=_Lookup(key_of))
    try:
        result = verifier.verify(
            request, max_age=None, expect_tag=REQUEST_TAG, require_components=REQUEST_COVERS, body=request.body
        )[0]
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise RejectedError(f"the request's signature does not hold: {error}") from error
    if result.label != LABEL or result.nonce is None:
        raise RejectedError(f"the request's signature must be labelled {LABEL!r} and carry a nonce")
    try:
        return Signed(str(result.parameters["keyid"]), Nonce.parse(result.nonce))
    except JournalError as error:
        raise RejectedError(str(error)) from error


def sign(request: Request, answer: Answer, keys: Keys) -> dict[str, str]:
    """Return the headers of an answer, signed by the feed key if there is a request signature to bind it to."""
    headers = {"Content-Type": answer.type, DELEGATION_HEADER: to_text(keys.feed.delegation)}
    message = _AnswerMessage(answer.status, headers, request)
    own = MappingKeyResolver(public_keys={}, private_keys={HQ: keys.feed.private})
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=own)
    try:
        signer.sign(
            message,
            key_id=HQ,
            label=LABEL,
            tag=ANSWER_TAG,
            covered_component_ids=ANSWER_COVERS,
            body=answer.body,
        )
    except HTTPMessageSignaturesException:  # no signature in the request: an answer without one
        headers.pop("Content-Digest", None)
    return headers


@dataclass(frozen=True, slots=True)
class _AnswerMessage:
    status_code: int
    headers: dict[str, str]
    request: Request
