"""The punch card as a picture: a card with one ring per punch, a punched one filled, a star in the last."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import PIL.Image
import PIL.ImageDraw

from agent.devices.document import Align, Image
from agent.slips.logo import pack

PUNCHES_MAX: Final = 40  # four rows; longer cards are told in numbers only
_ROW_MAX: Final = 10
_OVERSAMPLING: Final = 4
_EDGE_PX: Final = 3
_BELOW_PX: Final = 8  # white, so that the next line does not touch the card
_GAP: Final = 0.14  # of a cell, on either side of a ring

Box = tuple[float, float, float, float]


def punch_card(*, punched: int, of: int, width_px: int) -> Image:
    """Draw `of` rings (1 to PUNCHES_MAX) in even rows on a card `width_px` dots wide, the first `punched` filled."""
    rows = math.ceil(of / _ROW_MAX)
    columns = math.ceil(of / rows)
    margin = width_px // 40
    cell = (width_px - 2 * margin) // max(columns, 8)
    size = width_px, rows * cell + 2 * margin + _BELOW_PX
    large = PIL.Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING), 255)
    draw = PIL.ImageDraw.Draw(large)
    left = (width_px - columns * cell) / 2
    edge = _EDGE_PX * _OVERSAMPLING
    draw.rounded_rectangle(
        (0, 0, large.width - 1, large.height - _BELOW_PX * _OVERSAMPLING - 1), 6 * edge, outline=0, width=edge
    )
    for place in range(of):
        x, y = left + place % columns * cell, margin + place // columns * cell
        inset = cell * _GAP
        box = (x + inset, y + inset, x + cell - inset, y + cell - inset)
        _ring(draw, _scaled(box), filled=place < punched, star=place == of - 1)
    picture = pack(large.resize(size, PIL.Image.Resampling.BOX).convert("1", dither=PIL.Image.Dither.NONE))
    return replace(picture, align=Align.LEFT)  # as wide as the text, which may be less than the paper


def _scaled(box: Box) -> Box:
    left, top, right, bottom = (side * _OVERSAMPLING for side in box)
    return left, top, right, bottom


def _ring(draw: PIL.ImageDraw.ImageDraw, box: Box, *, filled: bool, star: bool) -> None:
    draw.ellipse(box, fill=0 if filled else 255, outline=0, width=_EDGE_PX * _OVERSAMPLING)
    if star:
        draw.polygon(_star(box), fill=255 if filled else 0)


def _star(box: Box) -> list[tuple[float, float]]:
    """Five points: alternate corners on a circle and on 0.382 of it (a pentagram's inner radius)."""
    x, y, radius = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, (box[2] - box[0]) * 0.32
    corners = []
    for step in range(10):
        angle, reach = math.pi * step / 5, radius if step % 2 == 0 else radius * 0.382
        corners.append((x + reach * math.sin(angle), y - reach * math.cos(angle)))
    return corners
