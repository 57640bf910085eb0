"""The types of a request's fields: each checks one value, and its error names value and limit.

A field that may hold something of a person (`text`) never shows its value, and no field takes a payment card's number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from agent.devices.firewall.identity import is_identity_card
from agent.devices.firewall.payment import payment_brand, with_plain_digits
from agent.devices.gs1.check import check_fits
from agent.errors import InvalidError
from agent.loyalty.programme import UNITS_MAX
from agent.loyalty.sale import LINES_MAX, MONEY_MAX, QUANTITY_MAX
from agent.web.api.body import shown
from agent.web.api.errors import BANK_CARD, IDENTITY_CARD, BankCardError, IdentityCardError

_PIECE = 1000  # thousandths
_QUANTITY = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?")
_PHONE_DIGITS_MAX = 15  # ITU-T E.164, 6.2.1
OP_LIKE_A_CARD = (
    "has 12 digits or more in a row, or in groups of four, as a card has: use a UUID, or put letters between them"
)
INSTEAD_OF_A_NUMBER = "send the token that the terminal makes of it, such as a payment account reference"
_GOODS_LENGTHS = (8, 12, 13, 14)  # EAN-8, UPC-A, EAN-13, GTIN-14
_UUID = re.compile(
    r"(?i)(?<![0-9a-z])[0-9a-f]{8}-?[0-9a-f]{4}-?[1-8][0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}(?![0-9a-z])"
)
# 12 and more in a row; in fours, as most cards are printed; as American Express (4, 6, 5) and Diners (4, 6, 4) are.
_CARD_LIKE = re.compile(r"[0-9]{12}|(?<![0-9])[0-9]{4}[ .-](?:[0-9]{4}|[0-9]{6})[ .-][0-9]{4}")


class CardInFieldError(ValueError):
    """A field holds a card that has no business there; `at` says so of the field, once it is known which."""

    def __init__(self, text: str, refusal: type[InvalidError]) -> None:
        super().__init__(text)
        self._refusal = refusal

    def at(self, where: str) -> InvalidError:
        """Return the error as the API answers it."""
        return self._refusal(f"{where} {self}")


def refuse_cards(text: str) -> None:
    """Raise CardInFieldError if a payment card's number, or an identity card as it is read, stands in `text`."""
    if payment_brand(text):
        raise CardInFieldError(f"holds a card's number: {BANK_CARD}", BankCardError)
    if is_identity_card(text):
        raise CardInFieldError(f"holds an identity card: {IDENTITY_CARD}", IdentityCardError)


def _refuse_in_phone(text: str) -> None:
    """What begins with + and is no longer than a phone number can be is one, whatever card it resembles."""
    digits = sum(c.isdecimal() for c in text)
    if not (text.lstrip().startswith("+") and digits <= _PHONE_DIGITS_MAX):
        refuse_cards(text)


def _refuse_in_article(text: str) -> None:
    """A number with GS1's check digit names goods: one in ten of them passes for a short Maestro number by chance."""
    if not (len(text) in _GOODS_LENGTHS and check_fits(text)):
        refuse_cards(text)


def _refuse_in_token(text: str) -> None:
    """A terminal's token is none if it could be the card's number, by its digits or by how they are grouped."""
    refuse_cards(text)
    if _CARD_LIKE.search(with_plain_digits(text)):
        raise CardInFieldError(f"looks like a card's number: {INSTEAD_OF_A_NUMBER}", BankCardError)


def _refuse_in_op(text: str) -> None:
    """An op of many digits in a row, or in groups as a card has them, is refused whether it is a card's number or not.

    One receipt number in a hundred would be taken for a card by chance, long after the software was tested; so the
    first one is refused. In a UUID (RFC 9562) digits stand as they fall.
    """
    if _CARD_LIKE.search(_UUID.sub("-", with_plain_digits(text))):
        raise CardInFieldError(OP_LIKE_A_CARD, InvalidError)


def _check_whole(value: object, *, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{shown(value)} must be a whole number from {low} to {high}")
    return value


def _check_quantity(value: object) -> int:
    """Return thousandths of a quantity: a whole number, or a text with at most three decimals."""
    written = str(value) if type(value) is int else value
    if type(written) is str and _QUANTITY.fullmatch(written):
        pieces, _, decimals = written.partition(".")
        thousandths = int(pieces) * _PIECE + int(decimals.ljust(3, "0"))
        if 1 <= thousandths <= QUANTITY_MAX:
            return thousandths
    limit = f"above 0 and at most {QUANTITY_MAX // _PIECE}"
    raise ValueError(f'{shown(value)} must be a whole number, or a text like "1.250" with 3 decimals at most, {limit}')


def _check_text(value: object, *, length_max: int, check: Callable[[str], None]) -> str:
    if type(value) is not str or not 1 <= len(value) <= length_max:
        raise ValueError(f"must be a text of 1 to {length_max} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be a text that UTF-8 can write") from None
    check(value)
    return value


def _whole(low: int, high: int) -> PlainValidator:
    sent: Any = Annotated[int, Field(ge=low, le=high)]
    return PlainValidator(partial(_check_whole, low=low, high=high), json_schema_input_type=sent)


def _text(length_max: int, check: Callable[[str], None] = refuse_cards) -> PlainValidator:
    sent: Any = Annotated[str, Field(min_length=1, max_length=length_max)]
    return PlainValidator(partial(_check_text, length_max=length_max, check=check), json_schema_input_type=sent)


def _quantity() -> PlainValidator:
    sent: Any = Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=f"^{_QUANTITY.pattern}$")]
    return PlainValidator(_check_quantity, json_schema_input_type=sent)


def _recognised_later(_text: str) -> None:
    """A card that is typed is looked at by the firewall itself, which knows the programme's own cards."""


Money = Annotated[int, _whole(0, MONEY_MAX)]  # minor units
Units = Annotated[int, _whole(1, UNITS_MAX)]
Count = Annotated[int, _whole(0, 2**53 - 1)]  # of changes
Index = Annotated[int, _whole(0, LINES_MAX - 1)]
Quantity = Annotated[int, _quantity()]  # thousandths
Op = Annotated[str, _text(64, _refuse_in_op)]
Article = Annotated[str, _text(40, _refuse_in_article)]
Code = Annotated[str, _text(200)]
CardNumber = Annotated[str, _text(80, _recognised_later)]
Word = Annotated[str, _text(40)]
PaymentToken = Annotated[str, _text(64, _refuse_in_token)]
Pin = Annotated[str, _text(40)]
Name = Annotated[str, _text(80)]
Phone = Annotated[str, _text(40, _refuse_in_phone)]
Email = Annotated[str, _text(254)]
File = Annotated[str, _text(1024)]
