"""The bars of a barcode, as a printer draws them for GS k.

Source: ISO/IEC 15417 (Code 128; its patterns come from python-barcode's table) and 15420 (EAN/UPC). Code 128 is drawn
in code set B alone, because GS k leaves the choice of code sets to whoever sends the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import barcode as library  # type: ignore[import-untyped]  # ships no types
from barcode.charsets import code128  # type: ignore[import-untyped]

from agent.slips.reader.elements import Barcode

_SET_B: Final = b"{B"
_START_B: Final = 104
_CHECK_MODULUS: Final = 103
_FIRST, _LAST = " ", "~"
_LIBRARY_NAMES: Final[Mapping[tuple[str, int], str]] = {  # by symbology and number of digits, the check digit included
    ("UPC-A", 12): "upca",
    ("EAN-13", 13): "ean13",
    ("EAN-8", 8): "ean8",
}


def bars(barcode: Barcode) -> str | None:
    """Return the modules from left to right, "1" for black; None for what this reader cannot draw."""
    if barcode.symbology == "CODE128":
        return _code_128(barcode.text) if barcode.data.startswith(_SET_B) else None
    name = _LIBRARY_NAMES.get((barcode.symbology, len(barcode.data)))
    if name is None or not barcode.data.isdigit():
        return None
    return str(library.get(name, barcode.text).build()[0])


def _code_128(text: str) -> str | None:
    if not text or not all(_FIRST <= char <= _LAST for char in text):
        return None
    values = [_START_B, *(ord(char) - ord(_FIRST) for char in text)]
    check = sum(value * max(at, 1) for at, value in enumerate(values)) % _CHECK_MODULUS
    return "".join(code128.CODES[value] for value in (*values, check)) + str(code128.STOP) + "11"
