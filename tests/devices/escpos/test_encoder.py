"""Slips as bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.devices.document import Align, Block, Cut, Document, Feed, Image, QRCode, Rule, Text
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, Model, load_model

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


def test_a_shops_own_code_pages_replace_the_profiles() -> None:
    assert printed(Text("Ж"), on=model(CP866=7)) == b"\x1bt\x07" + "Ж".encode("cp866") + b"\n"


@needs_font
def test_a_character_without_a_page_is_drawn() -> None:
    data = printed(Text("100 ₽"), on=model(font=FONT))

    assert data.startswith(b"\x1dv0\x00" + bytes([8, 0, 24, 0]))  # 5 columns of 12 dots, 24 rows
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


def test_two_slips_do_not_depend_on_each_other() -> None:
    on = model()
    first = printed(Text("Привет"), on=on)

    assert printed(Text("Привет"), on=on) == first


@given(st.lists(st.text(), max_size=5))
def test_any_text_is_encoded(lines: list[str]) -> None:
    data = printed(*(Text(line) for line in lines), on=model("simple"))

    assert data.count(b"\n") == len(lines)
