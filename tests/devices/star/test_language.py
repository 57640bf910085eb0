"""StarPRNT, byte for byte: as another encoder expects it (escpos/receipt_encoder.json), and picture for picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.devices.document import Align, Barcode, Block, Cut, Document, Feed, Image, QRCode, Rule, Symbology, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import load_model
from agent.devices.star.language import PAGES, STAR_PRNT, Pulse

HERE = Path(__file__).parents[1] / "escpos"
CASES: list[dict[str, Any]] = json.loads((HERE / "receipt_encoder.json").read_text("utf-8"))["vectors"]
STAR = {case["call"]: bytes.fromhex(case["hex"]) for case in CASES if case["language"] == "star-prnt"}
NUMBERS: dict[str, int] = json.loads((HERE / "code_pages.json").read_text("utf-8"))["esc_t_numbers"]["star_ESC_GS_t"]
PAGE_1 = b"\x1b\x1dt\x01"

SAME_BYTES: Mapping[str, bytes] = {
    "bold().text(hello).bold()": STAR_PRNT.bold(on=True) + b"hello" + STAR_PRNT.bold(on=False),
    "underline(true).text(hello).underline(false)": (
        STAR_PRNT.underline(on=True) + b"hello" + STAR_PRNT.underline(on=False)
    ),
    "underline().text(hello).underline()": STAR_PRNT.underline(on=True) + b"hello" + STAR_PRNT.underline(on=False),
    "pulse()": Pulse(on_ms=200, off_ms=200).queued(),
}
SAME_SLIP: Mapping[str, tuple[Block, ...]] = {
    "text(hello)": (Text("hello"),),
    "text(hello).newline()": (Text("hello"),),
    "text(hello).newline(4)": (Text("hello"), Feed(3)),
    "line(hello)": (Text("hello"),),
    "codepage(cp437).text(héllo) - é -> 130": (Text("héllo"),),
}
NOT_COMPARED: Mapping[str, str] = {
    "codepage(star/katakana).text(héllo) - é -> ?": "we choose another page and print no question mark",
    "align(center).line(hello)": "it pads with spaces, we command the printer (ESC GS a)",
    "align(right).line(hello)": "it pads with spaces, we command the printer (ESC GS a)",
    "cut()": "ours feeds to the cutter first (2), theirs cuts where the paper is (0)",
    "cut(partial)": "the same (3 and 1)",
    "raw([ 0x1c, 0x2e ])": "Star has no FS .",
}
QR, EAN, CP1252 = (
    "qrcode(https://nielsleenheer.com, 1, 8, h)",
    "barcode(3130630574613, ean13, 60)",
    "codepage(windows1252).text(héllo) - é -> 233",
)


def star(*blocks: Block, **code_pages: int) -> bytes:
    model = load_model("TSP600", code_pages=code_pages or PAGES, font=None)
    data = encode(Document(42, blocks), model, STAR_PRNT)
    assert data.startswith(b"\x1b@\x18")
    return data[3:]


def theirs(call: str) -> bytes:
    """Without the line end that stands after whatever was asked for."""
    return STAR[call].removesuffix(b"\n\r")


@pytest.mark.parametrize(("call", "ours"), SAME_BYTES.items())
def test_a_command_is_as_another_encoder_expects_it(call: str, ours: bytes) -> None:
    assert theirs(call) == ours


@pytest.mark.parametrize(("call", "blocks"), SAME_SLIP.items())
def test_a_text_is_as_another_encoder_expects_it(call: str, blocks: tuple[Block, ...]) -> None:
    expected = STAR[call].replace(b"\n\r", b"\n")

    assert star(*blocks) == (expected if expected.startswith(PAGE_1) else PAGE_1 + expected)


def test_a_code_page_is_as_another_encoder_expects_it() -> None:
    assert star(Text("héllo"), CP1252=NUMBERS["cp1252"]) == theirs(CP1252) + b"\n"


def test_a_qr_code_is_as_another_encoder_expects_it_but_for_model_and_level() -> None:
    expected = theirs(QR).replace(b"yS0\x01", b"yS0\x02").replace(b"yS1\x03", b"yS1\x01")

    assert star(QRCode("https://nielsleenheer.com", 8, Align.LEFT)) == expected


def test_a_barcode_is_as_another_encoder_expects_it_but_for_its_characters() -> None:
    expected = theirs(EAN).replace(b"\x1bb\x03\x01", b"\x1bb\x03\x02")

    assert star(Barcode("3130630574613", Symbology.EAN_13, height_px=60, align=Align.LEFT)) == expected


def test_no_case_is_passed_over() -> None:
    assert SAME_BYTES.keys() | SAME_SLIP.keys() | NOT_COMPARED.keys() | {QR, EAN, CP1252} == STAR.keys()


@pytest.mark.parametrize(("page", "number"), NUMBERS.items())
def test_a_page_has_stars_number(page: str, number: int) -> None:
    assert PAGES[page.upper()] == number


def test_a_style_is_set_and_taken_back() -> None:
    data = star(Text("a", Align.CENTER, bold=True), Text("b", Align.RIGHT, double=True), Text("c"))

    first = b"\x1b\x1da\x01\x1bE" + PAGE_1 + b"a\n"
    second = b"\x1b\x1da\x02\x1bF\x1bi\x01\x01b\n"
    assert data == first + second + b"\x1b\x1da\x00\x1bi\x00\x00c\n"


def test_a_picture_is_sent_in_columns_of_24_dots() -> None:
    rows = bytearray(2 * 25)
    rows[0] = 0x80  # the first dot of the first row
    rows[2 * 23 + 1] = 0x10  # the last dot of the 24th
    rows[2 * 24] = 0x40  # the second of the 25th
    data = star(Image(12, 25, bytes(rows), Align.LEFT))

    first = b"\x80\x00\x00" + bytes(3 * 10) + b"\x00\x00\x01"
    second = bytes(3) + b"\x80\x00\x00" + bytes(3 * 10)
    assert data == b"\x1b0" + b"\x1bX\x0c\x00" + first + b"\n" + b"\x1bX\x0c\x00" + second + b"\n" + b"\x1bz\x01"


def test_a_percent_sign_in_code_128_is_doubled_as_star_has_it() -> None:
    assert b"5%0 OFF\x1e" in star(Barcode("5% OFF"))


def test_a_name_cannot_command_the_printer() -> None:
    assert star(Text("Eve\x1b\x1dP\x07\x18")) == PAGE_1 + b"Eve  P  \n"


def test_a_slip_is_fed_to_the_cutter_and_cut() -> None:
    assert star(Rule(), Cut()).endswith(b"\n\x1bd\x02")
