"""The sheet to scan: one label as Code 128 and as QR code, for the till's printer, an office printer, or a screen."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from agent.devices.document import Align, Barcode, Cut, Document, Feed, QRCode, Text
from agent.devices.document import Image as Dots
from agent.devices.escpos.symbols import barcode_image, qr_image
from agent.upkeep.calibration.labels import LABEL

TITLE: Final = "Tallystick: scan one of these"
STEPS: Final = (  # 32 characters at most
    "1. tally devices list",
    "2. tally devices calibrate PATH",
    "3. Scan one of the two codes.",
    "Stripe readers: swipe any card",
    "with two tracks instead.",
)
PAPER_MODULE_PX: Final = 2  # dots: 187 modules with their quiet zones, on paper of 384 dots
PAPER_QR_PX: Final = 8

DPI: Final = 200
_A4_PX: Final = (1654, 2339)
_MARGIN_PX: Final = 160
_BAR_PX, _BAR_HEIGHT_PX, _QR_PX = 4, 160, 14  # 0.5 mm a bar, 20 mm high, 1.8 mm a QR module: any scanner sees these
_TEXT_QUIET: Final = 3  # modules; with the one that the picture has, the four of ISO/IEC 18004
_TEXT_PX, _TITLE_PX, _LEADING = 36, 56, 1.5
_HALVES: Final = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def sheet_document(columns: int) -> Document:
    """Return the sheet for the till's own printer."""
    head = Text(TITLE, Align.CENTER, bold=True)
    steps = tuple(Text(step) for step in STEPS)
    label = Barcode(LABEL, module_px=PAPER_MODULE_PX)
    return Document(
        columns, (head, Feed(1), label, Feed(1), QRCode(LABEL, module_px=PAPER_QR_PX), Feed(1), *steps, Feed(1), Cut())
    )


def sheet_file(suffix: str) -> bytes:
    """Return the sheet as an A4 page for an office printer: `suffix` is ".png" or ".pdf"."""
    buffer = io.BytesIO()
    _page().save(buffer, suffix.removeprefix(".").upper(), resolution=DPI, dpi=(DPI, DPI))
    return buffer.getvalue()


def sheet_text(*, is_painted: bool) -> list[str]:
    """Return the sheet as lines of at most 80 characters, for a terminal or a text file.

    `is_painted`: the QR code stands black on white whatever the terminal's colours (ECMA-48, SGR 30 and 107).
    """
    code = [f"\x1b[30;107m{line}\x1b[0m" if is_painted else line for line in _qr_lines()]
    return [TITLE, "", *code, "", f"It reads {LABEL}", "", *STEPS]


def _page() -> Image.Image:
    page = Image.new("L", _A4_PX, 255)
    pen = ImageDraw.Draw(page)
    y = _MARGIN_PX
    pen.text((_MARGIN_PX, y), TITLE, fill=0, font=ImageFont.load_default(_TITLE_PX))
    y += 3 * _TITLE_PX
    bars = barcode_image(Barcode(LABEL, height_px=_BAR_HEIGHT_PX), module_px=_BAR_PX)
    for symbol in (_ink(bars), _ink(qr_image(LABEL, module_px=_QR_PX, align=Align.CENTER))):
        page.paste(symbol, ((_A4_PX[0] - symbol.width) // 2, y))
        y += symbol.height + _TEXT_PX
        pen.text((_A4_PX[0] // 2, y), LABEL, fill=0, font=ImageFont.load_default(_TEXT_PX), anchor="ma")
        y += 5 * _TEXT_PX
    for step in STEPS:
        pen.text((_MARGIN_PX, y), step, fill=0, font=ImageFont.load_default(_TEXT_PX))
        y += int(_TEXT_PX * _LEADING)
    return page


def _ink(block: Dots) -> Image.Image:
    """Return what a printer draws as dots, as a picture black on white."""
    return ImageChops.invert(Image.frombytes("1", (block.width_px, block.height_px), block.rows))


def _qr_lines() -> list[str]:
    """Draw the QR code in characters that are two modules high, with the white around it that scanners ask for."""
    code = _ink(qr_image(LABEL, module_px=1, align=Align.LEFT))
    side = code.width + 2 * _TEXT_QUIET
    framed = Image.new("1", (side, side + side % 2), 1)
    framed.paste(code, (_TEXT_QUIET, _TEXT_QUIET))
    dark = [[framed.getpixel((x, y)) == 0 for x in range(framed.width)] for y in range(framed.height)]
    pairs = zip(dark[::2], dark[1::2], strict=True)
    return ["".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]
