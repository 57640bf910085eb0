"""The till's word for its requests, and headquarters' for its answers: RFC 9421 with RFC 9530 digests, Ed25519.

An answer is believed under the root key that was pinned at enrolment: the root key's delegation names the feed key,
the feed key signs the answer, and the signature covers the request's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519

from agent.errors import ForgedError, JournalError
from agent.journal.trust import Delegation, Role
from agent.journal.wire.form import from_text
from agent.journal.wire.place import HQ
from agent.journal.wire.signing import ANSWER_COVERS, ANSWER_TAG, DELEGATION_HEADER, LABEL, REQUEST_COVERS, REQUEST_TAG


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it leaves; `headers` are filled by signing it."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, from whomever; header names in lower case."""

    status_code: int
    headers: dict[str, str]
    body: bytes
    request: SignedRequest


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its clock: a till whose battery is dead must believe its headquarters."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Judge nobody by a clock: the request's signature in the answer says that the answer is new."""


def sign(url: str, media_type: str, body: bytes, *, key: Ed25519PrivateKey, key_id: str, nonce: str) -> SignedRequest:
    """Return a POST request signed by the till."""
    request = SignedRequest(url, body, {"Content-Type": media_type})
    resolver = MappingKeyResolver(public_keys={}, private_keys={key_id: key})
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=resolver).sign(
        request,
        key_id=key_id,
        nonce=nonce,
        label=LABEL,
        tag=REQUEST_TAG,
        covered_component_ids=REQUEST_COVERS,
        body=body,
    )
    return request


def verify(reply: Reply, *, root: bytes, serial: int) -> Delegation:
    """Return the delegation under which an answer was signed, of `serial` or later; raises ForgedError."""
    try:
        stated = from_text(reply.headers[DELEGATION_HEADER.lower()])
        delegation = Delegation.check(stated, root=root, role=Role.FEED)
        if delegation.serial < serial:
            raise ForgedError(
                f"the answer's key is no longer headquarters': its serial is {delegation.serial}, known is {serial}"
            )
        keys = {HQ: Ed25519PublicKey.from_public_bytes(delegation.key)}
        resolver = MappingKeyResolver(public_keys=keys, private_keys={})
        _Verifier(signature_algorithm=ED25519, key_resolver=resolver).verify(
            reply, max_age=None, expect_tag=ANSWER_TAG, require_components=ANSWER_COVERS, body=reply.body
        )
    except (KeyError, ValueError, JournalError, HTTPMessageSignaturesException) as error:
        raise ForgedError(f"the answer does not carry headquarters' signature: {error}") from error
    return delegation
