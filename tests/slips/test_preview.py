import io
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from agent.slips.facts import Addressee
from agent.slips.layout import lay_out
from agent.slips.preview import preview_png
from agent.slips.reader import paper_width_px, read_text
from agent.slips.settings import COLUMNS, SlipSettings
from drivers._link import Transport
from drivers.escpos_printer import EscposPrinter, Settings
from tests.slips.samples import LETTERHEAD, SALE, PlainEncoder

DEMO_LOGO = Path(__file__).parents[2] / "config" / "demo" / "logo.png"


@pytest.mark.parametrize("columns", COLUMNS)
def test_the_preview_is_as_wide_as_the_paper(columns: int) -> None:
    png = preview_png(SALE, replace(LETTERHEAD, columns=columns), Addressee("Anna"), PlainEncoder())

    with PIL.Image.open(io.BytesIO(png)) as picture:
        assert picture.width == paper_width_px(columns)


def test_the_same_facts_always_give_the_same_picture() -> None:
    assert preview_png(SALE, LETTERHEAD, Addressee("Anna"), PlainEncoder()) == preview_png(
        SALE, LETTERHEAD, Addressee("Anna"), PlainEncoder()
    )


def test_the_preview_shows_the_name_it_is_given() -> None:
    assert preview_png(SALE, LETTERHEAD, Addressee("Anna"), PlainEncoder()) != preview_png(
        SALE, LETTERHEAD, Addressee(), PlainEncoder()
    )


@pytest.mark.parametrize("profile", ["default", "TM-T88V", "TM-T20II"])
def test_what_the_printers_bytes_say_reads_back_word_for_word(profile: str) -> None:
    printer = EscposPrinter(Settings(Transport.FILE, path="unused", profile=profile))
    letterhead = replace(LETTERHEAD, shop="Café Împărat", address=("Улица Пушкина 5", "Orașul Nou, € 5"))

    lines = read_text(printer.encode(lay_out(SALE, letterhead, Addressee("Zoë"))))

    assert lines[:3] == ["Café Împărat", "Улица Пушкина 5", "Oraşul Nou, € 5"]  # pages have the cedilla, not the comma
    assert "Thank you, Zoë" in lines
    assert f"{'Total':<36}£42.18" in lines
    assert f"{'9 Dec 2011 12:50':<34}Proof 7f3a9c2e11d04b55" in lines
    assert lines[-1] == "[cut]"


@pytest.mark.parametrize("columns", COLUMNS)
def test_the_preview_of_the_escpos_driver_has_logo_text_card_and_code(columns: int) -> None:
    printer = EscposPrinter(Settings(Transport.FILE, path="unused"))
    letterhead = SlipSettings("The Corner Shop", web="https://x.example", logo=DEMO_LOGO, columns=columns).letterhead()

    lines = read_text(printer.encode(lay_out(SALE, letterhead, Addressee("Anna"))))
    png = preview_png(SALE, letterhead, Addressee("Anna"), printer)

    assert lines[0] == "[picture 384 x 120]"
    assert "[QR https://x.example]" in lines
    with PIL.Image.open(io.BytesIO(png)) as picture:
        share = picture.convert("L").histogram()[0] / (picture.width * picture.height)
    assert 0.05 < share < 0.3
