"""Customer displays of two lines of twenty characters: Epson DM-D and the CD5220 family.

Tested with: pseudo-terminals at whose end an interpreter of each language holds the characters shown.
Supported: Epson's ESC/POS for displays (DM-D110, DM-D210 and what follows them), CD5220 (Partner, POS-X XP8200 and most
pole displays); serial lines and what looks like one, network, a USB port of the printer class.
Missing: a display that shares its line with a printer (ESC =), scrolling, brightness; nothing comes back from a
display, so one that was switched off is noticed only if its port goes away.
Source: Epson DM-D110 specification 5.4; Partner CD5220 user's manual 7.2 (standard mode).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from agent.devices.categories import Category, Health, HealthLevel
from agent.devices.escpos.model import check_pages
from agent.devices.escpos.pages import Page, Romanian, Run, choose_pages, folded, printable, split_runs
from agent.devices.lifecycle import Lifecycle
from agent.errors import ConfigError
from drivers._link import LinkSettings, link_of

ROWS, COLUMNS = 2, 20
TEST_LINES = ("Tallystick", "this display works")

_INITIALIZE, _CLEAR = b"\x1b@", b"\x0c"
_OVERWRITE, _NO_CURSOR = b"\x1f\x01", b"\x1fC\x00"  # US MD1, US C 0
_MOVE_TO, _SELECT_PAGE = b"\x1f$", b"\x1bt"  # US $ x y, ESC t n
_LINES = (b"\x1bQA", b"\x1bQB")  # ESC Q A ... CR: the whole upper line; ESC Q B the lower
_SELECT_FONT = b"\x1bf"  # ESC f n
_EPSON_PAGES = MappingProxyType({"CP437": 0, "CP850": 2, "CP1252": 16, "CP866": 17, "CP852": 18, "CP858": 19})


class Dialect(StrEnum):
    """The display's command language; most pole displays choose it by a switch."""

    EPSON = "epson"
    CD5220 = "cd5220"


@dataclass(frozen=True, slots=True)
class Settings(LinkSettings):
    """[[device]] of till.toml with driver = "line_display"."""

    baud: int = 9600
    write_timeout_s: float = 2.0
    dialect: Dialect = Dialect.EPSON
    # In place of the dialect's: the n of ESC t; for CD5220 the n of ESC f (R, 82, is Russian, L, 76, Slavonic).
    code_pages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        LinkSettings.__post_init__(self)
        check_pages(self.code_pages)
        if self.dialect is Dialect.CD5220 and any(number < 0x20 for number in self.code_pages.values()):
            raise ConfigError("a code page of a CD5220 display is named by a character, such as 82 for R")


class CustomerDisplay(Lifecycle):
    """One display."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(Category.LINE_DISPLAY)
        self._settings = settings
        self._link = link_of(settings)
        self._written = _cd5220 if settings.dialect is Dialect.CD5220 else _epson
        pages = settings.code_pages or (_EPSON_PAGES if settings.dialect is Dialect.EPSON else {})
        self._pages = choose_pages(pages, romanian=Romanian.FOLD)

    def on_open(self) -> None:
        """Open the way to the display."""
        self._link.open()

    def on_enable(self) -> None:
        """Bring the display to where it begins when it is switched on; it shows nothing then."""
        with self._link.channel() as channel:
            channel.write(_CLEAR + _INITIALIZE)  # CD5220 takes no other command while it shows strings

    def on_close(self) -> None:
        """Let go of it; what it shows stays."""
        self._link.close()

    def show(self, lines: Sequence[str]) -> None:
        """Replace what is shown: two lines, each cut or filled to its twenty characters.

        It depends on nothing shown before, so that a display that was switched off meanwhile is right again.
        """
        self.require_enabled("show")
        padded = [_fitted(line) for line in (*lines, *[""] * ROWS)[:ROWS]]
        with self._link.channel() as channel:
            channel.write(self._written(padded, self._pages))

    def check_health(self, level: HealthLevel) -> Health:
        """INTERACTIVE shows two lines for a person to look at."""
        self.require_enabled("check health")
        if level is HealthLevel.INTERACTIVE:
            self.show(TEST_LINES)
            return Health(ok=True, text="two lines were sent: look whether the display shows them")
        return Health(ok=self._link.is_open, text=f"{self._settings.transport} is open")


def _fitted(line: str) -> str:
    return printable(line)[:COLUMNS].ljust(COLUMNS)


def _epson(lines: Sequence[str], pages: Sequence[Page]) -> bytes:
    """Each line at its place, the page changing where it must: what is shown already keeps its characters (ESC t)."""
    parts = [_OVERWRITE, _NO_CURSOR]
    current: Page | None = None
    for row, line in enumerate(lines, start=1):
        parts.append(_MOVE_TO + bytes([1, row]))
        for run in _runs(line, pages, current):
            if run.page is not current:
                parts.append(_SELECT_PAGE + bytes([run.page.number]))
                current = run.page
            parts.append(run.data)
    return b"".join(parts)


def _cd5220(lines: Sequence[str], pages: Sequence[Page]) -> bytes:
    """Both lines in string mode, in which no other command may come: so one page for all, or ASCII."""
    text = "".join(lines)
    for page in pages:
        runs = split_runs(text, [page], None)
        if runs:
            data, select = runs[0].data, _CLEAR + _SELECT_FONT + bytes([page.number])
            break
    else:
        data, select = _ascii(text), b""
    halves = data[:COLUMNS], data[COLUMNS:]
    return select + b"".join(lead + half + b"\r" for lead, half in zip(_LINES, halves, strict=True))


def _runs(line: str, pages: Sequence[Page], current: Page | None) -> Iterator[Run]:
    """The line in runs of one page; a line with a character that no page has in ASCII."""
    runs = split_runs(line, pages, current)
    yield from runs if runs is not None else (Run(current or pages[0], _ascii(line)),)


def _ascii(line: str) -> bytes:
    return "".join(piece for piece, _ in folded(line)).encode("ascii")
