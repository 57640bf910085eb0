"""A Document as a printer's bytes, in ESC/POS or another language.

Text is ours to the byte: every page is chosen and named by us, because a printer's own state does not outlive a reset.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

from agent.devices.document import Align, Barcode, Block, Cut, Document, Feed, Image, QRCode, Rule, Text
from agent.devices.escpos.language import ESC_POS, Language
from agent.devices.escpos.model import Model
from agent.devices.escpos.pages import Page, folded, printable, split_runs
from agent.devices.escpos.raster import CELL_WIDTH_PX, draw_line
from agent.devices.escpos.symbols import barcode_image, fitting_module_px, qr_image

TO_TEAR_OFF_LINES = 6  # of a printer without a cutter


def encode(document: Document, model: Model, language: Language = ESC_POS) -> bytes:
    """Return the bytes that print `document` on `model`; safe from any thread."""
    pen = _Pen(model, language, document.columns)
    for block in document.blocks:
        pen.print(block)
    return pen.output


class _Pen:
    """Writes one slip and knows what the printer is set to."""

    def __init__(self, model: Model, language: Language, columns: int) -> None:
        self._model = model
        self._say = language
        self._columns = columns
        self._page: Page | None = None
        self._align = Align.LEFT
        self._bold = False
        self._double = False
        self._small = False
        self._written = bytearray(language.begin())

    @property
    def output(self) -> bytes:
        return bytes(self._written)

    def print(self, block: Block) -> None:
        match block:
            case Text():
                self._text(block)
            case Rule():
                self._rule(block)
            case Feed():
                self._put(self._say.feed(block.lines))
            case Image():
                self._image(block)
            case QRCode():
                self._qr(block)
            case Barcode():
                self._barcode(block)
            case Cut():
                self._cut()

    def _text(self, block: Text) -> None:
        if block.small and not self._model.has_small:
            for words in textwrap.wrap(" ".join(block.text.split()), self._columns):
                self._text(replace(block, text=words, small=False))
            return
        line = replace(block, text=printable(block.text))
        if self._write(line):
            return
        drawn = draw_line(line, self._model.font) if self._model.font and self._model.has_raster else None
        if drawn is not None:
            self._image(drawn)
        else:
            self._write_folded(line)

    def _write(self, line: Text) -> bool:
        """Print `line` in the printer's own letters; False, and nothing printed, if it lacks one."""
        runs = split_runs(line.text, self._model.pages, self._page)
        if runs is None:
            return False
        self._style(align=line.align, bold=line.bold, double=line.double, small=line.small)
        for run in runs:
            self._select(run.page)
            self._put(run.data)
        self._put(b"\n")
        return True

    def _write_folded(self, line: Text) -> None:
        """Print `line` in ASCII; letters that are not what was meant are underlined."""
        self._style(align=line.align, bold=line.bold, double=line.double, small=line.small)
        for piece, changed in folded(line.text):
            data = piece.encode("ascii")
            if changed:
                data = self._say.underline(on=True) + data + self._say.underline(on=False)
            self._put(data)
        self._put(b"\n")

    def _rule(self, block: Rule) -> None:
        if not self._write(Text(("═" if block.double else "─") * self._columns)):
            self._write(Text(("=" if block.double else "-") * self._columns))

    def _image(self, image: Image) -> None:
        if not self._model.has_raster:
            return  # an impact printer: the slip says the same without its pictures
        self._style(align=image.align, bold=False, double=False)
        self._put(self._say.image(image))

    def _qr(self, block: QRCode) -> None:
        if self._model.has_qr:
            self._style(align=block.align, bold=False, double=False)
            self._put(self._say.qr(block.data.encode(), module_px=block.module_px))
        elif self._model.has_raster:
            self._image(qr_image(block.data, module_px=max(block.module_px, 1), align=block.align))
        else:
            self._text(Text(block.data))

    def _barcode(self, block: Barcode) -> None:
        module_px = fitting_module_px(block, width_px=self._columns * CELL_WIDTH_PX)
        if module_px and self._model.has_barcode:
            self._style(align=block.align, bold=False, double=False)
            self._put(self._say.barcode(block, module_px=module_px))
            return
        if module_px and self._model.has_raster:
            self._image(barcode_image(block, module_px=module_px))
        self._text(Text(block.data, block.align))

    def _cut(self) -> None:
        if self._model.cuts_whole or self._model.cuts_part:
            self._put(self._say.cut(whole=self._model.cuts_whole))
        else:
            self._put(self._say.feed(TO_TEAR_OFF_LINES))

    def _style(self, *, align: Align, bold: bool, double: bool, small: bool = False) -> None:
        if align is not self._align:
            self._put(self._say.align(align))
        if bold is not self._bold:
            self._put(self._say.bold(on=bold))
        if double is not self._double:
            self._put(self._say.double(on=double))
        if small is not self._small:
            self._put(self._say.small(on=small))
        self._align, self._bold, self._double, self._small = align, bold, double, small

    def _select(self, page: Page) -> None:
        if page is not self._page:
            self._put(self._say.page(page.number))
            self._page = page

    def _put(self, data: bytes) -> None:
        self._written += data
