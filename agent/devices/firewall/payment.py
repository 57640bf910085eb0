"""Is there a payment card in this text? Rule R1: brand and check digit, or the shape of a payment stripe.

1. 12 to 19 digits with a good check digit whose first digits and length belong to a payment brand; they may stand in
   groups, as printed and typed, and run on over the end of a line or of a track;
2. 12 to 19 digits with a good check digit, followed as on a payment stripe by an expiry YYMM and a service code whose
   first digit ISO/IEC 7813 allows for payment (1, 2, 5, 6, 7, 9): catches brands that no list has.

The programme's own card ranges come before this rule; `recognise` does that.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from agent.devices.firewall.iin import brand_of
from agent.loyalty.cards import Check, check_digit

PAN_MIN, PAN_MAX = 12, 19  # ISO/IEC 7812-1, and the shortest Maestro numbers
UNNAMED = "payment"  # the brand of a card that only its stripe's shape gives away

_SPACES: Final = " \t\r\n\xa0\u2000-\u200b\u202f\u3000"
_DASHES: Final = "\u2010-\u2015\u2212-"
# Between two groups of a number: spaces, dashes, dots, ends of lines; or the end of a track and the next one
_BETWEEN: Final = rf"(?:[{_SPACES}.{_DASHES}]{{1,3}}|\?[{_SPACES}]{{0,2}}[%;+])"
_GROUPS: Final = re.compile(rf"[0-9]+(?:{_BETWEEN}[0-9]+)*")
_GROUP: Final = re.compile("[0-9]+")
# Track 2 writes `=` after the number (a chip's tag 57 writes D), track 1 `^`, the name and `^`.
_STRIPE: Final = re.compile(
    r"(?<![0-9])([0-9 ]{12,25})(?:[=Dd]|\^[^^?]{0,40}\^)[0-9]{2}(?:0[1-9]|1[0-2])[125679][0-9]{2}"
)
# No dots: the address of a printer is no card. Commas: a list of bytes may be one.
_LONG_NUMBER: Final = re.compile(rf"[0-9](?:[{_SPACES},{_DASHES}]{{0,3}}[0-9]){{11,}}")
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # ISO/IEC 7812-1, annex B: a doubled digit's own digits added up


def payment_brand(text: str) -> str | None:
    """Return the brand of a payment card whose number stands anywhere in `text`, or None."""
    text = with_plain_digits(text)
    for chain in _GROUPS.finditer(text):
        for number in _checked_numbers(chain[0]):
            if brand := brand_of(number):
                return brand
    for match in _STRIPE.finditer(text):
        number = match[1].replace(" ", "")
        if PAN_MIN <= len(number) <= PAN_MAX and luhn_fits(number):
            return UNNAMED
    return None


def wipe(text: str) -> str:
    """Return `text` with every run of 12 or more digits taken out: for texts that we did not write ourselves."""
    text = _LONG_NUMBER.sub("[digits removed]", with_plain_digits(text))
    return _GROUP.sub("[digits removed]", text) if payment_brand(text) else text


def luhn_fits(number: str) -> bool:
    """Say whether the last digit of `number` (digits only) is its check digit by ISO/IEC 7812-1, annex B."""
    return check_digit(number[:-1], Check.LUHN) == number[-1]


def with_plain_digits(text: str) -> str:
    """Return `text` with the decimal digits of other scripts (full-width, Arabic ...) as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c, c)) for c in text)


def _checked_numbers(chain: str) -> Iterator[str]:
    """Yield every number of payment length with a good check digit: a group of `chain`, or neighbours read as one.

    Sums up to every place, once with the even places doubled and once with the odd ones, check a number by one
    subtraction: a text may hold thousands of groups and every few of them make a number.
    """
    groups = _GROUP.findall(chain)
    digits = "".join(groups)
    if len(digits) < PAN_MIN:
        return
    ends = list(accumulate(map(len, groups)))
    sums = _sums(digits, doubled=0), _sums(digits, doubled=1)
    for start in (0, *ends[:-1]):
        shortest, longest = bisect_left(ends, start + PAN_MIN), bisect_right(ends, start + PAN_MAX)
        for end in ends[shortest:longest]:
            total = sums[end % 2]  # the last digit but one is doubled, and every second one before it
            if (total[end] - total[start]) % 10 == 0:
                yield digits[start:end]


def _sums(digits: str, *, doubled: int) -> list[int]:
    values = (_DOUBLED[int(d)] if at % 2 == doubled else int(d) for at, d in enumerate(digits))
    return list(accumulate(values, initial=0))
