import io
from collections.abc import Iterator
from itertools import pairwise

import pytest
from PIL import Image

from agent.devices.document import Barcode, QRCode, Text
from agent.upkeep.calibration.labels import LABEL
from agent.upkeep.calibration.sheet import DPI, sheet_document, sheet_file, sheet_text

# ISO/IEC 15417: the widths of bars and spaces of some characters of code set B, by the character.
START_B, STOP = "211214", "2331112"
WIDTHS = {"a": "121124", "Q": "211331", ";": "312212", "z": "214121"}


def bar_widths(page: Image.Image, y: int) -> Iterator[int]:
    """The widths of bars and spaces along a row of the page, in pixels, from the first bar."""
    row = [page.getpixel((x, y)) == 0 for x in range(page.width)]
    row = row[row.index(True) :]
    width = 1
    for before, dark in pairwise(row):
        if dark is not before:
            yield width
            width = 0
        width += 1


def opened(suffix: str) -> Image.Image:
    return Image.open(io.BytesIO(sheet_file(suffix)))


def test_the_picture_is_an_a4_page_with_the_label_in_code_128() -> None:
    with opened(".png") as page:
        assert page.size == (1654, 2339)
        assert [round(dpi) for dpi in page.info["dpi"]] == [DPI, DPI]
        widths = [width // 4 for width in bar_widths(page, 400)]

    characters = ["".join(map(str, widths[at : at + 6])) for at in range(0, len(widths) - 7, 6)]
    assert characters[0] == START_B
    assert characters[1:5] == [WIDTHS[character] for character in LABEL[:4]]
    assert "".join(map(str, widths[-7:])) == STOP


def test_the_pdf_is_one() -> None:
    assert sheet_file(".pdf").startswith(b"%PDF-")


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_the_till_prints_both_codes_and_the_steps_within_its_paper(columns: int) -> None:
    blocks = sheet_document(columns).blocks

    assert [block.data for block in blocks if isinstance(block, (Barcode, QRCode))] == [LABEL, LABEL]
    assert all(len(block.text) <= 32 for block in blocks if isinstance(block, Text))


def test_the_screen_shows_a_code_with_white_around_it() -> None:
    lines = sheet_text(is_painted=False)

    code = [line for line in lines if not line.strip(" █▀▄") and line]
    assert {len(line) for line in code} == {29}
    assert not code[0].strip()
    assert not code[-1].strip()
    assert all(line.startswith("    ") and line.endswith("    ") for line in code)
    assert all(len(line) <= 80 for line in lines)


def test_on_a_terminal_the_code_is_black_on_white_whatever_its_colours() -> None:
    painted = [line for line in sheet_text(is_painted=True) if "█" in line]

    assert painted
    assert all(line.startswith("\x1b[30;107m") and line.endswith("\x1b[0m") for line in painted)
