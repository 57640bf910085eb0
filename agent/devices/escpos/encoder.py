"""A Document as ESC/POS bytes.

python-escpos writes the commands, from a fresh Dummy per slip: its state does not follow a reset of the printer. Text
does not go through it, because it prints `?` for what its page lacks without saying so; the pages here are our own.
Every slip begins with ESC @, FS . (leave the Kanji mode in which many printers for the Chinese market start) and ESC t.
"""

from __future__ import annotations

from typing import Final

from agent.devices.document import Align, Block, Cut, Document, Feed, Image, QRCode, Rule, Text
from agent.devices.escpos.fold import folded, printable
from agent.devices.escpos.model import Model
from agent.devices.escpos.pages import Page, split_runs
from agent.devices.escpos.raster import draw_line, qr_image

STRIP_ROWS: Final = 256  # rows of one GS v 0: small printers have small buffers
FEED_MAX: Final = 255  # lines of one ESC d
QR_MODULE_MAX: Final = 16  # dots, GS ( k function 167

_LEAVE_KANJI: Final = b"\x1c\x2e"
_SELECT_PAGE: Final = b"\x1bt"
_RASTER: Final = b"\x1dv0\x00"


def encode(document: Document, model: Model) -> bytes:
    """Return the bytes that print `document` on `model`; safe from any thread."""
    pen = _Pen(model, document.columns)
    for block in document.blocks:
        pen.print(block)
    return pen.output


class _Pen:
    """Writes one slip and knows what the printer is set to."""

    def __init__(self, model: Model, columns: int) -> None:
        from escpos.printer import Dummy

        self._model = model
        self._columns = columns
        self._page: Page | None = None
        self._align = Align.LEFT
        self._bold = False
        self._double = False
        self._escpos = Dummy(profile=model.profile)
        self._escpos.hw("INIT")
        self._put(_LEAVE_KANJI)

    @property
    def output(self) -> bytes:
        return bytes(self._escpos.output)

    def print(self, block: Block) -> None:
        match block:
            case Text():
                self._text(block)
            case Rule():
                self._rule(block)
            case Feed():
                self._escpos.print_and_feed(min(block.lines, FEED_MAX))
            case Image():
                self._image(block)
            case QRCode():
                self._qr(block)
            case Cut():
                self._escpos.cut()

    def _text(self, block: Text) -> None:
        line = Text(printable(block.text), block.align, block.bold, block.double)
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
        self._style(align=line.align, bold=line.bold, double=line.double)
        for run in runs:
            self._select(run.page)
            self._put(run.data)
        self._put(b"\n")
        return True

    def _write_folded(self, line: Text) -> None:
        """Print `line` in ASCII; letters that are not what was meant are underlined (ESC -)."""
        self._style(align=line.align, bold=line.bold, double=line.double)
        for piece, changed in folded(line.text):
            if changed:
                self._escpos.set(underline=1)
            self._put(piece.encode("ascii"))
            if changed:
                self._escpos.set(underline=0)
        self._put(b"\n")

    def _rule(self, block: Rule) -> None:
        if not self._write(Text(("═" if block.double else "─") * self._columns)):
            self._write(Text(("=" if block.double else "-") * self._columns))

    def _image(self, image: Image) -> None:
        if not self._model.has_raster:
            return  # an impact printer: the slip says the same without its pictures
        self._style(align=image.align, bold=False, double=False)
        width = -(-image.width_px // 8)
        for top in range(0, image.height_px, STRIP_ROWS):
            rows = min(STRIP_ROWS, image.height_px - top)
            size = width.to_bytes(2, "little") + rows.to_bytes(2, "little")
            self._put(_RASTER + size + image.rows[top * width : (top + rows) * width])

    def _qr(self, block: QRCode) -> None:
        module_px = min(max(block.module_px, 1), QR_MODULE_MAX)
        if self._model.has_qr:
            from escpos.constants import QR_ECLEVEL_M

            self._style(align=block.align, bold=False, double=False)
            self._escpos.qr(block.data, ec=QR_ECLEVEL_M, size=module_px, native=True)
        elif self._model.has_raster:
            self._image(qr_image(block.data, module_px=module_px, align=block.align))
        else:
            self._text(Text(block.data))

    def _style(self, *, align: Align, bold: bool, double: bool) -> None:
        if align is not self._align:
            self._escpos.set(align=align.value)
        if bold is not self._bold:
            self._escpos.set(bold=bold)
        if double is not self._double:
            size = 2 if double else 1
            self._escpos.set(custom_size=True, width=size, height=size)
        self._align, self._bold, self._double = align, bold, double

    def _select(self, page: Page) -> None:
        if page is not self._page:
            self._put(_SELECT_PAGE + bytes([page.number]))
            self._page = page

    def _put(self, data: bytes) -> None:
        self._escpos._raw(data)  # noqa: SLF001  # the library has no public way to pass bytes on as they are
