"""Numbers, amounts of money and days as each language writes them.

The separators and the place of a currency's sign are CLDR's (a test compares them with Babel's copy); a group's
separator is never the narrow space, which no printer has. Days are written in figures, in English with the month's
name, for 03/04 is another day in London than in New York.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from agent.loyalty.money import minor_digits

FIRM_SPACE: Final = "\N{NO-BREAK SPACE}"  # a line is never broken at it; on paper it is a space
_SIGNS: Final = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class _Style:
    group: str
    point: str
    day: str
    is_sign_first: bool = False


_STYLES: Final[Mapping[str, _Style]] = {
    "en": _Style(",", ".", f"{{0.day}}{FIRM_SPACE}{{1}}{FIRM_SPACE}{{0.year}}", is_sign_first=True),
    "fr": _Style(FIRM_SPACE, ",", "{0:%d/%m/%Y}"),
    "ro": _Style(".", ",", "{0:%d.%m.%Y}"),
    "ru": _Style(FIRM_SPACE, ",", "{0:%d.%m.%Y}"),
}


def number_text(number: int, language: str) -> str:
    """A whole number, digits grouped: `1,234`, `1 234`, `1.234`."""
    return f"{number:,}".replace(",", _STYLES[language].group)


def money_text(minor: int, currency: str, language: str) -> str:
    """An amount with its currency: `£1,234.50`, `-€0.05`, `12.30 MDL`; in French `1 234,50 £`."""
    style, digits = _STYLES[language], minor_digits(currency)
    whole, fraction = divmod(abs(minor), 10**digits)
    number = number_text(whole, language) + (f"{style.point}{fraction:0{digits}}" if digits else "")
    minus, sign = "-" if minor < 0 else "", _SIGNS.get(currency)
    if sign is not None and style.is_sign_first:
        return f"{minus}{sign}{number}"
    return f"{minus}{number}{FIRM_SPACE}{sign or currency}"


def day_text(day: str, language: str) -> str:
    """A day (YYYY-MM-DD) as people write it; anything else stands as it is."""
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return day
    return _STYLES[language].day.format(known, _MONTHS[known.month - 1])


def moment_text(at: str, language: str) -> str:
    """A time (ISO 8601) to the minute, in the zone it is given in."""
    known = datetime.fromisoformat(at)
    return f"{day_text(known.date().isoformat(), language)} {known:%H:%M}"
