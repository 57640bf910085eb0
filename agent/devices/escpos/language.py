"""What a receipt printer's command language has to say, and ESC/POS, which most of them speak.

Source: Epson ESC/POS command reference. The commands go out without a library: there is more than one language, and a
library that writes text too loses letters without saying so.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from agent.devices.document import Align, Barcode, Image
from agent.devices.escpos.symbols import barcode_command

STRIP_ROWS: Final = 256  # rows of one GS v 0: small printers have small buffers
FEED_MAX: Final = 255  # lines of one ESC d
QR_MODULE_MAX: Final = 16  # dots, GS ( k function 167

_ALIGN: Final = {Align.LEFT: 0, Align.CENTER: 1, Align.RIGHT: 2}
_LINES_TO_CUTTER: Final = 6
_REALTIME: Final = re.compile(rb"\x10[\x04\x05\x14]")  # DLE EOT, DLE ENQ, DLE DC4
_ONE_MORE_DOT: Final = 0x02


class Language(Protocol):
    """Every method returns the bytes of one command."""

    def begin(self) -> bytes:
        """Bring the printer to where it begins when it is switched on."""

    def page(self, number: int) -> bytes:
        """Select a code page."""

    def align(self, align: Align) -> bytes:
        """Place what follows."""

    def bold(self, *, on: bool) -> bytes:
        """Print bold, or no longer."""

    def double(self, *, on: bool) -> bytes:
        """Print at twice the width and height, or no longer."""

    def small(self, *, on: bool) -> bytes:
        """Print in the small font, or no longer."""

    def underline(self, *, on: bool) -> bytes:
        """Underline, or no longer."""

    def feed(self, lines: int) -> bytes:
        """Feed empty lines."""

    def image(self, image: Image) -> bytes:
        """Print a picture; `align` is set already."""

    def qr(self, data: bytes, *, module_px: int) -> bytes:
        """Print a QR code, error correction M."""

    def barcode(self, barcode: Barcode, *, module_px: int) -> bytes:
        """Print a barcode, its characters below it."""

    def cut(self, *, whole: bool) -> bytes:
        """Feed to the cutter and cut, all through or but for a bridge."""


class EscPos:
    """ESC/POS."""

    def begin(self) -> bytes:
        """ESC @, and FS . (leave the Kanji mode in which many printers for the Chinese market start)."""
        return b"\x1b@\x1c."

    def page(self, number: int) -> bytes:
        """ESC t."""
        return b"\x1bt" + bytes([number])

    def align(self, align: Align) -> bytes:
        """ESC a."""
        return b"\x1ba" + bytes([_ALIGN[align]])

    def bold(self, *, on: bool) -> bytes:
        """ESC E."""
        return b"\x1bE" + bytes([on])

    def double(self, *, on: bool) -> bytes:
        """GS !."""
        return b"\x1d!" + bytes([0x11 if on else 0])

    def small(self, *, on: bool) -> bytes:
        """ESC M."""
        return b"\x1bM" + bytes([on])

    def underline(self, *, on: bool) -> bytes:
        """ESC -."""
        return b"\x1b-" + bytes([on])

    def feed(self, lines: int) -> bytes:
        """ESC d."""
        return b"\x1bd" + bytes([min(max(lines, 0), FEED_MAX)])

    def image(self, image: Image) -> bytes:
        """GS v 0, in strips."""
        width = -(-image.width_px // 8)
        strips = []
        for top in range(0, image.height_px, STRIP_ROWS):
            rows = min(STRIP_ROWS, image.height_px - top)
            size = width.to_bytes(2, "little") + rows.to_bytes(2, "little")
            strips.append(b"\x1dv0\x00" + size + _harmless(image.rows[top * width : (top + rows) * width]))
        return b"".join(strips)

    def qr(self, data: bytes, *, module_px: int) -> bytes:
        """GS ( k: model 2, size, error correction, store, print."""
        module = bytes([min(max(module_px, 1), QR_MODULE_MAX)])
        parts = b"A2\x00", b"C" + module, b"E1", b"P0" + data, b"Q0"
        return b"".join(b"\x1d(k" + (len(part) + 1).to_bytes(2, "little") + b"1" + part for part in parts)

    def barcode(self, barcode: Barcode, *, module_px: int) -> bytes:
        """GS k."""
        return barcode_command(barcode, module_px=module_px)

    def cut(self, *, whole: bool) -> bytes:
        """GS V, after the feed that every cutter needs and not every printer makes by itself."""
        return self.feed(_LINES_TO_CUTTER) + b"\x1dV" + bytes([not whole])


ESC_POS: Final = EscPos()


def _harmless(rows: bytes) -> bytes:
    """Return `rows` without the bytes of a real-time command, a dot blacker where one stood.

    Printers obey these even inside a picture: a logo could open the drawer or clear the buffer (Epson, DLE DC4, Notes).
    """
    return _REALTIME.sub(lambda found: bytes([found[0][0], found[0][1] | _ONE_MORE_DOT]), rows)
