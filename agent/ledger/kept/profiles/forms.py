"""What a profile is found by, before it is hashed: card, phone number, e-mail address, the forms of a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.ledger.kept.profiles.names import forms_of_name

PHONE, EMAIL = "phone", "email"  # a card's kind is its source
PHONE_DIGITS: Final = 9  # what national and international ways of writing one number have in common
_END_DIGITS: Final = 3


def phone_digits(phone: str) -> str:
    """Return the digits of a phone number that do not depend on how its country is written."""
    return "".join(str(unicodedata.digit(c)) for c in phone if c.isdigit())[-PHONE_DIGITS:]


def phone_end(phone: str) -> str | None:
    """Return the last three digits of a phone number: enough to tell people apart, too few to call them."""
    digits = phone_digits(phone)
    return digits[-_END_DIGITS:] if len(digits) > 2 * _END_DIGITS else None


def email_form(email: str) -> str:
    """Return an e-mail address without what people type differently: case, spaces, ways to write a character.

    Nothing that only some providers do: a dot or a +tag makes another address.
    """
    return "".join(unicodedata.normalize("NFKC", email).casefold().split())


def card_form(profile: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what a card is recognised by, None if the profile has none."""
    return (str(profile["source"]), str(profile["number"])) if profile.get("number") else None


def forms_of(profile: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield everything a profile is found by, as (kind, form)."""
    yield from sorted(forms_of_name(profile.get("name") or ""))
    if digits := phone_digits(str(profile.get("phone") or "")):
        yield PHONE, digits
    if address := email_form(str(profile.get("email") or "")):
        yield EMAIL, address
    card = card_form(profile)
    if card is not None:
        yield card
