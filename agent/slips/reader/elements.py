"""What stands on the paper after the printer obeyed: lines, pictures, codes and cuts, from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass

from agent.devices.document import Align

FONT_CELLS = {"A": (12, 24), "B": (9, 17)}  # dots, width by height, of Epson's receipt printers


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look: font "A" or "B", scale 1 to 8 each way, `underline` in dots."""

    font: str = "A"
    width: int = 1
    height: int = 1
    bold: bool = False
    underline: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed character."""

    char: str
    style: Style

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in dots."""
        width, height = FONT_CELLS[self.style.font]
        return width * self.style.width, height * self.style.height


@dataclass(frozen=True, slots=True)
class Bits:
    """A one-bit picture: rows packed MSB first, 1 is black."""

    width_px: int
    height_px: int
    rows: bytes
    scale: tuple[int, int] = (1, 1)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in dots, as printed."""
        return self.width_px * self.scale[0], self.height_px * self.scale[1]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of characters and column pictures; the paper moves on by `advance_px`, or by the line's height."""

    items: tuple[Cell | Bits, ...]
    align: Align
    advance_px: int


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture of its own (GS v 0)."""

    bits: Bits
    align: Align


@dataclass(frozen=True, slots=True)
class QRSymbol:
    """A QR code that the printer draws itself (GS ( k); `level` is one of L, M, Q, H."""

    data: bytes
    module_px: int
    level: str
    align: Align


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode that the printer draws itself (GS k); `text_below`: its characters under the bars (GS H)."""

    symbology: str
    data: bytes
    module_px: int
    height_px: int
    text_below: bool
    align: Align

    @property
    def text(self) -> str:
        """What the bars say: without the code set that Code 128 begins with, `{{` for a brace."""
        said = self.data.decode("ascii", errors="replace")
        return said[2:].replace("{{", "{") if self.symbology == "CODE128" and said[:1] == "{" else said


@dataclass(frozen=True, slots=True)
class CutMark:
    """Where the cutter goes through."""


Element = Line | Raster | QRSymbol | Barcode | CutMark
