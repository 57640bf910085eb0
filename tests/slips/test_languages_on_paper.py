"""Every kind of slip in every language on three printers, read back by a reader that shares nothing with the encoder.

A line in the printer's own letters is decoded with Epson's numbering of code pages; a line that went out as a picture
is read cell by cell, by comparing its dots with those of every character.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files

import PIL.Image
import pytest
from PIL import ImageDraw, ImageFont

from agent.devices.document import Document, Feed, Image, QRCode, Rule, Text
from agent.devices.escpos.pages import Romanian
from agent.slips.columns import clean, wrap
from agent.slips.facts import Addressee, SlipKind
from agent.slips.layout import lay_out
from agent.slips.preview.samples import KINDS, sample
from agent.slips.reader.elements import Bits, Cell, CutMark, Element, Line, QRSymbol, Raster
from agent.slips.reader.interpreter import interpret
from agent.slips.settings import COLUMNS, Letterhead
from agent.slips.texts import ENGLISH, LANGUAGES, counted, translated
from drivers._link import Transport
from drivers.escpos_printer import EscposPrinter, Settings

PRINTERS: Mapping[str, Settings] = {
    "every page": Settings(Transport.FILE, path="unused", profile="TM-T88V"),
    "cp437 alone": Settings(Transport.FILE, path="unused", code_pages={"CP437": 0}, romanian=Romanian.RASTER),
    "cp852 and cp866": Settings(
        Transport.FILE, path="unused", code_pages={"CP437": 0, "CP852": 18, "CP866": 17}, romanian=Romanian.RASTER
    ),
}
NAMES = {"en": "Maria", "fr": "Zoé", "ro": "Ștefania", "ru": "Мария"}
ALPHABETS = {  # as names and shops use them
    "en": "abcdefghijklmnopqrstuvwxyz",
    "fr": "abcdefghijklmnopqrstuvwxyzàâæçèéêëîïôœùûüÿ",
    "ro": "aăâbcdefghiîjklmnopqrsștțuvwxyz",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}
_CEDILLAS = str.maketrans("șțȘȚ", "şţŞŢ")  # what printers have in place of the letters with a comma


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slip", KINDS)
def test_what_was_sent_reads_back_as_what_was_meant(slip: SlipKind, language: str, printer: str) -> None:
    for columns in COLUMNS:
        document = lay_out(sample(slip), _letterhead(columns), Addressee(NAMES[language], language), copy=1)
        data = EscposPrinter(PRINTERS[printer]).encode(document)
        paper = iter(interpret(data, width_px=576))
        for block in document.blocks:
            read = next(paper)
            match block:
                case Text():
                    assert _reads_as(read, block), (block.text, read)
                case Rule():
                    assert isinstance(read, Line)
                    assert len(read.items) == columns
                case Feed():
                    assert read == Line((), read.align, block.lines * 30) if isinstance(read, Line) else False
                case Image():
                    assert isinstance(read, Raster)
                case QRCode():
                    assert isinstance(read, QRSymbol)
                    assert read.data.decode() == block.data
        assert next(paper, CutMark()) == CutMark()


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_a_language_and_every_sign_in_its_sentences_reads_back(language: str, printer: str) -> None:
    letters = "".join(sorted({*ALPHABETS[language], *ALPHABETS[language].upper(), *_signs(language)}))
    document = Document(42, tuple(map(Text, wrap(letters, 42))))

    paper = interpret(EscposPrinter(PRINTERS[printer]).encode(document), width_px=576)

    for block, read in zip(document.blocks, paper, strict=True):
        assert isinstance(block, Text)
        assert _reads_as(read, block), (block.text, read)


def test_a_slip_in_romanian_is_drawn_where_the_printer_lacks_its_letters() -> None:
    document = lay_out(sample("sale"), _letterhead(42), Addressee("Ștefania", "ro"))

    drawn = [
        block.text
        for block, read in zip(
            document.blocks,
            interpret(EscposPrinter(PRINTERS["cp437 alone"]).encode(document), width_px=576),
            strict=False,
        )
        if isinstance(block, Text) and isinstance(read, Raster)
    ]

    assert "Vă mulțumim, Ștefania" in drawn


def _signs(language: str) -> set[str]:
    """Every character of every sentence, but for spaces."""
    texts: set[str] = set()
    for code, said in ENGLISH.items():
        texts |= {translated(code, said.text, language)} if not said.by else set()
        texts |= {counted(code, said.text, said.many, number, language) for number in (1, 2, 5) if said.by}
        texts |= {translated(f"{code}.value", said.value, language), translated(f"{code}.more", said.more, language)}
    return {char for text in texts for char in clean(text) if not char.isspace()}


def _letterhead(columns: int) -> Letterhead:
    return Letterhead(
        "Café Улей", ("Str. Ștefan cel Mare 1",), "+373 22 000000", "https://club.example/me", columns=columns
    )


def _reads_as(read: Element, meant: Text) -> bool:
    match read:
        case Line(items=items):
            text = "".join(item.char for item in items if isinstance(item, Cell))
            styles = {(item.style.width, item.style.bold, item.style.font) for item in items if isinstance(item, Cell)}
            style = 2 if meant.double else 1, meant.bold, "B" if meant.small else "A"
            return text in {meant.text, meant.text.translate(_CEDILLAS)} and styles <= {style}
        case Raster(bits=bits):
            return _read_picture(bits, meant)
        case _:
            return False


def _read_picture(bits: Bits, meant: Text) -> bool:
    """Whether what each cell looks like is what was meant; some look alike, as the Latin and the Cyrillic a do."""
    width, size = (9, 15) if meant.small else (24, 40) if meant.double else (12, 20)
    picture = PIL.Image.frombytes("1", (bits.width_px, bits.height_px), bits.rows)
    if not 0 <= bits.width_px - width * len(meant.text) < 8:  # whole bytes
        return False
    alike = _alphabet(size, width, bits.height_px, meant.bold)
    cells = [picture.crop((at * width, 0, (at + 1) * width, bits.height_px)).tobytes() for at in range(len(meant.text))]
    return all(char in _nearest(cell, alike) for char, cell in zip(meant.text, cells, strict=True))


_CHARACTERS = (
    [chr(code) for code in range(0x20, 0x7F)]
    + [chr(code) for code in range(0xA1, 0x180)]
    + [chr(code) for code in range(0x400, 0x460)]
    + ["Ș", "ș", "Ț", "ț", "€"]
)


@cache
def _alphabet(size: int, width: int, height: int, bold: bool) -> dict[str, int]:  # noqa: FBT001 - a cache's key
    """Each character's dots in a cell of its own."""
    with as_file(files("barcode").joinpath("fonts", "DejaVuSansMono.ttf")) as path:
        face = ImageFont.truetype(path, size)
    drawn = {}
    for char in _CHARACTERS:
        cell = PIL.Image.new("1", (width, height), 0)
        for shift in range(2 if bold else 1):
            ImageDraw.Draw(cell).text((shift, 0), char, fill=1, font=face)
        drawn[char] = int.from_bytes(cell.tobytes())
    return drawn


def _nearest(cell: bytes, alphabet: Mapping[str, int]) -> set[str]:
    """The characters that differ from the cell in the fewest dots."""
    dots = int.from_bytes(cell)
    far = {char: (dots ^ known).bit_count() for char, known in alphabet.items()}
    least = min(far.values())
    return {char for char, off in far.items() if off == least}
