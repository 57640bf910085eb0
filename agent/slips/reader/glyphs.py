"""Characters as dots: DejaVu Sans Mono in Epson's cells (12 x 24 and 9 x 17), one glyph per cell so columns line up.

The font file comes with python-barcode (a dependency of python-escpos; Bitstream Vera licence). Its advance is 0.602 of
its size, so 20 and 15 pixels fill the two cells exactly. Enlarged characters repeat dots, as the printer does.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from agent.slips.reader.elements import FONT_CELLS, Cell, Style

_FONT_FILE: Final = ("fonts", "DejaVuSansMono.ttf")
INK: Final = 255  # how Pillow keeps a set dot in a picture of mode "1"
_SIZES: Final = {"A": 20, "B": 15}
_TOPS: Final = {"A": 0, "B": -1}  # the smaller cell is a dot too low for the underscore
_JOINING: Final = frozenset(map(chr, range(0x2500, 0x25A0)))  # box drawing and blocks reach their neighbour


class Glyphs:
    """Draws cells; keeps what it has drawn, because a slip repeats few characters many times."""

    def __init__(self) -> None:
        with as_file(files("barcode").joinpath(*_FONT_FILE)) as path:
            basic = ImageFont.Layout.BASIC
            self._faces = {font: ImageFont.truetype(path, size, layout_engine=basic) for font, size in _SIZES.items()}
        self._drawn: dict[Cell, Image.Image] = {}

    def draw(self, cell: Cell) -> Image.Image:
        """The cell as a picture of mode "1" in which a set dot is INK."""
        if cell not in self._drawn:
            self._drawn[cell] = self._styled(cell)
        return self._drawn[cell]

    def _styled(self, cell: Cell) -> Image.Image:
        style = cell.style
        glyph = self._plain(cell.char, style)
        if style.bold or cell.char in _JOINING:  # struck twice, a dot apart
            glyph = ImageChops.logical_or(glyph, _shifted(glyph))
        glyph = glyph.resize(cell.size_px, Image.Resampling.NEAREST)
        if style.underline:
            top = glyph.height - style.underline
            glyph.paste(INK, (0, top, glyph.width, glyph.height))
        return ImageChops.invert(glyph) if style.reverse else glyph

    def _plain(self, char: str, style: Style) -> Image.Image:
        glyph = Image.new("1", FONT_CELLS[style.font], 0)
        draw = ImageDraw.Draw(glyph)
        draw.fontmode = "1"
        draw.text((0, _TOPS[style.font]), char, font=self._faces[style.font], fill=INK)
        return glyph


def _shifted(glyph: Image.Image) -> Image.Image:
    moved = Image.new("1", glyph.size, 0)
    moved.paste(glyph, (1, 0))
    return moved
