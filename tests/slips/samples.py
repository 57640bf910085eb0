"""Facts, letterheads and a plain encoder that the tests of this room share."""

from __future__ import annotations

from dataclasses import dataclass

import PIL.Image

from agent.devices.document import Align, Barcode, Block, Cut, Document, Feed, Image, QRCode, Rule, Text
from agent.slips.facts import SlipFacts, SlipLine
from agent.slips.reader import paper_width_px
from agent.slips.reader.interpreter import interpret
from agent.slips.reader.picture import sheets
from agent.slips.settings import Letterhead

LETTERHEAD = Letterhead(
    shop="The Corner Shop",
    address=("12 Harbour Street", "Bristol BS1 4DJ"),
    contact="0117 496 0123",
    web="https://points.cornershop.example",
)

SALE = SlipFacts(
    kind="sale",
    op="581475",
    at="2011-12-09T12:50:31+00:00",
    till="till-3",
    currency="GBP",
    total=4218,
    account="a1",
    tier="Gold",
    lines=(
        SlipLine("points_for_amount", {"points": 32, "eligible": 3218, "per": 100}),
        SlipLine("tier_multiplier", {"label": "Gold", "percent": 150, "points": 16}),
        SlipLine("punches", {"count": 2, "card": "Coffee card"}),
        SlipLine("excluded", {"category": "gift-cards", "amount": 1000}),
    ),
    balances=(("points", 1262),),
    nearest=("£5 off your shopping", 38, "points"),
    punch_cards=(("Coffee card", 7, 10),),
    head="7f3a9c2e11d04b55",
    seq=4711,
)

_ALIGN = {Align.LEFT: 0, Align.CENTER: 1, Align.RIGHT: 2}


@dataclass(frozen=True, slots=True)
class PlainEncoder:
    """ESC/POS straight from the command reference, one code page: enough to look at a Document."""

    codepage: int = 19
    codec: str = "cp858"

    def encode(self, document: Document) -> bytes:
        start = bytes((0x1B, 0x40, 0x1B, 0x74, self.codepage))
        return start + b"".join(self._block(block, document.columns) for block in document.blocks)

    def _block(self, block: Block, columns: int) -> bytes:
        match block:
            case Text():
                return _aligned(block.align) + _styled(block) + block.text.encode(self.codec, "replace") + b"\n"
            case Rule():
                return _aligned(Align.LEFT) + _styled(Text("")) + b"-" * columns + b"\n"
            case Feed():
                return bytes((0x1B, 0x64, block.lines))
            case Image():
                width = (block.width_px + 7) // 8
                size = width.to_bytes(2, "little") + block.height_px.to_bytes(2, "little")
                return _aligned(block.align) + b"\x1dv0\x00" + size + block.rows
            case QRCode() | Barcode():
                return _aligned(block.align) + _symbol(block)
            case Cut():
                return b"\x1dVB\x00"


def _symbol(block: QRCode | Barcode) -> bytes:
    data = block.data.encode()
    if isinstance(block, Barcode):
        return b"\x1dk" + bytes((73, len(data) + 2)) + b"{B" + data
    store = (len(data) + 3).to_bytes(2, "little") + b"1P0" + data
    module = b"\x1d(k\x03\x001C" + bytes((block.module_px,))
    return module + b"\x1d(k\x03\x001E1\x1d(k" + store + b"\x1d(k\x03\x001Q0"


def _styled(text: Text) -> bytes:
    """ESC M, ESC E, GS !."""
    return bytes((0x1B, 0x4D, text.small, 0x1B, 0x45, text.bold, 0x1D, 0x21, 0x11 if text.double else 0))


def _aligned(align: Align) -> bytes:
    return bytes((0x1B, 0x61, _ALIGN[align]))


def sheet(data: bytes, *, columns: int = 42) -> PIL.Image.Image:
    """The one sheet that `data` prints, in which ink is 255 and paper 0."""
    width_px = paper_width_px(columns)
    (page,) = sheets(interpret(data, width_px=width_px), width_px=width_px)
    return page.convert("L")


def ink_rows(picture: PIL.Image.Image) -> list[tuple[int, int]]:
    """First and last row of every band of rows that has ink."""
    bands: list[tuple[int, int]] = []
    for y in range(picture.height):
        if picture.crop((0, y, picture.width, y + 1)).getbbox() is None:
            continue
        if bands and bands[-1][1] == y - 1:
            bands[-1] = bands[-1][0], y
        else:
            bands.append((y, y))
    return bands
