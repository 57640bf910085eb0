"""Check digits and dates in GS1 numbers. Source: GS1 General Specifications, 7.9 and 3.4."""

from __future__ import annotations

from datetime import date
from typing import Final

from agent.loyalty.cards import Check, check_digit

# 7.9.2-7.9.4: the weights that a price or weight field gives its digits, as what each digit then counts.
_TWO_MINUS: Final = "0246891357"
_THREE: Final = "0369258147"
_FIVE_PLUS: Final = "0516273849"
_FIVE_MINUS: Final = "0594837261"
_FOUR_DIGITS: Final = (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS)
_FIVE_DIGITS: Final = (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS)


def is_digits(text: str) -> bool:
    """Say whether `text` is one or more of 0 to 9, and nothing else."""
    return text.isascii() and text.isdecimal()


def check_fits(number: str) -> bool:
    """Say whether `number` is digits of which the last is the check digit (modulo 10, weights 3 and 1)."""
    return is_digits(number) and len(number) > 1 and check_digit(number[:-1], Check.EAN) == number[-1]


def measure_check_digit(value: str) -> str:
    """Return the check digit of a price or weight field of four (7.9.3) or five (7.9.4) digits; ValueError else."""
    if not is_digits(value) or len(value) not in {4, 5}:
        raise ValueError("a price or weight field has four or five digits")
    weights = _FOUR_DIGITS if len(value) == 4 else _FIVE_DIGITS
    total = sum(int(weight[int(digit)]) for weight, digit in zip(weights, value, strict=True))
    return str(total * 3 % 10) if len(value) == 4 else str(_FIVE_MINUS.index(str(-total % 10)))


def date_fits(text: str, *, day_zero: bool) -> bool:
    """Say whether `text` is a date YYMMDD; with `day_zero`, 00 stands for the last day of the month (3.4).

    The century does not matter: a year that 4 divides is a leap year in each that YY can mean (7.12).
    """
    if not is_digits(text) or len(text) != 6:
        return False
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    try:
        date(2000 + year, month, 1 if day == 0 and day_zero else day)
    except ValueError:
        return False
    return True
