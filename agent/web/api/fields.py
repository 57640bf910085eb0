"""The types of a request's fields: each checks one value, and its error names value and limit.

A field that may hold something of a person (`text`) never shows its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from agent.devices.firewall.payment import payment_brand
from agent.loyalty.programme import UNITS_MAX
from agent.loyalty.sale import LINES_MAX, MONEY_MAX, QUANTITY_MAX
from agent.web.api.body import shown
from agent.web.api.errors import BANK_CARD, BankCardError

_PIECE = 1000  # thousandths
_QUANTITY = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?")
_PHONE_DIGITS_MAX = 15  # ITU-T E.164, 6.2.1


def refuse_bank_card(text: str) -> None:
    """Raise BankCardError if a payment card's number stands in `text`."""
    if payment_brand(text):
        raise BankCardError(BANK_CARD)


def _refuse_in_phone(text: str) -> None:
    """What begins with + and is no longer than a phone number can be is one, whatever card it resembles."""
    digits = sum(c.isdecimal() for c in text)
    if not (text.lstrip().startswith("+") and digits <= _PHONE_DIGITS_MAX):
        refuse_bank_card(text)


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


def _text(length_max: int, check: Callable[[str], None] = refuse_bank_card) -> PlainValidator:
    sent: Any = Annotated[str, Field(min_length=1, max_length=length_max)]
    return PlainValidator(partial(_check_text, length_max=length_max, check=check), json_schema_input_type=sent)


def _quantity() -> PlainValidator:
    sent: Any = Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=f"^{_QUANTITY.pattern}$")]
    return PlainValidator(_check_quantity, json_schema_input_type=sent)


def _anything(_text: str) -> None:
    """An op, an article and a card that is looked up may be any digits: a label is no payment card."""


Money = Annotated[int, _whole(0, MONEY_MAX)]  # minor units
Units = Annotated[int, _whole(1, UNITS_MAX)]
Index = Annotated[int, _whole(0, LINES_MAX - 1)]
Quantity = Annotated[int, _quantity()]  # thousandths
Op = Annotated[str, _text(64, _anything)]
Article = Annotated[str, _text(40, _anything)]
CardNumber = Annotated[str, _text(80, _anything)]
Word = Annotated[str, _text(40)]
Name = Annotated[str, _text(80)]
Phone = Annotated[str, _text(40, _refuse_in_phone)]
Email = Annotated[str, _text(254)]
