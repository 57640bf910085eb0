"""Errors as HTTP answers: {"error": {"code", "message", "text", "hint"}}, and "action" where a supervisor is wanted.

What a person typed of himself is never repeated.

DoorError (TallyError)      a request that does not get in, before the counter is asked; carries its HTTP status
  UnknownHostError          the Host header names another place
  ForeignOriginError        a web page that till.toml does not name
  UnauthorizedError         no token, or one that is not known
  ForbiddenError            a token, but not for this
  NoSuchCallError           no such path, or not with this method
  TooLargeError             the body is over the limit
  MediaTypeError            the body is not declared as JSON
  InternalError             the agent made a mistake
BankCardError (InvalidError)  a payment card's number was typed
IdentityCardError (InvalidError)  a driving licence or identity card was read into a field
"""

from __future__ import annotations

from typing import ClassVar

import orjson
from starlette.responses import Response

from agent.devices.firewall.payment import payment_brand, wipe
from agent.errors import (
    ApprovalNeededError,
    DeviceError,
    InvalidError,
    JournalError,
    LedgerError,
    RefusalError,
    SyncError,
    TallyError,
    UnknownError,
)
from agent.slips.texts import SOURCE, told


class DoorError(TallyError):
    """A request that does not get in; `status` is its HTTP status (RFC 9110, 15)."""

    status: ClassVar[int] = 403


class UnknownHostError(DoorError):
    """The Host header names another place: a web page that had its own name resolved to this machine."""

    status = 404
    hint = "call the agent by the address `tally status` shows"


class ForeignOriginError(DoorError):
    """The request comes from a web page that till.toml does not name."""

    hint = "name the page's origin in till.toml, [web] origins"


class UnauthorizedError(DoorError):
    """No token, or one that is not known."""

    status = 401
    hint = "make a token: `tally token add SCOPE NAME`, and send it as `Authorization: Bearer TOKEN`"


class ForbiddenError(DoorError):
    """A token, but not for this."""

    hint = "use a token of another scope: `tally token add SCOPE NAME`"


class NoSuchCallError(DoorError):
    """No such path, or not with this method."""

    status = 404
    hint = "/openapi.json lists the calls"


class TooLargeError(DoorError):
    """The body is over the limit."""

    status = 413
    hint = "send less at once"


class MediaTypeError(DoorError):
    """The body is not declared as JSON."""

    status = 415
    hint = "send `Content-Type: application/json`"


class InternalError(DoorError):
    """The agent made a mistake."""

    status = 500
    hint = "send the same request again with the same op; if it happens again call your IT"


BANK_CARD = "bank card - ask for the loyalty card"
IDENTITY_CARD = "identity card - ask for the loyalty card"


class BankCardError(InvalidError):
    """A payment card's number was typed where it has no business; its digits are kept and repeated nowhere."""

    hint = "ask for the loyalty card"


class IdentityCardError(InvalidError):
    """An identity card was read where it has no business; nothing of it is kept or repeated."""

    hint = "ask for the loyalty card"


# The first that fits counts. A JournalError comes before anything is written: the content does not fit in an entry.
_STATUSES: tuple[tuple[type[TallyError], int], ...] = (
    (InvalidError, 422),
    (UnknownError, 404),
    (RefusalError, 409),
    (SyncError, 409),
    (JournalError, 422),
    (LedgerError, 503),
    (DeviceError, 503),
)


def status_of(error: TallyError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, DoorError):
        return error.status
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def error_response(error: TallyError, *, language: str = SOURCE) -> Response:
    """Return an error as the API answers it: what a cashier reads of it (`text`) and its hint in a language."""
    status = status_of(error)
    text, hint = map(without_bank_card, told(error, language))
    content = {"error": {"code": error.code, "message": without_bank_card(str(error)), "text": text, "hint": hint}}
    if isinstance(error, ApprovalNeededError):
        content["error"]["action"] = error.action
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(orjson.dumps(content), status, headers, "application/json")


def without_bank_card(text: str) -> str:
    """Return `text` without its long numbers, should one of them be a payment card's."""
    return wipe(text) if payment_brand(text) else text
