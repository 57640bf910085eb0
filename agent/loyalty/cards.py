"""Which card numbers are the programme's own: ranges of prefix, length and check digit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How a card's number was had: digits (stripe, barcode, keyed), the chip's unique id, or a terminal's token."""

    NUMBER = "number"
    CHIP = "chip"
    PAYMENT = "payment"  # in the place of a payment card, which is never kept; no programme has ranges of them


class Check(StrEnum):
    """The check digit a number carries in its last place."""

    NONE = "none"
    LUHN = "luhn"  # ISO/IEC 7812-1, annex B
    EAN = "ean"  # GS1 General Specifications, 7.9: modulo 10, weights 3 and 1 from the right


_CHARACTERS = {Source.NUMBER: frozenset("0123456789"), Source.CHIP: frozenset("0123456789ABCDEF")}


@dataclass(frozen=True, slots=True)
class CardRange:
    """Cards of one kind: numbers of `length` characters that begin with `prefix` and carry a good check digit.

    For `Source.CHIP` a number is the UID in upper-case hexadecimal, two characters a byte. Who shows a card of a kind
    that does not `spends` is known by it and may spend nothing on it: a chip's UID can be copied.
    """

    prefix: str
    length: int
    check: Check = Check.NONE
    source: Source = Source.NUMBER
    spends: bool = True

    def covers(self, number: str, source: Source) -> bool:
        """Say whether `number`, had from `source`, is a card of this range."""
        if source is not self.source or len(number) != self.length or not number.startswith(self.prefix):
            return False
        if not set(number) <= _CHARACTERS[source]:
            return False
        return self.check is Check.NONE or _check_fits(number, self.check)


def _check_fits(number: str, check: Check) -> bool:
    return check_digit(number[:-1], check) == number[-1]


def check_digit(payload: str, check: Check) -> str:
    """Return the digit that completes `payload` (digits without their check digit)."""
    digits = [int(c) for c in reversed(payload)]
    if check is Check.LUHN:
        total = sum(_luhn_double(d) if i % 2 == 0 else d for i, d in enumerate(digits))
    else:
        total = sum(3 * d if i % 2 == 0 else d for i, d in enumerate(digits))
    return str(-total % 10)


def _luhn_double(digit: int) -> int:
    return digit * 2 - 9 if digit > 4 else digit * 2
