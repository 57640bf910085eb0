"""Reads a slip back from the very bytes a printer receives: as lines of text and as a picture.

It knows ESC/POS from Epson's command reference and shares no table with the drivers that write it.
"""

from __future__ import annotations

from agent.slips.reader.commands import UnknownCommandError
from agent.slips.reader.elements import Barcode, Cell, CutMark, Element, Line, QRSymbol, Raster
from agent.slips.reader.interpreter import interpret
from agent.slips.reader.picture import sheets, to_png

__all__ = ["UnknownCommandError", "paper_width_px", "read_text", "render_png"]

_WIDEST_PX = 576


def paper_width_px(columns: int) -> int:
    """Dots a printer of so many columns prints: 384 (58 mm), 512 or 576 (80 mm); 12 dots a column for any other."""
    return {32: 384, 42: 512, 48: _WIDEST_PX}.get(columns, columns * 12)


def render_png(data: bytes, *, columns: int) -> bytes:
    """The paper as a one-bit PNG; raises UnknownCommandError with the offset of what cannot be drawn."""
    width_px = paper_width_px(columns)
    return to_png(sheets(interpret(data, width_px=width_px), width_px=width_px), width_px=width_px)


def read_text(data: bytes) -> list[str]:
    """The lines on the paper; pictures, codes and cuts in square brackets: `[QR https://...]`, `[cut]`."""
    return [_as_text(element) for element in interpret(data, width_px=_WIDEST_PX)]


def _as_text(element: Element) -> str:
    match element:
        case Line(items=items):
            return "".join(item.char for item in items if isinstance(item, Cell)).rstrip()
        case Raster(bits=bits):
            return f"[picture {bits.size_px[0]} x {bits.size_px[1]}]"
        case QRSymbol(data=data):
            return f"[QR {data.decode('utf-8', errors='replace')}]"
        case Barcode():
            return f"[{element.symbology} {element.text}]"
        case CutMark():
            return "[cut]"
