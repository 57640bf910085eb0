"""The translations: gettext catalogs, read once each. English is the source and has none.

A message's context is the code of what it says (`points_for_amount`, `points_for_amount.value`), so that two sentences
that are the same in English may differ elsewhere. `scripts/catalogs` writes the catalogs' files.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

SOURCE: Final = "en"
LANGUAGES: Final = (SOURCE, "fr", "ro", "ru")
DOMAIN: Final = "tally"


def translated(context: str, english: str, language: str) -> str:
    """Return a message in a language; the English one where there is no translation (a test sees to it there is)."""
    return _catalog(language).pgettext(context, english) if english else ""


def counted(context: str, one: str, many: str, number: int, language: str) -> str:
    """Return the form of a message that goes with `number` in a language."""
    return _catalog(language).npgettext(context, one, many, abs(number))


@cache
def _catalog(language: str) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    path = files("agent.slips.texts").joinpath("locale", language, "LC_MESSAGES", f"{DOMAIN}.mo")
    with path.open("rb") as file:
        return GNUTranslations(file)
