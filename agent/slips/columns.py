"""Text measured in printer columns: cleaned, cut to words, set left and right.

A column is one cell of the printer's font A. Widths follow Unicode: a combining mark takes no column (general category
Mn, Me), an East Asian wide or full-width character takes two (UAX #11), every other character one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

FIRM_SPACE: Final = "\N{NO-BREAK SPACE}"  # no line is broken at it; `wrap` and `row` print it as a space
_FIRM_SPACES: Final = frozenset("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}")
_SPACES: Final = re.compile(f"[ {FIRM_SPACE}]+")
_ZERO_WIDTH = frozenset({"Mn", "Me"})
_WIDE = frozenset({"W", "F"})


def clean(text: str) -> str:
    """The text as it may stand on paper: composed (NFC), one space between words, no control or format characters.

    Spaces that hold two words together stay such, as FIRM_SPACE.

    Everything of category C (control, format, surrogate, private, unassigned) goes, so that a name cannot command the
    printer or turn the reading direction; every kind of space and line break becomes one plain space.
    """
    spaced = "".join(map(_spaced, unicodedata.normalize("NFC", text)))
    kept = "".join(char for char in spaced if unicodedata.category(char)[0] != "C")
    return _SPACES.sub(lambda run: " " if " " in run[0] else FIRM_SPACE, kept).strip(f" {FIRM_SPACE}")


def _spaced(char: str) -> str:
    if char in _FIRM_SPACES:
        return FIRM_SPACE
    return " " if char.isspace() else char


def char_width(char: str) -> int:
    """Columns that one character takes: 0, 1 or 2."""
    if unicodedata.category(char) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def width(text: str) -> int:
    """Columns that a cleaned text takes."""
    return sum(char_width(char) for char in text)


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most `columns` columns, broken between words; a word longer than a line is cut.

    The text is cleaned first; an empty text gives no line. `columns` is at least 2, so that a wide character fits.
    """
    return [line.replace(FIRM_SPACE, " ") for line in _lines(text, columns)]


def _lines(text: str, columns: int) -> list[str]:
    lines: list[str] = []
    for word in clean(text).split(" "):
        for piece in _pieces(word, columns):
            if lines and width(lines[-1]) + 1 + width(piece) <= columns:
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
    return lines if any(lines) else []


def _pieces(word: str, columns: int) -> list[str]:
    pieces = [""]
    for char in word:
        if width(pieces[-1]) + char_width(char) > columns:
            pieces.append("")
        pieces[-1] += char
    return pieces


def row(left: str, right: str, columns: int) -> list[str]:
    """A label on the left and its value at the right edge, the value beside the label's last line.

    A value that is wider than half the paper and does not fit beside the label stands below it, still at the right.
    """
    label, value = clean(left), clean(right).replace(FIRM_SPACE, " ")
    if width(value) * 2 > columns and width(label) + 1 + width(value) > columns:
        return [*wrap(label, columns), *(_pushed("", line, columns) for line in wrap(right, columns))]
    *above, last = wrap(label, columns - width(value) - 1) or [""]
    return [*above, _pushed(last, value, columns)]


def _pushed(left: str, right: str, columns: int) -> str:
    """Both at their edges; without a value the label ends the line."""
    gap = columns - width(left) - width(right)
    return left + " " * gap + right if right else left
