"""Is there a payment card in this text? Rule R1: brand and check digit, or the shape of a payment stripe.

1. 12 to 19 digits with a good check digit whose first digits and length belong to a payment brand;
2. 12 to 19 digits with a good check digit, followed as on a payment stripe by an expiry YYMM and a service code whose
   first digit ISO/IEC 7813 allows for payment (1, 2, 5, 6, 7, 9): catches brands that no list has.

The programme's own card ranges come before this rule; `recognise` does that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from agent.devices.firewall.iin import brand_of
from agent.loyalty.cards import Check, check_digit

PAN_MIN, PAN_MAX = 12, 19  # ISO/IEC 7812-1, and the shortest Maestro numbers
UNNAMED = "payment"  # the brand of a card that only its stripe's shape gives away

_GROUPS: Final = re.compile(r"[0-9]+(?:[ -][0-9]+)*")  # printed cards group their digits
# Track 2 writes `=` after the number (a chip's tag 57 writes D), track 1 `^`, the name and `^`.
_STRIPE: Final = re.compile(
    r"(?<![0-9])([0-9 ]{12,25})(?:[=D]|\^[^^?]{0,40}\^)[0-9]{2}(?:0[1-9]|1[0-2])[125679][0-9]{2}"
)
_LONG_NUMBER: Final = re.compile(r"[0-9](?:[ -]?[0-9]){11,}")


def payment_brand(text: str) -> str | None:
    """Return the brand of a payment card whose number stands anywhere in `text`, or None."""
    text = with_plain_digits(text)
    for number in _numbers(text):
        brand = brand_of(number) if luhn_fits(number) else None
        if brand:
            return brand
    for match in _STRIPE.finditer(text):
        number = match[1].replace(" ", "")
        if PAN_MIN <= len(number) <= PAN_MAX and luhn_fits(number):
            return UNNAMED
    return None


def wipe(text: str) -> str:
    """Return `text` with every run of 12 or more digits taken out: for texts that we did not write ourselves."""
    return _LONG_NUMBER.sub("[digits removed]", with_plain_digits(text))


def luhn_fits(number: str) -> bool:
    """Say whether the last digit of `number` (digits only) is its check digit by ISO/IEC 7812-1, annex B."""
    return check_digit(number[:-1], Check.LUHN) == number[-1]


def with_plain_digits(text: str) -> str:
    """Return `text` with the decimal digits of other scripts (full-width, Arabic ...) as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c, c)) for c in text)


def _numbers(text: str) -> Iterator[str]:
    """Yield every number of payment length: a group of digits, or neighbouring groups read as one."""
    for match in _GROUPS.finditer(text):
        groups = re.split("[ -]", match[0])
        for first in range(len(groups)):
            for number in accumulate(groups[first : first + PAN_MAX]):
                if len(number) > PAN_MAX:
                    break
                if len(number) >= PAN_MIN:
                    yield number
