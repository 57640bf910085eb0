"""StarPRNT, as a language for `agent.devices.escpos.encoder`.

Source: Star Line Mode Command Specifications, 3 (commands) and 5.1 (barcodes); StarPRNT keeps these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image as Pillow

from agent.devices.document import Align, Barcode, Image, Symbology

PAGES: Final[Mapping[str, int]] = {  # ESC GS t, the same for all of Star's printers
    "CP437": 1,
    "CP858": 4,
    "CP852": 5,
    "CP866": 10,
    "CP855": 11,
    "CP857": 12,
    "CP737": 15,
    "CP1252": 32,
    "CP1250": 33,
    "CP1251": 34,
}
DUTY_MAX: Final = 0.2  # of the drawer's solenoid: on / (on + off)
PULSE_UNIT_MS, PULSE_MAX_MS = 10, 1270  # ESC BEL counts in steps of ten milliseconds
QR_MODULE_MAX: Final = 8  # dots

_ALIGN: Final = {Align.LEFT: 0, Align.CENTER: 1, Align.RIGHT: 2}
_STRIP_ROWS: Final = 24
_BAND_FEED, _LINE_FEED = b"\x1b0", b"\x1bz\x01"  # a line feed of 3 mm, which is 24 dots; of 4 mm
_FULL_CUT, _PARTIAL_CUT = 2, 3  # both after feeding to the cutter
_RECORD_END: Final = b"\x1e"
_HEIGHT_MAX_PX: Final = 255
_KINDS: Final[Mapping[Symbology, int]] = {
    Symbology.UPC_A: 1,
    Symbology.EAN_8: 2,
    Symbology.EAN_13: 3,
    Symbology.CODE_128: 6,
}


class StarPrnt:
    """StarPRNT."""

    def begin(self) -> bytes:
        """ESC @, and CAN, which drops what an earlier slip left in the line buffer."""
        return b"\x1b@\x18"

    def page(self, number: int) -> bytes:
        """ESC GS t."""
        return b"\x1b\x1dt" + bytes([number])

    def align(self, align: Align) -> bytes:
        """ESC GS a."""
        return b"\x1b\x1da" + bytes([_ALIGN[align]])

    def bold(self, *, on: bool) -> bytes:
        """ESC E, ESC F."""
        return b"\x1bE" if on else b"\x1bF"

    def double(self, *, on: bool) -> bytes:
        """ESC i."""
        return b"\x1bi" + bytes([on, on])

    def small(self, *, on: bool) -> bytes:
        """ESC RS F: font B, 9 dots wide."""
        return b"\x1b\x1eF" + bytes([on])

    def underline(self, *, on: bool) -> bytes:
        """ESC -."""
        return b"\x1b-" + bytes([on])

    def feed(self, lines: int) -> bytes:
        """LF, again and again."""
        return b"\n" * lines

    def image(self, image: Image) -> bytes:
        """ESC X: columns of 24 dots, one band after the other without a gap."""
        picture = Pillow.frombytes("1", (image.width_px, image.height_px), image.rows)
        width = image.width_px.to_bytes(2, "little")
        bands = [
            b"\x1bX" + width + _columns(picture.crop((0, top, image.width_px, top + _STRIP_ROWS))) + b"\n"
            for top in range(0, image.height_px, _STRIP_ROWS)
        ]
        return _BAND_FEED + b"".join(bands) + _LINE_FEED

    def qr(self, data: bytes, *, module_px: int) -> bytes:
        """ESC GS y: model 2, size, error correction, data, print."""
        module = bytes([min(max(module_px, 1), QR_MODULE_MAX)])
        size = len(data).to_bytes(2, "little")
        parts = b"S0\x02", b"S2" + module, b"S1\x01", b"D1\x00" + size + data, b"P"
        return b"".join(b"\x1b\x1dy" + part for part in parts)

    def barcode(self, barcode: Barcode, *, module_px: int) -> bytes:
        """ESC b with the characters below and a line feed; in Code 128 the printer chooses the code sets."""
        data = barcode.data.encode("ascii")
        if barcode.symbology is Symbology.CODE_128:
            data = data.replace(b"%", b"%0")
        mode = min(module_px - 1, 3)  # 1 to 3: modules of two to four dots
        height = min(max(barcode.height_px, 1), _HEIGHT_MAX_PX)
        return b"\x1bb" + bytes([_KINDS[barcode.symbology], 2, mode, height]) + data + _RECORD_END

    def cut(self, *, whole: bool) -> bytes:
        """ESC d."""
        return b"\x1bd" + bytes([_FULL_CUT if whole else _PARTIAL_CUT])


STAR_PRNT: Final = StarPrnt()


@dataclass(frozen=True, slots=True)
class Pulse:
    """What opens the drawer on a Star printer: current for `on_ms`, then none for `off_ms`."""

    on_ms: int
    off_ms: int

    @property
    def duty(self) -> float:
        """The share of the time in which current flows."""
        return self.on_ms / (self.on_ms + self.off_ms)

    def queued(self) -> bytes:
        """ESC BEL sets the times, BEL begins."""
        return bytes([0x1B, 0x07, self.on_ms // PULSE_UNIT_MS, self.off_ms // PULSE_UNIT_MS, 0x07])


def _columns(band: Pillow.Image) -> bytes:
    """A band as columns of 24 dots, three bytes each, the uppermost dot first."""
    return band.transpose(Pillow.Transpose.TRANSPOSE).tobytes()
