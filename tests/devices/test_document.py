"""Documents: what a symbology cannot hold is refused where it is written."""

from __future__ import annotations

import pytest

from agent.devices.document import CODE_128_MAX, Barcode, QRCode, Symbology


@pytest.mark.parametrize(
    ("symbology", "data"),
    [
        (Symbology.EAN_13, "4006381333931"),
        (Symbology.EAN_8, "96385074"),
        (Symbology.UPC_A, "036000291452"),
        (Symbology.CODE_128, "~" * CODE_128_MAX),
    ],
)
def test_a_barcode_holds_what_its_symbology_holds(symbology: Symbology, data: str) -> None:
    assert Barcode(data, symbology).data == data


@pytest.mark.parametrize(
    ("symbology", "data"),
    [
        (Symbology.EAN_13, "4006381333930"),  # check digit
        (Symbology.EAN_13, "400638133393"),  # without one
        (Symbology.EAN_8, "9638507x"),
        (Symbology.UPC_A, "036000291453"),
        (Symbology.CODE_128, ""),
        (Symbology.CODE_128, "é"),
        (Symbology.CODE_128, "a\x1b@"),
        (Symbology.CODE_128, "x" * (CODE_128_MAX + 1)),
    ],
)
def test_a_barcode_holds_nothing_else(symbology: Symbology, data: str) -> None:
    with pytest.raises(ValueError, match="holds"):
        Barcode(data, symbology)


@pytest.mark.parametrize("data", ["\x10\x14\x01\x00\x01", "https://x\n", "a\x00"])
def test_a_qr_code_holds_no_control_characters(data: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        QRCode(data)
