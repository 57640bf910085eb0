"""A Document is what a printer is asked to print: plain values that every driver can turn into its own bytes.

It stands with the devices because drivers may know nothing else of the agent; `agent.slips` makes Documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Align(StrEnum):
    """Where a block stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """One printed line, already fitted to the paper's columns (double width counts twice).

    `text` holds printable characters only; the layout strips control characters so that a name cannot command
    the printer. A `small` line has at most `small_columns` characters; a printer without small letters breaks
    it between words.
    """

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    double: bool = False  # double width and height (ESC/POS GS ! 0x11)
    small: bool = False  # font B, 9 dots wide (ESC M 1); never double


def small_columns(columns: int) -> int:
    """Return how many small characters (9 dots) stand where so many of font A (12 dots) do."""
    return columns * 4 // 3


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""

    double: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Image:
    """A one-bit picture, rows packed MSB first, 1 is black (the layout of ESC/POS GS v 0).

    `width_px` need not be a multiple of 8; each row takes ceil(width_px / 8) bytes of `rows`.
    """

    width_px: int
    height_px: int
    rows: bytes
    align: Align = Align.CENTER


@dataclass(frozen=True, slots=True)
class QRCode:
    """A QR code (ISO/IEC 18004), error correction M. ValueError unless `data` is printable characters."""

    data: str
    module_px: int = 5
    align: Align = Align.CENTER

    def __post_init__(self) -> None:
        if not self.data.isprintable():
            raise ValueError("a QR code holds printable characters only")


class Symbology(StrEnum):
    """What kind of barcode, by the names of ISO/IEC 15420 and 15417."""

    UPC_A = "UPC-A"
    EAN_8 = "EAN-8"
    EAN_13 = "EAN-13"
    CODE_128 = "Code 128"


CODE_128_MAX: Final = 48  # characters; more would not fit any receipt
_DIGITS: Final[Mapping[Symbology, int]] = {Symbology.UPC_A: 12, Symbology.EAN_8: 8, Symbology.EAN_13: 13}


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode with its data in characters below it.

    `data` is all digits of a UPC or EAN, the check digit included, or 1 to CODE_128_MAX printable ASCII characters. The
    bars get narrower than `module_px` if the paper asks for it; where they still do not fit the characters stand alone.
    ValueError if the symbology cannot hold `data`.
    """

    data: str
    symbology: Symbology = Symbology.CODE_128
    height_px: int = 80
    module_px: int = 3
    align: Align = Align.CENTER

    def __post_init__(self) -> None:
        if not (self.data.isascii() and self.data.isprintable() and 0 < len(self.data) <= CODE_128_MAX):
            raise ValueError(f"a barcode holds 1 to {CODE_128_MAX} printable ASCII characters, not {self.data!r}")
        digits = _DIGITS.get(self.symbology)
        if digits and not (self.data.isdecimal() and len(self.data) == digits and _check_digit_is_right(self.data)):
            raise ValueError(f"{self.symbology} holds {digits} digits, the last a check digit, not {self.data!r}")


def _check_digit_is_right(digits: str) -> bool:
    """GS1 General Specifications 7.9: from the right, weights 1, 3, 1, 3 ...; the sum is a multiple of ten."""
    return sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(reversed(digits))) % 10 == 0


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed to the cutter and cut."""


Block = Text | Rule | Feed | Image | QRCode | Barcode | Cut


@dataclass(frozen=True, slots=True)
class Document:
    """A whole slip, top to bottom, for paper of `columns` characters (font A, 12 dots each)."""

    columns: int
    blocks: tuple[Block, ...] = field(default=())
