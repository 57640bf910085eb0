"""The paper as a picture: one bit per dot, exactly as wide as the printer prints."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Final

import qrcode  # type: ignore[import-untyped]  # ships no types
from PIL import Image, ImageChops, ImageDraw

from agent.devices.document import Align
from agent.slips.reader.bars import bars
from agent.slips.reader.elements import Barcode, Bits, Cell, CutMark, Element, Line, QRSymbol, Raster, Style
from agent.slips.reader.glyphs import INK, Glyphs

_QR_LEVELS: Final = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}
_DASH_PX: Final = 8
_MARGIN_PX: Final = 24
_BARCODE_LABEL: Final = Style(font="B", reverse=True)


def sheets(elements: Iterable[Element], *, width_px: int) -> list[Image.Image]:
    """One picture (mode "1", set dots are INK) per sheet; a cut with nothing before it leaves none."""
    glyphs = Glyphs()
    finished: list[Image.Image] = []
    pieces: list[tuple[Image.Image, Align, int]] = []
    for element in elements:
        if isinstance(element, CutMark):
            finished += _sheet(pieces, width_px)
            pieces = []
        else:
            pieces.append(_piece(element, glyphs))
    return finished + _sheet(pieces, width_px)


def to_png(pages: Sequence[Image.Image], *, width_px: int) -> bytes:
    """The sheets below each other as one black-on-white PNG, a dashed line where the cutter went through.

    Every sheet has the same margin above its first and below its last dot: how far a printer feeds before it cuts has
    to do with where its cutter sits, not with the slip.
    """
    trimmed = [_trimmed(page) for page in pages]
    slip = Image.new("1", (width_px, max(1, sum(page.height for page in trimmed))), 0)
    y = 0
    for page in trimmed:
        slip.paste(page, (0, y))
        if y:
            _dashes(slip, y)
        y += page.height
    buffer = io.BytesIO()
    ImageChops.invert(slip).save(buffer, "PNG")
    return buffer.getvalue()


def _trimmed(page: Image.Image) -> Image.Image:
    _, top, _, bottom = page.getbbox() or (0, 0, 0, 0)
    return page.crop((0, top - _MARGIN_PX, page.width, bottom + _MARGIN_PX))


def _sheet(pieces: list[tuple[Image.Image, Align, int]], width_px: int) -> list[Image.Image]:
    if not pieces:
        return []
    sheet = Image.new("1", (width_px, max(1, sum(advance for _, _, advance in pieces))), 0)
    y = 0
    for picture, align, advance in pieces:
        sheet.paste(picture, (_left(picture.width, align, width_px), y))
        y += advance
    return [sheet]


def _left(width: int, align: Align, width_px: int) -> int:
    return {Align.LEFT: 0, Align.CENTER: (width_px - width) // 2, Align.RIGHT: width_px - width}[align]


def _piece(element: Line | Raster | QRSymbol | Barcode, glyphs: Glyphs) -> tuple[Image.Image, Align, int]:
    """An element's picture, where it stands, and how far it moves the paper."""
    if isinstance(element, Line):
        picture = _line(element, glyphs)
        return picture, element.align, max(element.advance_px, picture.height)
    if isinstance(element, Raster):
        picture = _bits(element.bits)
    elif isinstance(element, QRSymbol):
        picture = _qr(element)
    else:
        picture = _barcode(element, glyphs)
    return picture, element.align, picture.height


def _line(line: Line, glyphs: Glyphs) -> Image.Image:
    """Characters of different height stand on one baseline (GS ! in the command reference)."""
    height = max((item.size_px[1] for item in line.items), default=0)
    picture = Image.new("1", (sum(item.size_px[0] for item in line.items), height), 0)
    x = 0
    for item in line.items:
        drawn = glyphs.draw(item) if isinstance(item, Cell) else _bits(item)
        picture.paste(drawn, (x, height - drawn.height))
        x += drawn.width
    return picture


def _bits(bits: Bits) -> Image.Image:
    picture = Image.frombytes("1", (bits.width_px, bits.height_px), bits.rows)
    return picture.resize(bits.size_px, Image.Resampling.NEAREST)


def _qr(symbol: QRSymbol) -> Image.Image:
    code = qrcode.QRCode(error_correction=_QR_LEVELS[symbol.level], border=0)
    code.add_data(symbol.data, optimize=0)
    code.make(fit=True)
    modules = code.get_matrix()
    picture = Image.new("1", (len(modules), len(modules)), 0)
    picture.putdata([INK * dark for row in modules for dark in row])
    return picture.resize((picture.width * symbol.module_px, picture.height * symbol.module_px))


def _barcode(barcode: Barcode, glyphs: Glyphs) -> Image.Image:
    """The bars, and below them what they say; of bars that cannot be drawn a block with their name and data in it."""
    modules = bars(barcode)
    if modules is None:
        text = _cells(f" {barcode.symbology} {barcode.text} ", _BARCODE_LABEL, glyphs)
        picture = Image.new("1", (text.width, max(barcode.height_px, text.height)), INK)
        picture.paste(text, (0, (picture.height - text.height) // 2))
        return picture
    line = Image.new("1", (len(modules), 1), 0)
    line.putdata([INK * int(module) for module in modules])
    drawn = line.resize((line.width * barcode.module_px, barcode.height_px), Image.Resampling.NEAREST)
    return _above(drawn, _cells(barcode.text, Style(), glyphs)) if barcode.text_below else drawn


def _cells(text: str, style: Style, glyphs: Glyphs) -> Image.Image:
    return _line(Line(tuple(Cell(char, style) for char in text), Align.LEFT, 0), glyphs)


def _above(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """Two pictures, one below the other, their middles in line."""
    width = max(upper.width, lower.width)
    picture = Image.new("1", (width, upper.height + lower.height), 0)
    picture.paste(upper, ((width - upper.width) // 2, 0))
    picture.paste(lower, ((width - lower.width) // 2, upper.height))
    return picture


def _dashes(slip: Image.Image, y: int) -> None:
    draw = ImageDraw.Draw(slip)
    for x in range(0, slip.width, 2 * _DASH_PX):
        draw.line((x, y, x + _DASH_PX - 1, y), fill=INK)
