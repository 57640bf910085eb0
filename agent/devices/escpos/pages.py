"""Which code page for which characters: a line of text becomes runs, each in one page of the printer (ESC t n).

No single page covers a slip in Romanian, Russian and French, so the page changes inside a line. No printer offers a
page with Romanian's comma-below letters; where a page has the cedilla letters and the shop wants it, those are printed.
The last resort for a character that no page has and no font draws is its nearest ASCII letter, visibly marked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

# The pages worth having, the one to prefer first, by the names of escpos-printer-db. Kept out: pages for which Python
# has no codec or which makers number differently from what they draw, and right-to-left scripts.
PREFERRED: Final = (
    "CP437",
    "CP1252",
    "CP858",
    "CP850",
    "CP852",
    "CP1250",
    "ISO_8859-2",
    "CP866",
    "CP1251",
    "CP1125",
    "CP855",
    "ISO_8859-15",
    "CP857",
    "CP1254",
    "CP775",
    "CP1257",
    "CP737",
    "CP1253",
)

_CEDILLA: Final = {"ș": "ş", "ț": "ţ", "Ș": "Ş", "Ț": "Ţ"}
# Letters that Unicode does not take apart into a base letter and a mark.
_BASE = str.maketrans("øØłŁđĐħŧıßæÆœŒþÞðÐ", "oOlLdDhtisaAoOtTdD")
UNKNOWN = "?"


class Romanian(StrEnum):
    """What becomes of the comma-below letters, which no printer has."""

    FOLD = "fold"  # the cedilla letters, in the printer's own type
    RASTER = "raster"  # the right letters, their line drawn as a picture


@dataclass(frozen=True, slots=True)
class Page:
    """A code page of a printer: its number for ESC t, and its name, which is also that of Python's codec."""

    number: int
    name: str
    romanian: Romanian = Romanian.FOLD

    def encode(self, character: str) -> bytes | None:
        """Return the byte that prints `character`, or None if this page has none."""
        stand_in = _CEDILLA.get(character, character) if self.romanian is Romanian.FOLD else character
        for candidate in (character, stand_in):
            try:
                return candidate.encode(self.name)
            except UnicodeEncodeError:
                continue
        return None


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters in one page."""

    page: Page
    data: bytes


def choose_pages(offered: Mapping[str, int], *, romanian: Romanian = Romanian.FOLD) -> tuple[Page, ...]:
    """Return the pages of `offered` (name -> ESC t number) that we can use, best first."""
    return tuple(Page(offered[name], name, romanian) for name in PREFERRED if name in offered)


def split_runs(text: str, pages: Sequence[Page], current: Page | None) -> tuple[Run, ...] | None:
    """Split `text` into as few runs as a left-to-right choice gives, staying in `current` while it serves.

    None if some character is in none of `pages`.
    """
    runs: list[Run] = []
    rest = text
    while rest:
        candidates = pages if current is None else (current, *pages)
        page, data = _longest(rest, candidates, stay=current)
        if not data:
            return None
        runs.append(Run(page, data))
        rest = rest[len(data) :]
        current = page
    return tuple(runs)


def printable(text: str) -> str:
    """Return `text` composed (NFC), each control or invisible character a space: none may command a printer."""
    return "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))


def folded(text: str) -> list[tuple[str, bool]]:
    """Return `text` in ASCII, column for column, as pieces that say whether they were changed."""
    letters = [(_fold(c), not c.isascii()) for c in text]
    return [("".join(c for c, _ in piece), changed) for changed, piece in groupby(letters, key=lambda pair: pair[1])]


def _longest(text: str, candidates: Sequence[Page], stay: Page | None) -> tuple[Page, bytes]:
    """Return the page that encodes the most characters from the beginning of `text`; `stay` if it encodes any."""
    best = candidates[0], b""
    for page in candidates:
        data = _prefix(text, page)
        if len(data) > len(best[1]):
            best = page, data
        if page is stay and data:
            break
    return best


def _prefix(text: str, page: Page) -> bytes:
    data = b""
    for character in text:
        byte = page.encode(character)
        if byte is None:
            break
        data += byte
    return data


def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character.translate(_BASE))[:1]
    return base if base.isascii() else UNKNOWN
