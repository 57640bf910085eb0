import io

import PIL.Image
import PIL.ImageChops
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.slips.reader import UnknownCommandError, read_text, render_png
from tests.slips.samples import ink_rows, sheet

INIT = b"\x1b@"


@pytest.mark.parametrize(("columns", "width_px"), [(32, 384), (42, 512), (48, 576)])
def test_the_picture_is_one_bit_and_as_wide_as_the_printer_prints(columns: int, width_px: int) -> None:
    with PIL.Image.open(io.BytesIO(render_png(b"Anna\n", columns=columns))) as picture:
        assert (picture.format, picture.mode, picture.width) == ("PNG", "1", width_px)


@pytest.mark.parametrize(
    ("page", "codec", "text"),
    [
        (0, "cp437", "£ é ─"),
        (2, "cp850", "ø Ø \u00d7"),
        (16, "cp1252", "€ Œ œ „”"),
        (17, "cp866", "Карта лояльности №"),
        (18, "cp852", "ăâîşţ"),
        (19, "cp858", "€ à ç"),
        (45, "cp1250", "ăâîşţ"),
        (46, "cp1251", "Привіт Ґ €"),
    ],
)
def test_text_is_read_in_the_selected_code_page(page: int, codec: str, text: str) -> None:
    assert read_text(b"\x1bt" + bytes((page,)) + text.encode(codec) + b"\n") == [text]


def test_initialising_goes_back_to_the_first_code_page() -> None:
    assert read_text(b"\x1bt\x11\x8f\n\x1b@\x8f\n") == ["П", "Å"]


def test_an_unknown_code_page_is_named_with_its_offset() -> None:
    with pytest.raises(UnknownCommandError, match=r"'ESC t' at offset 2 .*: fa"):
        read_text(b"ab\x1bt\xfa")


def test_a_line_longer_than_the_paper_goes_on_in_the_next() -> None:
    assert read_text(b"x" * 50 + b"\n") == ["x" * 48, "xx"]


def test_a_line_that_fills_the_paper_exactly_takes_one_line() -> None:
    assert ink_rows(sheet(b"x" * 32 + b"\n" + b"x\n", columns=32))[1][0] < 60


def test_pictures_codes_and_cuts_are_read_as_what_they_are() -> None:
    data = (
        b"\x1dv0\x00\x01\x00\x02\x00\xff\xff"
        b"\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1\x1d(k\x0c\x001P0https://x\x1d(k\x03\x001Q0"
        b"\x1dk\x49\x06{B1234\x1dVB\x00"
    )

    assert read_text(data) == ["[picture 8 x 2]", "[QR https://x]", "[CODE128 1234]", "[cut]"]


def test_drawer_kicks_and_status_requests_leave_no_mark() -> None:
    assert read_text(b"\x1bp\x00\x19\xfa\x10\x04\x01\x1dr\x01\x1d(H\x06\x00000001\x1c.") == []


def test_tabs_stop_every_eight_columns() -> None:
    assert read_text(b"ab\tcd\n") == ["ab      cd"]


def test_a_tab_beyond_the_last_stop_goes_to_the_papers_edge() -> None:
    assert read_text(b"\x1d!\x70\t") == [""]  # letters of eight times the width: there is no stop on this paper
    assert read_text(b"x" * 41 + b"\ty\n") == ["x" * 41, "y"]


def test_a_qr_code_has_its_finder_patterns_in_three_corners() -> None:
    data = b"\x1ba\x01\x1d(k\x03\x001C\x04\x1d(k\x03\x001E1\x1d(k\x0c\x001P0https://x\x1d(k\x03\x001Q0"

    picture = sheet(data)
    box = picture.getbbox()

    assert box is not None
    left, top, right, bottom = box
    side = right - left
    assert side == bottom - top == 21 * 4  # version 1: 21 modules
    assert left == (512 - side) // 2
    for x, y in ((left, top), (right - 28, top), (left, bottom - 28)):
        dark = [picture.getpixel((x + 4 * i + 2, y + 4 * j + 2)) == 255 for j in range(7) for i in range(7)]
        edge_or_heart = [max(abs(i - 3), abs(j - 3)) != 2 for j in range(7) for i in range(7)]
        assert dark == edge_or_heart


def test_a_qr_code_larger_than_any_printer_draws_is_refused() -> None:
    with pytest.raises(UnknownCommandError, match=r"'GS \( k' at offset 0"):
        read_text(b"\x1d(k\x03\x001C\x11")
    with pytest.raises(UnknownCommandError, match=r"'GS \( k' at offset 0"):
        read_text(b"\x1d(k\xd3\x071P0" + b"x" * 2000)


def test_a_barcode_is_as_high_as_it_was_told() -> None:
    assert ink_rows(sheet(b"\x1dh\x50\x1dk\x49\x06{B1234")) == [(0, 79)]


# ISO/IEC 15417, worked by hand: start B (104), A (33), B (34), check (104 + 33 + 2 * 34) % 103 = 102, stop.
CODE_128_AB = "110100100001010001100010001011000111101011101100011101011"


def test_code_128_is_drawn_bar_for_bar() -> None:
    picture = sheet(b"\x1dh\x0a\x1dw\x02\x1dk\x49\x04{BAB")

    row = [picture.getpixel((x, 5)) == 255 for x in range(2 * len(CODE_128_AB))]
    assert row == [module == "1" for module in CODE_128_AB for _ in range(2)]
    assert picture.getbbox() == (0, 0, 2 * len(CODE_128_AB), 10)


@pytest.mark.parametrize(
    ("kind", "digits", "modules"), [(67, b"4006381333931", 95), (68, b"96385074", 67), (65, b"036000291452", 95)]
)
def test_ean_and_upc_have_their_number_of_modules_and_their_guards(kind: int, digits: bytes, modules: int) -> None:
    picture = sheet(b"\x1dh\x0a\x1dw\x03\x1dk" + bytes([kind, len(digits)]) + digits)

    row = [picture.getpixel((3 * x + 1, 5)) == 255 for x in range(modules)]
    assert picture.getbbox() == (0, 0, 3 * modules, 10)
    assert row[:3] == row[-3:] == [True, False, True]


def test_a_barcodes_text_stands_below_its_middle() -> None:
    bars, text = ink_rows(sheet(b"\x1dH\x02\x1dh\x50\x1dk\x49\x06{B1234"))[:2]

    assert bars == (0, 79)
    assert 80 < text[0] < text[1] < 104


@pytest.mark.parametrize("data", [b"\x49\x04{A12", b"\x45\x04*12*", b"\x43\x02xy", b"\x43\x0c400638133393"])
def test_bars_that_cannot_be_drawn_are_a_block_that_says_so(data: bytes) -> None:
    assert ink_rows(sheet(b"\x1dh\x50\x1dk" + data)) == [(0, 79)]


def test_a_brace_in_code_128_is_read_once() -> None:
    assert read_text(b"\x1dk\x49\x06{Ba{{b") == ["[CODE128 a{b]"]


@pytest.mark.parametrize(("align", "left"), [(0, 0), (1, (512 - 120) // 2), (2, 512 - 120)])
def test_a_reversed_line_stands_where_it_is_aligned(align: int, left: int) -> None:
    data = b"\x1ba" + bytes((align,)) + b"\x1dB\x01" + b" " * 10 + b"\n"

    assert sheet(data).getbbox() == (left, 0, left + 120, 24)


def test_double_size_repeats_every_dot() -> None:
    plain = sheet(b"Anna\n").crop((0, 0, 48, 24))
    double = sheet(b"\x1d!\x11Anna\n").crop((0, 0, 96, 48))

    assert plain.resize((96, 48), PIL.Image.Resampling.NEAREST).tobytes() == double.tobytes()


def test_bold_has_more_ink_in_the_same_cell() -> None:
    def black(data: bytes) -> int:
        return sheet(data).histogram()[255]

    assert black(b"\x1bE\x01Anna\n") > black(b"Anna\n") > 0


def test_every_character_keeps_to_its_own_column() -> None:
    for char in b"Wg|_":
        box = sheet(b" " * 5 + bytes((char,)) + b"\n").getbbox()
        assert box is not None
        assert 60 <= box[0] < box[2] <= 72


def test_characters_of_two_heights_stand_on_one_baseline() -> None:
    picture = sheet(b"x\x1d!\x11x\n")

    small, large = picture.crop((0, 0, 12, 48)).getbbox(), picture.crop((12, 0, 36, 48)).getbbox()
    assert small is not None
    assert large is not None
    assert abs(small[3] - large[3]) <= 6


def test_a_line_across_the_paper_has_no_gaps() -> None:
    picture = sheet(b"\x1bt\x13" + b"\xc4" * 42 + b"\n")

    assert all(picture.crop((x, 0, x + 1, 30)).getbbox() for x in range(504))


def _png(data: bytes) -> PIL.Image.Image:
    with PIL.Image.open(io.BytesIO(render_png(data, columns=42))) as picture:
        return PIL.ImageChops.invert(picture.convert("L"))


def test_the_png_has_the_same_margin_above_and_below_however_far_the_paper_was_fed() -> None:
    short, long = _png(b"\x1dB\x01  \n\x1dV\x00"), _png(b"\n\x1dB\x01  \n\x1bd\x06\x1dV\x00")

    assert short.size == long.size == (512, 24 + 24 + 24)
    assert short.getbbox() == long.getbbox() == (0, 24, 24, 48)


def test_two_slips_are_parted_by_a_dashed_line() -> None:
    one, two = _png(b"Anna\n"), _png(b"Anna\n\x1dV\x00Anna\n\x1dV\x00")

    assert two.height == 2 * one.height
    assert two.crop((0, one.height, 512, one.height + 1)).histogram()[255] == 256


def test_bytes_that_print_nothing_give_an_empty_picture() -> None:
    assert _png(b"\x1b@").getbbox() is None


def test_upside_down_printing_is_refused_and_its_reset_accepted() -> None:
    assert read_text(b"\x1b{\x00Anna\n") == ["Anna"]
    with pytest.raises(UnknownCommandError, match=r"'ESC \{' at offset 0"):
        read_text(b"\x1b{\x01")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([b"\x1b", b"\x1d", b"\x1d(k", b"\x1d!", b"\x1b*", b"\n"]), st.binary(max_size=12))
    )
)
def test_any_bytes_are_drawn_or_refused_with_the_readers_own_error(pieces: list[bytes]) -> None:
    try:
        png = render_png(b"".join(pieces), columns=32)
    except UnknownCommandError:
        return
    assert png.startswith(b"\x89PNG")
