"""What every call answers with, and how it reads a card that was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import Response

from agent.counter import Counter
from agent.devices.firewall.recognise import (
    FOREIGN,
    BadRead,
    BankCard,
    IdentityCard,
    NotOurs,
    OwnCard,
    VoucherCode,
    recognise,
)
from agent.errors import InvalidError, Said, UnknownError
from agent.web.api.errors import BANK_CARD, IDENTITY_CARD, BankCardError, IdentityCardError
from agent.web.api.fields import CardInFieldError, refuse_cards

READ = "read:"

Call = tuple[str, str, Callable[..., Any], Any]  # method, path below /v1, what answers, and with what shape


def reply(value: object, *, status: int = 200) -> Response:
    """Return a value as a call answers it."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def refuse_in_account(account: str) -> None:
    """Raise InvalidError for a card's number in the place of an account."""
    try:
        refuse_cards(account)
    except CardInFieldError as error:
        raise error.at("account") from None


def own_card(typed: str, counter: Counter) -> OwnCard:
    """Return the programme's card that was typed, or that was read of late: `read:` and the id of a `member` event.

    Raises InvalidError or UnknownError.
    """
    if typed.startswith(READ):
        number, source = counter.number_of(typed.removeprefix(READ))
        return OwnCard(number, source)
    match recognise(typed, counter.require_programme().cards):
        case OwnCard() as own:
            return own
        case BankCard():
            raise BankCardError(BANK_CARD)
        case IdentityCard():
            raise IdentityCardError(IDENTITY_CARD)
        case BadRead(reason):
            raise InvalidError(reason)
        case NotOurs(reason):
            raise UnknownError(reason, hint="ask for the loyalty card")
        case VoucherCode():
            raise UnknownError(FOREIGN, said=Said("card_foreign"), hint="ask for the loyalty card")
