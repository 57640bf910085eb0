"""The last resort for a character that no page has and no font draws: its nearest ASCII letter, visibly marked."""

from __future__ import annotations

import unicodedata
from itertools import groupby

# Letters that Unicode does not take apart into a base letter and a mark.
_BASE = str.maketrans("øØłŁđĐħŧıßæÆœŒþÞðÐ", "oOlLdDhtisaAoOtTdD")
UNKNOWN = "?"


def printable(text: str) -> str:
    """Return `text` composed (NFC), each control or invisible character a space: none may command a printer."""
    return "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))


def folded(text: str) -> list[tuple[str, bool]]:
    """Return `text` in ASCII, column for column, as pieces that say whether they were changed."""
    letters = [(_fold(c), not c.isascii()) for c in text]
    return [("".join(c for c, _ in piece), changed) for changed, piece in groupby(letters, key=lambda pair: pair[1])]


def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character.translate(_BASE))[:1]
    return base if base.isascii() else UNKNOWN
