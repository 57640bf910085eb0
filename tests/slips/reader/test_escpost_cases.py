"""Inputs of another renderer's golden files: receiptful/escpost at 8488c6c (Apache-2.0).

They are in its crates/escpost-render/tests/cases. What is compared is what the golden pictures agree on with Epson's
reference: where lines, pictures and cuts stand. Their glyphs are their own, and the feed from head to cutter is left
out: it is a property of each printer. Left out is motion/positioning-and-print-area, whose commands (ESC $, ESC SP,
GS L, GS W) no slip of ours holds; a reader that skipped them would find every encoder right.
"""

from __future__ import annotations

import PIL.Image
import PIL.ImageChops
import pytest

from agent.slips.reader import read_text
from agent.slips.reader.interpreter import interpret
from agent.slips.reader.picture import sheets
from tests.slips.samples import ink_rows, sheet

# compatibility/receiptful-html2escpos
HTML2ESCPOS = bytes.fromhex(
    "1b21001b21001b21001b45001b2d001b4d001b61001d42001b21001b21001b21301b74015265636569707466756c1b21001b21001b21000a1b61"
    "011b4501426f6c641b45001b2d01556e6465721b2d001b4d011b7401536d616c6c1b4d001d42011b7401496e76657273651d42000a4c61747465"
    "20202020202020202020202020332e3530202020202020202020200a0a1b61011d76300018000200"
    + "ff"
    * 48
    + "1d763000010008000000"
    "000000000000446f6e650a"
)
# motion/line-spacing-and-feed
SPACING = bytes.fromhex(
    "1b401b2a01080080808080808080800a1b330a1b2a01080080808080808080800a1b2a01080080808080808080801b64021b2a01080080808080"
    "808080801b320a"
)
# mechanism/reference-full-and-partial-cuts
CUTS = bytes.fromhex(
    "1b401b61015245464552454e43452043555420505245564945570a53484545542031202d204245464f52452046554c4c204355540a1d56410053"
    "484545542032202d204245464f5245205041525449414c204355540a1d56420053484545542033202d20414654455220424f544820435554530a"
)
# text/ascii-fonts-and-styles
STYLES = bytes.fromhex(
    "1b40466f6e7420412031327832340a1b4d01466f6e74204220397831370a1b4d001b61011b21305449544c450a1b61001b21001b4501456d7068"
    "6173697a65641b45000a1b2d01556e6465726c696e65641b2d000a1d42012052657665727365201d42000a"
)
# text/character-sizes
SIZES = bytes.fromhex(
    "1b401b4d00466f6e7420410a317831201d210041671d21000a327832201d211141671d21000a337833201d212241671d21000a347834201d"
    "213341671d21000a367836201d215541671d21000a387838201d217741671d21000a327831201d211041671d21000a317832201d21014167"
    "1d21000a337832201d212141671d21000a327833201d211241671d21000a1d56001b4d01466f6e7420420a317831201d210041671d21000a"
    "327832201d211141671d21000a337833201d212241671d21000a347834201d213341671d21000a367836201d215541671d21000a38783820"
    "1d217741671d21000a327831201d211041671d21000a317832201d210141671d21000a337832201d212141671d21000a327833201d211241"
    "671d21000a1b4d00"
)
X_SHAPE = bytes.fromhex("8142241818244281")


def test_the_html2escpos_slip_is_as_high_as_the_golden_picture() -> None:
    # The golden case selects page 1 (katakana), which this reader does not know; page 0 has the same ASCII.
    picture = sheet(HTML2ESCPOS.replace(b"\x1bt\x01", b"\x1bt\x00"), columns=32)

    assert picture.size == (384, 178)
    assert picture.crop((0, 138, 384, 140)).getbbox() == (96, 0, 288, 2)
    done = picture.crop((0, 148, 384, 178)).getbbox()
    assert done is not None
    assert 168 <= done[0] < done[2] <= 216


def test_the_html2escpos_slip_reads_as_it_was_written() -> None:
    lines = read_text(HTML2ESCPOS.replace(b"\x1bt\x01", b"\x1bt\x00"))

    assert lines == [
        "Receiptful",
        "BoldUnderSmallInverse",
        "Latte             3.50",
        "",
        "[picture 192 x 2]",
        "[picture 8 x 8]",
        "Done",
    ]


def test_an_eight_dot_column_picture_is_drawn_dot_for_dot() -> None:
    # graphics/esc-star-8dot-double-density
    picture = sheet(b"\x1b@\x1b*\x01\x08\x00" + X_SHAPE + b"\n", columns=32)

    assert picture.size == (384, 30)
    assert [picture.getpixel((x, 0)) for x in range(8)] == [255, 0, 0, 0, 0, 0, 0, 255]
    assert picture.getbbox() == (0, 0, 8, 8)


@pytest.mark.parametrize(("mode", "size"), [(0, (8, 8)), (1, (16, 8)), (2, (8, 16)), (3, (16, 16))])
def test_a_raster_is_scaled_by_its_mode(mode: int, size: tuple[int, int]) -> None:
    # graphics/gs-v0-all-scaling-modes
    picture = sheet(b"\x1b@\x1dv0" + bytes((mode, 1, 0, 8, 0)) + X_SHAPE, columns=32)

    assert picture.getbbox() == (0, 0, *size)
    once = sheet(b"\x1b@\x1dv0" + bytes((0, 1, 0, 8, 0)) + X_SHAPE, columns=32).crop((0, 0, 8, 8))
    assert (
        PIL.ImageChops.difference(
            once.resize(size, PIL.Image.Resampling.NEAREST), picture.crop((0, 0, *size))
        ).getbbox()
        is None
    )


def test_line_spacing_and_feeds_move_the_paper_as_in_the_golden_picture() -> None:
    picture = sheet(SPACING, columns=32)

    assert picture.height == 90
    assert ink_rows(picture) == [(0, 0), (30, 30), (40, 40), (60, 60)]


def test_full_and_partial_cuts_make_three_sheets() -> None:
    pages = sheets(interpret(CUTS, width_px=576), width_px=576)

    assert [page.height for page in pages] == [60, 30, 30]


def test_fonts_and_styles_take_the_room_they_take_in_the_golden_picture() -> None:
    picture = sheet(STYLES, columns=32)

    assert picture.size == (384, 198)
    title = picture.crop((0, 60, 384, 108)).getbbox()
    assert title is not None
    assert 132 <= title[0] < title[2] <= 252  # five double cells in the middle
    assert picture.crop((0, 168, 384, 198)).getbbox() == (0, 0, 108, 24)  # reversed: nine whole cells


def test_characters_of_every_size_take_the_room_they_take_in_the_golden_pictures() -> None:
    pages = sheets(interpret(SIZES, width_px=576), width_px=576)

    assert [page.size for page in pages] == [(576, 810), (576, 600)]
