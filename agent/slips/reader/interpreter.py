"""A printer in software: obeys commands and says what stands on the paper. Standard mode, Epson's defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from agent.devices.document import Align
from agent.slips.reader.codepages import EPSON
from agent.slips.reader.commands import Command, UnknownCommandError, parse
from agent.slips.reader.elements import Barcode, Bits, Cell, CutMark, Element, Line, QRSymbol, Raster, Style

_SPACING_PX: Final = 30
_TAB_COLUMNS: Final = 8
_ALIGN: Final = {0: Align.LEFT, 1: Align.CENTER, 2: Align.RIGHT}
_SYMBOLOGIES: Final = ("UPC-A", "UPC-E", "EAN-13", "EAN-8", "CODE39", "ITF", "CODABAR", "CODE93", "CODE128")
_QR_LEVELS: Final = "LMQH"
_QR_MODULE_MAX_PX: Final = 16
_QR_DATA_MAX: Final = 1273  # bytes in version 40 at level H, so that whatever is stored can be drawn
_BARCODE_MODULE_MAX_PX: Final = 6
# Commands that leave no mark: drawer, status, real-time requests, smoothing, end of Kanji mode.
_UNSEEN: Final = {
    "CR", "ESC p", "GS ( H", "GS I", "GS a", "GS b", "GS f", "GS r",
    "DLE \x04", "DLE \x05", "DLE \x14", "FS .",
}  # fmt: skip


def interpret(data: bytes, *, width_px: int) -> list[Element]:
    """What `data` leaves on paper that is `width_px` dots wide; UnknownCommandError for what it cannot obey."""
    printer = _Printer(width_px)
    for command in parse(data):
        printer.obey(command)
    printer.end_line(0)
    return printer.paper


@dataclass(slots=True)
class _Settings:
    """What ESC @ resets."""

    style: Style = field(default_factory=Style)
    align: Align = Align.LEFT
    spacing_px: int = _SPACING_PX
    codec: str = EPSON[0]
    barcode_height_px: int = 162
    barcode_module_px: int = 3
    barcode_text_below: bool = False
    qr_module_px: int = 3
    qr_level: str = "L"
    qr_data: bytes = b""


class _Printer:
    def __init__(self, width_px: int) -> None:
        self.paper: list[Element] = []
        self._width_px = width_px
        self._now = _Settings()
        self._items: list[Cell | Bits] = []
        self._used_px = 0

    def obey(self, command: Command) -> None:
        if command.name in _UNSEEN:
            return
        try:
            _OBEY[command.name](self, command.args)
        except LookupError as error:
            raise UnknownCommandError(
                f"the command {command.name!r} at offset {command.offset} has parameters that cannot be drawn: "
                f"{command.args[:8].hex(' ')}"
            ) from error

    def end_line(self, advance_px: int) -> None:
        """Print what is buffered and move the paper; nothing happens for an empty buffer and no feed."""
        if self._items or advance_px:
            self.paper.append(Line(tuple(self._items), self._now.align, advance_px))
        self._items, self._used_px = [], 0

    def reset(self, _: bytes) -> None:
        self._items, self._used_px = [], 0
        self._now = _Settings()

    def text(self, args: bytes) -> None:
        for char in args.decode(self._now.codec, errors="replace"):
            self._put(Cell(char, self._now.style))

    def tab(self, _: bytes) -> None:
        """Go to the next stop, at most to the paper's edge: counted first, for a line that wraps meets no stop."""
        blank = Cell(" ", self._now.style)
        width_px = blank.size_px[0]
        stop_px = (self._used_px // (_TAB_COLUMNS * width_px) + 1) * _TAB_COLUMNS * width_px
        for _column in range((min(stop_px, self._width_px) - self._used_px) // width_px):
            self._put(blank)

    def line_feed(self, _: bytes) -> None:
        self.end_line(self._now.spacing_px)

    def feed_lines(self, args: bytes) -> None:
        self.end_line(args[0] * self._now.spacing_px)

    def feed_dots(self, args: bytes) -> None:
        self.end_line(args[0])

    def spacing(self, args: bytes) -> None:
        self._now.spacing_px = args[0] if args else _SPACING_PX

    def codepage(self, args: bytes) -> None:
        self._now.codec = EPSON[args[0]]

    def align(self, args: bytes) -> None:
        self._now.align = _ALIGN[_digit(args[0])]

    def mode(self, args: bytes) -> None:
        """ESC !: font, bold, double height and width, underline in one byte."""
        bits = args[0]
        self._restyle(
            Style(
                font="B" if bits & 0x01 else "A",
                bold=bool(bits & 0x08),
                height=2 if bits & 0x10 else 1,
                width=2 if bits & 0x20 else 1,
                underline=1 if bits & 0x80 else 0,
                reverse=self._now.style.reverse,
            )
        )

    def size(self, args: bytes) -> None:
        self._restyle(replace(self._now.style, width=(args[0] >> 4 & 7) + 1, height=(args[0] & 7) + 1))

    def font(self, args: bytes) -> None:
        self._restyle(replace(self._now.style, font="AB"[_digit(args[0])]))

    def bold(self, args: bytes) -> None:
        self._restyle(replace(self._now.style, bold=bool(args[0] & 1)))

    def underline(self, args: bytes) -> None:
        self._restyle(replace(self._now.style, underline=(0, 1, 2)[_digit(args[0])]))

    def reverse(self, args: bytes) -> None:
        self._restyle(replace(self._now.style, reverse=bool(args[0] & 1)))

    def upside_down(self, args: bytes) -> None:
        if args[0] & 1:
            raise LookupError("upside-down printing")

    def columns(self, args: bytes) -> None:
        """ESC *: a picture in columns of 8 or 24 dots, in the line like a character."""
        mode, count = args[0], args[1] | args[2] << 8
        stack = {0: 1, 1: 1, 32: 3, 33: 3}[mode]
        columns = [args[3 + at * stack : 3 + (at + 1) * stack] for at in range(count)]
        self._put(_turned(columns, stack, double_width=mode in {0, 32}))

    def raster(self, args: bytes) -> None:
        mode, width, height = _digit(args[0]), args[1] | args[2] << 8, args[3] | args[4] << 8
        scale = ((1, 1), (2, 1), (1, 2), (2, 2))[mode]
        self._place(Raster(Bits(width * 8, height, args[5:], scale), self._now.align))

    def qr(self, args: bytes) -> None:
        """GS ( k with symbol class 49 (QR): module size 67, error correction 69, store 80, print 81."""
        symbol_class, function, rest = args[2], args[3], args[4:]
        if symbol_class != 49 or function not in {65, 67, 69, 80, 81}:
            raise LookupError(function)
        if function == 67:
            self._now.qr_module_px = range(_QR_MODULE_MAX_PX + 1)[rest[0]]
        elif function == 69:
            self._now.qr_level = _QR_LEVELS[_digit(rest[0])]
        elif function == 80:
            self._now.qr_data = rest[1:]
            if len(self._now.qr_data) > _QR_DATA_MAX:
                raise LookupError(function)
        elif function == 81:
            self._place(QRSymbol(self._now.qr_data, self._now.qr_module_px, self._now.qr_level, self._now.align))

    def barcode_height(self, args: bytes) -> None:
        self._now.barcode_height_px = args[0]

    def barcode_width(self, args: bytes) -> None:
        self._now.barcode_module_px = range(_BARCODE_MODULE_MAX_PX + 1)[args[0]]

    def barcode_text(self, args: bytes) -> None:
        """GS H: 0 nowhere, 1 above, 2 below, 3 both; above is drawn as nowhere."""
        self._now.barcode_text_below = (False, False, True, True)[_digit(args[0])]

    def barcode(self, args: bytes) -> None:
        counted = args[0] >= 65
        symbology = _SYMBOLOGIES[args[0] - 65 if counted else args[0]]
        data = args[2:] if counted else args[1:-1]
        now = self._now
        self._place(
            Barcode(symbology, data, now.barcode_module_px, now.barcode_height_px, now.barcode_text_below, now.align)
        )

    def cut(self, args: bytes) -> None:
        self.end_line(args[1] if len(args) > 1 else 0)
        self.paper.append(CutMark())

    def _restyle(self, style: Style) -> None:
        self._now.style = style

    def _put(self, item: Cell | Bits) -> None:
        """Add to the line; what does not fit any more begins the next line, as printers do."""
        if self._items and self._used_px + item.size_px[0] > self._width_px:
            self.end_line(self._now.spacing_px)
        self._items.append(item)
        self._used_px += item.size_px[0]

    def _place(self, element: Raster | QRSymbol | Barcode) -> None:
        self.end_line(0)
        self.paper.append(element)


def _digit(value: int) -> int:
    """A parameter that may be a number or its ASCII digit (the reference allows n = 0 or 48)."""
    return value - 48 if value >= 48 else value


def _turned(columns: list[bytes], stack: int, *, double_width: bool) -> Bits:
    """Column bytes (top bit first) as rows."""
    rows = bytearray()
    for y in range(stack * 8):
        bits = "".join(str(column[y // 8] >> (7 - y % 8) & 1) for column in columns)
        padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
        rows += int(padded or "0", 2).to_bytes(len(padded) // 8, "big")
    return Bits(len(columns), stack * 8, bytes(rows), (2, 1) if double_width else (1, 1))


_OBEY: Final[dict[str, Callable[[_Printer, bytes], None]]] = {
    "TEXT": _Printer.text,
    "HT": _Printer.tab,
    "LF": _Printer.line_feed,
    "ESC @": _Printer.reset,
    "ESC !": _Printer.mode,
    "ESC *": _Printer.columns,
    "ESC -": _Printer.underline,
    "ESC 2": _Printer.spacing,
    "ESC 3": _Printer.spacing,
    "ESC E": _Printer.bold,
    "ESC G": _Printer.bold,
    "ESC J": _Printer.feed_dots,
    "ESC M": _Printer.font,
    "ESC a": _Printer.align,
    "ESC d": _Printer.feed_lines,
    "ESC t": _Printer.codepage,
    "ESC {": _Printer.upside_down,
    "GS !": _Printer.size,
    "GS B": _Printer.reverse,
    "GS V": _Printer.cut,
    "GS ( k": _Printer.qr,
    "GS H": _Printer.barcode_text,
    "GS h": _Printer.barcode_height,
    "GS w": _Printer.barcode_width,
    "GS k": _Printer.barcode,
    "GS v 0": _Printer.raster,
}
