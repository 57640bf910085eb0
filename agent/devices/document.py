"""A Document is what a printer is asked to print: plain values that every driver can turn into its own bytes.

It stands with the devices because drivers may know nothing else of the agent; `agent.slips` makes Documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Align(StrEnum):
    """Where a block stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """One printed line, already fitted to the paper's columns (double width counts twice).

    `text` holds printable characters only; the layout strips control characters so that a name cannot command
    the printer.
    """

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    double: bool = False  # double width and height (ESC/POS GS ! 0x11)


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
    """A QR code (ISO/IEC 18004), error correction M."""

    data: str
    module_px: int = 5
    align: Align = Align.CENTER


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed to the cutter and cut."""


Block = Text | Rule | Feed | Image | QRCode | Cut


@dataclass(frozen=True, slots=True)
class Document:
    """A whole slip, top to bottom, for paper of `columns` characters (font A, 12 dots each)."""

    columns: int
    blocks: tuple[Block, ...] = field(default=())
