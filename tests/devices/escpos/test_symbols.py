"""Barcodes and QR codes as pictures: read back bar for bar."""

from __future__ import annotations

import pytest

from agent.devices.document import Align, Barcode, Image, Symbology
from agent.devices.escpos.symbols import barcode_image, fitting_module_px, qr_image


def row(image: Image, y: int) -> str:
    width = -(-image.width_px // 8)
    bits = "".join(f"{byte:08b}" for byte in image.rows[y * width : (y + 1) * width])
    return bits[: image.width_px]


# ISO/IEC 15420, worked by hand: a first digit 4 is the pattern LGLLGG of the six after it.
LEFT = "000110101001110101111011110100010010110011"
RIGHT = "100001010000101000010111010010000101100110"
EAN_13 = f"101{LEFT}01010{RIGHT}101"


def test_an_ean_is_drawn_bar_for_bar() -> None:
    image = barcode_image(Barcode("4006381333931", Symbology.EAN_13, height_px=4), module_px=1)

    assert (image.width_px, image.height_px) == (95, 4)
    assert [row(image, y) for y in range(4)] == [row(image, 0)] * 4
    assert row(image, 0) == EAN_13


def test_bars_are_as_wide_as_asked() -> None:
    narrow, wide = (barcode_image(Barcode("AB", height_px=1), module_px=px) for px in (1, 3))

    assert row(wide, 0) == "".join(module * 3 for module in row(narrow, 0))
    assert row(narrow, 0).startswith("11010010000")  # start B
    assert row(narrow, 0).endswith("1100011101011")  # stop


@pytest.mark.parametrize(("width_px", "module_px"), [(504, 3), (270, 3), (269, 2), (180, 2), (179, 0)])
def test_bars_get_narrower_until_they_fit_or_are_left_out(width_px: int, module_px: int) -> None:
    barcode = Barcode("12345")  # 35 + 5 * 11 = 90 modules

    assert fitting_module_px(barcode, width_px=width_px) == module_px


def test_bars_are_never_wider_than_a_printer_can() -> None:
    assert fitting_module_px(Barcode("1", module_px=9), width_px=576) == 6


def test_a_qr_code_keeps_its_place_and_size() -> None:
    image = qr_image("abc", module_px=4, align=Align.RIGHT)

    assert (image.width_px, image.height_px, image.align) == (92, 92, Align.RIGHT)
    assert row(image, 4)[4:32] == "1" * 28  # the finder pattern's upper edge
