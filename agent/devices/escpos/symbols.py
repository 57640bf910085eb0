"""QR codes and barcodes: the printer's own where it has them, pictures where it has not.

Source: Epson ESC/POS command reference, GS k (function B), GS h, GS w, GS H.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PIL import Image as Pillow

from agent.devices.document import Align, Barcode, Image, Symbology

MODULE_MIN_PX, MODULE_MAX_PX = 2, 6  # GS w
HEIGHT_MAX_PX: Final = 255  # GS h

_EAN_MODULES: Final[Mapping[Symbology, int]] = {Symbology.UPC_A: 95, Symbology.EAN_8: 67, Symbology.EAN_13: 95}
_CODE_128_FRAME, _CODE_128_CHARACTER = 35, 11  # modules: start, check character and stop; one character
_KINDS: Final[Mapping[Symbology, int]] = {  # the m of GS k
    Symbology.UPC_A: 65,
    Symbology.EAN_13: 67,
    Symbology.EAN_8: 68,
    Symbology.CODE_128: 73,
}
_LIBRARY_NAMES: Final[Mapping[Symbology, str]] = {
    Symbology.UPC_A: "upca",
    Symbology.EAN_8: "ean8",
    Symbology.EAN_13: "ean13",
    Symbology.CODE_128: "code128",
}


def fitting_module_px(barcode: Barcode, *, width_px: int) -> int:
    """Return how wide a module may be for the bars to fit into `width_px`; 0 if they are too many for any printer.

    The quiet zone is the paper beside what the printer can reach.
    """
    modules = _EAN_MODULES.get(barcode.symbology, _CODE_128_FRAME + _CODE_128_CHARACTER * len(barcode.data))
    widest = min(barcode.module_px, MODULE_MAX_PX, width_px // modules)
    return widest if widest >= MODULE_MIN_PX else 0


def barcode_command(barcode: Barcode, *, module_px: int) -> bytes:
    """Return the bytes that have the printer draw `barcode`, its characters below it. Code 128 in code set B."""
    data = barcode.data.encode("ascii")
    if barcode.symbology is Symbology.CODE_128:
        data = b"{B" + data.replace(b"{", b"{{")
    size = b"\x1dh" + bytes([_height_px(barcode)]) + b"\x1dw" + bytes([module_px])
    return size + b"\x1dH\x02\x1dk" + bytes([_KINDS[barcode.symbology], len(data)]) + data


def barcode_image(barcode: Barcode, *, module_px: int) -> Image:
    """Draw the bars of `barcode` for a printer that cannot; its characters are not part of the picture."""
    import barcode as library  # type: ignore[import-untyped]  # ships no types

    (bars,) = library.get(_LIBRARY_NAMES[barcode.symbology], barcode.data).build()
    line = Pillow.new("1", (len(bars), 1), 0)
    line.putdata([int(module) for module in bars])
    return _enlarged(line, (len(bars) * module_px, _height_px(barcode)), barcode.align)


def qr_image(data: str, *, module_px: int, align: Align) -> Image:
    """Draw a QR code (error correction M) for a printer that cannot."""
    import qrcode  # type: ignore[import-untyped]  # ships no types

    code = qrcode.QRCode(box_size=module_px, border=1, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(data)
    code.make(fit=True)
    side = len(code.get_matrix())
    picture = Pillow.new("1", (side, side), 0)
    picture.putdata([int(dark) for row in code.get_matrix() for dark in row])
    return _enlarged(picture, (side * module_px, side * module_px), align)


def _height_px(barcode: Barcode) -> int:
    return min(max(barcode.height_px, 1), HEIGHT_MAX_PX)


def _enlarged(picture: Pillow.Image, size: tuple[int, int], align: Align) -> Image:
    picture = picture.resize(size, Pillow.Resampling.NEAREST)
    return Image(picture.width, picture.height, picture.tobytes(), align)
