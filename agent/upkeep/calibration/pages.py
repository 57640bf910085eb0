"""Which number of ESC t selects which code page on this very printer: it prints all that it may be, a person looks.

Makers number code pages as they like, and profiles are wrong often enough. So a line is printed for every number that
some maker gives to a page that our languages need; what reads right is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent.devices.document import Block, Cut, Document, Feed, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import Model, check_pages
from agent.devices.escpos.pages import Page
from agent.devices.escpos.raster import draw_line
from agent.errors import ConfigError, InvalidError

_ROMANIAN: Final = "ăâîșț ĂÂÎȘȚ"
_RUSSIAN: Final = "Щука, ёж: мышь"
_UKRAINIAN: Final = "Щука ґєії ҐЄІЇ"
_FRENCH: Final = "éèàçùê ÉÇ €"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A code page, whom it serves, what shows that it is the one, and the numbers that makers give it."""

    page: str
    languages: str
    sample: str
    numbers: tuple[int, ...]


# The numbers that stand in the profiles of escpos-printer-db and in the manuals of Bixolon and Xprinter, Epson's first.
CANDIDATES: Final = (
    Candidate("CP852", "Romanian", _ROMANIAN, (18, 2, 5, 6, 9, 13, 32, 54, 68)),
    Candidate("CP1250", "Romanian", _ROMANIAN, (45, 17, 18, 30, 33, 47, 50, 54, 72)),
    Candidate("CP866", "Russian", _RUSSIAN, (17, 3, 7, 10, 11, 12, 37, 59)),
    Candidate("CP1251", "Russian and Ukrainian", _UKRAINIAN, (46, 6, 12, 23, 28, 34, 51, 59, 73)),
    Candidate("CP1125", "Russian and Ukrainian", _UKRAINIAN, (44,)),
    Candidate("CP858", "French", _FRENCH, (19, 2, 4, 6, 14, 31, 53)),
    Candidate("CP1252", "French", f"{_FRENCH} œ", (16, 2, 8, 9, 11, 32, 49, 71)),
)
_HOW: Final = "pick lines by what they begin with, as CP852=18"
_PICK: Final = re.compile(r"([A-Za-z0-9_-]+)=([0-9]{1,3})")


def candidate_slip(model: Model, columns: int) -> bytes:
    """Return the bytes that print every candidate, each line beginning with what to pick it by (CP852=18).

    Above the lines of a page stands what they should look like, as a picture where `model` has a font for it.
    """
    slip = b"".join(_print(candidate, model, columns) for candidate in CANDIDATES)
    return slip + encode(Document(columns, (Feed(1), Cut())), model)


def candidate_lines() -> list[str]:
    """Return what is on the slip, as it should look, for a terminal."""
    return [f"{each.page:<7} {each.sample:<16} {each.languages}" for each in CANDIDATES]


def read_picks(picks: list[str]) -> Mapping[str, int]:
    """Return the setting `code_pages` for picks such as CP852=18; 852=18 will do.

    InvalidError: one is no pick, there is no such code page, or its number is over 255.
    """
    pages: dict[str, int] = {}
    for pick in picks:
        match = _PICK.fullmatch(pick.strip())
        if match is None:
            raise InvalidError(f"{pick!r} is no pick", hint=_HOW)
        name = match[1].upper()
        pages[f"CP{name}" if name.isdecimal() else name] = int(match[2])
    try:
        check_pages(pages)
    except ConfigError as error:
        raise InvalidError(str(error), hint=_HOW) from error
    return MappingProxyType(pages)


def _print(candidate: Candidate, model: Model, columns: int) -> bytes:
    head = encode(Document(columns, tuple(_head(candidate, model.font))), model)
    return head + b"".join(_line(candidate, number, model, columns) for number in candidate.numbers)


def _head(candidate: Candidate, font: Path | None) -> Iterator[Block]:
    yield Feed(1)
    yield Text(f"{candidate.page} {candidate.languages}", bold=True)
    drawn = draw_line(Text(candidate.sample), font) if font else None
    if drawn is not None:
        yield drawn


def _line(candidate: Candidate, number: int, model: Model, columns: int) -> bytes:
    """A line in this page under this number, whatever the printer's profile says."""
    page = Page(number, candidate.page)
    only = replace(model, pages=(page,), has_raster=False)
    text = Text(f"{candidate.page}={number:<3} {candidate.sample}")
    return encode(Document(columns, (text,)), only)
