"""What a person may say of himself: checked, and never repeated in an error."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from agent.errors import InvalidError, Said
from agent.ledger.kept.profiles import phone_digits
from agent.slips.texts import LANGUAGES

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
_NAME_MAX: Final = 80
_PHONE_DIGITS_MIN: Final = 6
_PHONE_MAX: Final = 24


def check_person(name: str | None, phone: str | None) -> None:
    """Raise InvalidError for what is no name, or no phone number."""
    if name is not None and not (name.isprintable() and 1 <= len(name.strip()) <= _NAME_MAX):
        raise InvalidError(
            f"the name must be 1 to {_NAME_MAX} printable characters", said=Said("name_wrong", {"limit": _NAME_MAX})
        )
    if phone is not None and not _phone_fits(phone):
        raise InvalidError(
            f"the phone number must have {_PHONE_DIGITS_MIN} digits or more, only digits and +-/() .",
            said=Said("phone_wrong", {"limit": _PHONE_DIGITS_MIN}),
        )


def check_others(email: str | None, birthday: str | None, language: str | None) -> None:
    """Raise InvalidError for what is no e-mail address, no birthday (YYYY-MM-DD), or no language that we speak."""
    if language is not None and language not in LANGUAGES:
        raise InvalidError(f"language must be one of {', '.join(LANGUAGES)}")
    if email is not None and not _EMAIL.fullmatch(email):
        raise InvalidError("the e-mail address must look like name@example.com", said=Said("email_wrong"))
    if birthday is not None:
        _check_birthday(birthday)


def _phone_fits(phone: str) -> bool:
    digits = phone_digits(phone)
    known = all(c.isdigit() or c in "+-/() ." for c in phone)
    return known and len(phone) <= _PHONE_MAX and len(digits) >= _PHONE_DIGITS_MIN


def _check_birthday(birthday: str) -> None:
    try:
        date.fromisoformat(birthday)
    except ValueError:
        raise InvalidError("the birthday must be a date like 1990-02-28", said=Said("birthday_wrong")) from None
