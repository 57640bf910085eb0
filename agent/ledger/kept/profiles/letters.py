# ruff: noqa: RUF001 - Cyrillic letters are what this is about
"""Names in Latin letters without accents, as people type them whatever the keyboard.

Cyrillic is transliterated by ICAO Doc 9303 (part 3, section 6 B: how Russian, Ukrainian, Belarusian and Bulgarian
passports write a name) and by ISO 9:1995 without its accents; Latin letters beyond A to Z by Doc 9303 (section 6 A),
and as what is left when the accent is gone. Where the two differ a word has two spellings. Other scripts stay as they
are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

_ICAO: Final = {
    "а": "a",
    "б": "b",
    "в": "v",
    "г": "g",
    "д": "d",
    "е": "e",
    "ё": "e",
    "ж": "zh",
    "з": "z",
    "и": "i",
    "й": "i",
    "к": "k",
    "л": "l",
    "м": "m",
    "н": "n",
    "о": "o",
    "п": "p",
    "р": "r",
    "с": "s",
    "т": "t",
    "у": "u",
    "ф": "f",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "ie",
    "ы": "y",
    "ь": "",
    "э": "e",
    "ю": "iu",
    "я": "ia",
    "і": "i",
    "ї": "i",
    "є": "ie",
    "ґ": "g",
    "ў": "u",
    "ђ": "d",
    "ј": "j",
    "љ": "lj",
    "њ": "nj",
    "ћ": "c",
    "џ": "dz",
    "ѓ": "g",
    "ќ": "k",
    "ѕ": "dz",
}
_ISO_9: Final = {
    **_ICAO,
    "ё": "e",
    "ж": "z",
    "й": "j",
    "х": "h",
    "ц": "c",
    "ч": "c",
    "ш": "s",
    "щ": "s",
    "ъ": "",
    "ю": "u",
    "я": "a",
    "є": "e",
    "љ": "l",
    "њ": "n",
    "џ": "d",
}
_BOTH: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th", "ŋ": "n"}
_PASSPORT: Final = _ICAO | _BOTH | {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
_PLAIN: Final = _ISO_9 | _BOTH | {"ø": "o"}


def spellings(word: str) -> tuple[str, ...]:
    """Return the one or two ways in which a word is written without accents: as in a passport, and plainly."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", word).casefold())
    return tuple(dict.fromkeys(_written(folded, table) for table in (_PASSPORT, _PLAIN)))


def _written(word: str, table: Mapping[str, str]) -> str:
    return "".join(table[char] if char in table else _stripped(char, table) for char in word)


def _stripped(char: str, table: Mapping[str, str]) -> str:
    """Return a letter without its accents; what is left may be one of the table's."""
    parts = (part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return "".join(table.get(part, part) for part in parts)
