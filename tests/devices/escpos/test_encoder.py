"""Slips as bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.document import Align, Barcode, Block, Cut, Document, Feed, Image, QRCode, Rule, Symbology, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, Model, load_model
from agent.devices.escpos.pages import Romanian
from agent.slips.reader import read_text
from agent.slips.reader.commands import parse

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
BEGIN = b"\x1b@\x1c."
needs_font = pytest.mark.skipif(not FONT.exists(), reason="needs Debian's fonts-dejavu-core")


def model(profile: str = DEFAULT_PROFILE, *, font: Path | None = None, **code_pages: int) -> Model:
    return load_model(profile, code_pages=code_pages, font=font)


def printed(*blocks: Block, on: Model | None = None) -> bytes:
    data = encode(Document(42, blocks), on or model())
    assert data.startswith(BEGIN)
    return data.removeprefix(BEGIN)


def test_a_line_names_its_page_and_ends() -> None:
    assert printed(Text("abc")) == b"\x1bt\x00abc\n"


def test_the_page_is_named_only_when_it_changes() -> None:
    assert printed(Text("abc"), Text("Привет"), Text("abc")) == (
        b"\x1bt\x00abc\n" + b"\x1bt\x11" + "Привет".encode("cp866") + b"\nabc\n"
    )


def test_a_style_is_set_and_taken_back() -> None:
    data = printed(Text("a", Align.CENTER, bold=True), Text("b", double=True), Text("c"))

    assert data == b"\x1ba\x01\x1bE\x01\x1bt\x00a\n" + b"\x1ba\x00\x1bE\x00\x1d!\x11b\n" + b"\x1d!\x00c\n"


@pytest.mark.parametrize("profile", ["default", "TM-T88V", "POS-5890", "simple", "TM-U220"])
def test_nothing_is_ever_lost_to_a_silent_question_mark(profile: str) -> None:
    data = printed(Text("Ștefan Țara Привет ґ œ € ₽"), on=model(profile))

    assert b"?" not in re.sub(rb"\x1b-\x01[^\x1b]*\x1b-\x00", b"", data)


def test_romanian_is_printed_with_the_letters_that_printers_have() -> None:
    assert "ş".encode("cp852") in printed(Text("ș"), on=model(CP437=0, CP852=18))


@needs_font
def test_romanian_is_drawn_where_the_shop_wants_its_own_letters() -> None:
    on = load_model("TM-T88V", code_pages={}, font=FONT, romanian=Romanian.RASTER)

    assert read_text(BEGIN + printed(Text("Țară"), on=on)) == ["[picture 48 x 30]"]
    assert read_text(BEGIN + printed(Text("Mar"), on=on)) == ["Mar"]


def test_a_shops_own_code_pages_replace_the_profiles() -> None:
    assert printed(Text("Ж"), on=model(CP866=7)) == b"\x1bt\x07" + "Ж".encode("cp866") + b"\n"


@needs_font
def test_a_character_without_a_page_is_drawn() -> None:
    data = printed(Text("100 ₽"), on=model(font=FONT))

    assert data.startswith(b"\x1dv0\x00" + bytes([8, 0, 30, 0]))  # 5 columns of 12 dots, a line of 30 rows
    assert any(data[8:])


@needs_font
def test_double_text_is_drawn_at_twice_the_size() -> None:
    assert b"\x1dv0\x00" + bytes([15, 0, 48, 0]) in printed(Text("100 ₽", double=True), on=model(font=FONT))


def test_without_a_font_the_letters_are_folded_and_underlined() -> None:
    assert printed(Text("Lød ₽"), on=model("simple")) == b"L\x1b-\x01o\x1b-\x00d \x1b-\x01?\x1b-\x00\n"


def test_a_font_that_lacks_the_character_is_not_used(tmp_path: Path) -> None:
    nothing = tmp_path / "missing.ttf"

    assert b"\x1b-\x01" in printed(Text("₽"), on=model(font=nothing))


def test_a_name_cannot_command_the_printer() -> None:
    data = printed(Text("Eve\x1b@\x1dV\x00\n\x07\x9b"))

    assert data == b"\x1bt\x00Eve @ V    \n"


# Lengths, real-time requests and everything else a printer might take for a command, between ordinary letters.
HOSTILE = st.text(st.one_of(st.characters(max_codepoint=0xA0), st.characters()), max_size=60)


@given(st.lists(HOSTILE, max_size=4), st.sampled_from([DEFAULT_PROFILE, "POS-5890", "simple"]))
def test_no_control_character_of_a_text_reaches_the_printer(lines: list[str], profile: str) -> None:
    commands = list(parse(encode(Document(42, tuple(Text(line) for line in lines)), model(profile))))

    assert {command.name for command in commands} <= {"ESC @", "FS .", "ESC t", "ESC -", "TEXT", "LF"}
    assert all(byte >= 0x20 and byte != 0x7F for command in commands if command.name == "TEXT" for byte in command.args)
    assert sum(command.name == "LF" for command in commands) == len(lines)


@given(st.characters(min_codepoint=0x80, max_codepoint=0x9F))
def test_the_control_characters_of_latin_1_are_spaces(character: str) -> None:
    assert printed(Text(f"a{character}b")) == printed(Text("a b"))


def test_a_page_is_named_anew_in_every_slip() -> None:
    slip = encode(Document(42, (Text("Привет"),)), model())

    assert slip == BEGIN + b"\x1bt\x11" + "Привет".encode("cp866") + b"\n"


def test_letters_and_their_marks_are_put_together() -> None:
    assert printed(Text("Cafe\u0301")) == printed(Text("Café"))


def test_a_rule_spans_the_paper() -> None:
    assert printed(Rule()) == b"\x1bt\x00" + "─".encode("cp437") * 42 + b"\n"
    assert printed(Rule(double=True)) == b"\x1bt\x00" + "═".encode("cp437") * 42 + b"\n"
    assert printed(Rule(), on=model(CP1252=16)) == b"\x1bt\x10" + b"-" * 42 + b"\n"


def test_an_image_is_sent_in_strips() -> None:
    data = printed(Image(12, 300, bytes(range(250)) * 2 + bytes(100), Align.LEFT))

    assert data.count(b"\x1dv0\x00\x02\x00") == 2
    assert data.startswith(b"\x1dv0\x00" + bytes([2, 0, 0, 1]))  # 256 rows
    assert data[8 + 512 :].startswith(b"\x1dv0\x00" + bytes([2, 0, 44, 0]))


@pytest.mark.parametrize("realtime", ["1014010001", "100401", "100502"])
def test_a_picture_cannot_hold_a_real_time_request(realtime: str) -> None:
    rows = bytes.fromhex(realtime).ljust(8, b"\xff")
    data = printed(Image(64, 1, rows))

    assert bytes.fromhex(realtime)[:2] not in data
    assert sum((a ^ b).bit_count() for a, b in zip(data[-8:], rows, strict=True)) == 1  # one dot is all it costs


BARCODE = Barcode("VOUCHER-12{", height_px=60, module_px=2)


def test_a_barcode_is_the_printers_own_where_it_has_one() -> None:
    size_and_text_below = b"\x1dh\x3c\x1dw\x02\x1dH\x02"

    assert printed(BARCODE) == b"\x1ba\x01" + size_and_text_below + b"\x1dk\x49\x0e{BVOUCHER-12{{"


@pytest.mark.parametrize(
    ("symbology", "digits", "kind"),
    [
        (Symbology.EAN_13, "4006381333931", 67),
        (Symbology.EAN_8, "96385074", 68),
        (Symbology.UPC_A, "036000291452", 65),
    ],
)
def test_ean_and_upc_are_sent_with_their_length(symbology: Symbology, digits: str, kind: int) -> None:
    assert printed(Barcode(digits, symbology)).endswith(b"\x1dk" + bytes([kind, len(digits)]) + digits.encode())


def test_a_barcode_is_drawn_where_the_printer_has_none() -> None:
    on = model("POS-5890")
    lines = read_text(BEGIN + printed(Barcode("ABCD"), on=on))

    assert lines == ["[picture 240 x 80]", "ABCD"]  # 79 modules of three dots


def test_a_barcode_that_does_not_fit_gets_narrower_bars_and_then_none() -> None:
    def modules_px(characters: int) -> int:
        data = printed(Barcode("x" * characters))
        return data[data.index(b"\x1dw") + 2] if b"\x1dw" in data else 0

    assert [modules_px(n) for n in (12, 13, 19, 20)] == [3, 2, 2, 0]  # 42 columns are 504 dots
    assert read_text(BEGIN + printed(Barcode("x" * 20))) == ["x" * 20]


def test_an_impact_printer_gets_the_characters_of_a_barcode() -> None:
    assert read_text(BEGIN + printed(Barcode("1234"), on=model("TM-U220"))) == ["1234"]


def test_a_qr_code_is_the_printers_own_where_it_has_one() -> None:
    data = printed(QRCode("https://example.org", module_px=6))

    assert b"\x1d(k\x03\x001C\x06" in data  # module size
    assert b"\x1d(k\x03\x001E1" in data  # error correction M
    assert b"1P0https://example.org" in data


def test_a_qr_code_is_drawn_where_the_printer_has_none() -> None:
    data = printed(QRCode("abc", module_px=4), on=model("POS-5890"))

    assert b"\x1d(k" not in data
    assert b"\x1dv0\x00" + bytes([12, 0, 92, 0]) in data  # 21 modules and a border of one, times four


def test_an_impact_printer_gets_words_for_pictures() -> None:
    data = printed(Image(8, 1, b"\xff"), QRCode("abc"), on=model("TM-U220"))

    assert data == b"\x1bt\x00abc\n"


def test_a_slip_is_fed_and_cut() -> None:
    assert printed(Feed(3), Cut()) == b"\x1bd\x03\x1bd\x06\x1dV\x00"


@pytest.mark.parametrize(("profile", "cut"), [("POS-5890", b""), ("TM-U220B", b"\x1dV\x01")])
def test_a_slip_is_cut_as_far_as_the_printer_can(profile: str, cut: bytes) -> None:
    assert printed(Cut(), on=model(profile)) == b"\x1bd\x06" + cut


def test_two_slips_do_not_depend_on_each_other() -> None:
    on = model()
    first = printed(Text("Привет"), on=on)

    assert printed(Text("Привет"), on=on) == first


@given(st.lists(st.text(), max_size=5))
def test_any_text_is_encoded(lines: list[str]) -> None:
    data = printed(*(Text(line) for line in lines), on=model("simple"))

    assert data.count(b"\n") == len(lines)
