"""Draws a line of text as a picture, for characters that the printer has no page for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from agent.devices.document import Image, Text

CELL_WIDTH_PX, CELL_HEIGHT_PX = 12, 24  # font A
_SMALL_WIDTH_PX, _SMALL_SIZE_PX = 9, 15  # font B: a monospaced face at this size is 9 dots wide
LINE_HEIGHT_PX: Final = 30  # what a printer feeds after a line, so that a drawn one stands no closer to the next
SIZE_PX: Final = 20  # a monospaced face at this size is 12 dots wide
_NO_GLYPH: Final = "\U0010ffff"  # a noncharacter: every font draws its "missing" box for it


def draw_line(line: Text, font: Path) -> Image | None:
    """Draw `line` in the monospaced TrueType file `font`; None if the file is missing or lacks a character."""
    scale = 2 if line.double else 1
    try:
        face = ImageFont.truetype(font, _SMALL_SIZE_PX if line.small else SIZE_PX * scale)
    except OSError:
        return None
    if not _covers(face, line.text):
        return None
    cell_px = _SMALL_WIDTH_PX if line.small else CELL_WIDTH_PX * scale
    width, height = cell_px * len(line.text), max(CELL_HEIGHT_PX * scale, LINE_HEIGHT_PX)
    picture = Pillow.new("1", (width, height), 0)
    pen = ImageDraw.Draw(picture)
    for column, character in enumerate(line.text):
        for shift in range(2 if line.bold else 1):
            pen.text((column * cell_px + shift, 0), character, fill=1, font=face)
    return Image(width, height, picture.tobytes(), line.align)


def _covers(face: ImageFont.FreeTypeFont, text: str) -> bool:
    missing = bytes(face.getmask(_NO_GLYPH))
    return all(character == " " or bytes(face.getmask(character)) != missing for character in text)
