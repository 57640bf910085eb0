"""A member's name is letters on paper and display, whatever somebody typed into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import DEFAULT_PROFILE, load_model
from agent.slips.facts import Addressee
from agent.slips.layout import lay_out
from agent.slips.reader.commands import parse
from drivers._link import Transport
from drivers.escpos_printer import DEBIAN_FONT
from drivers.line_display import COLUMNS, ROWS, CustomerDisplay, Dialect, Settings
from tests.fuzz.wires import NO_PATH, Wire
from tests.slips.samples import LETTERHEAD, SALE

# Open the drawer, cut, reset, real-time power-off, define a macro, a barcode: what somebody might try.
COMMANDS = [
    "\x1bp\x00\x19\xfa",
    "\x1dVA\x00",
    "\x1b@",
    "\x10\x14\x02\x01\x08",
    "\x1d:",
    "\x1dkI\x04{B12",
    "\x9b",
    "\x7f",
]
NAMES = st.lists(st.sampled_from(COMMANDS) | st.text(max_size=5), min_size=1, max_size=6).map("".join)
# What a name may change on a slip: characters, the page they are on, a picture or an underline for those of no page.
OF_TEXT = frozenset({"TEXT", "LF", "ESC t", "ESC -", "GS v 0", "ESC a", "ESC E", "GS !"})
DISPLAY = {
    Dialect.EPSON: re.compile(
        rb"\x1f\x01\x1fC\x00(?:\x1f\$\x01([\x01\x02])(?:(?:\x1bt.)?[\x20-\x7e\x80-\xff])*){2}", re.DOTALL
    ),
    Dialect.CD5220: re.compile(rb"\x1bQA[\x20-\x7e\x80-\xff]{20}\r\x1bQB[\x20-\x7e\x80-\xff]{20}\r"),
}


REALTIME = re.compile(rb"\x10[\x04\x05\x14]")  # obeyed wherever it stands, even inside a picture
FRAMING = re.compile(rb"\x1f\x01|\x1fC\x00|\x1f\$..|\x1bt.|\x1bQ.|\r", re.DOTALL)


class Link(Wire):
    """A wire to a display; `written` is what it got."""

    def __init__(self) -> None:
        super().__init__([])
        self.written = b""

    @contextmanager
    def channel(self) -> Iterator[Link]:
        yield self

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        del timeout_s
        self.written += data


def slip_for(name: str) -> bytes:
    model = load_model(DEFAULT_PROFILE, code_pages={}, font=DEBIAN_FONT)
    return encode(lay_out(SALE, LETTERHEAD, Addressee(name)), model)


def commands_in(slip: bytes) -> list[str]:
    return [command.name for command in parse(slip) if command.name not in OF_TEXT]


@settings(max_examples=30, deadline=None)
@given(NAMES)
def test_no_name_adds_a_command_to_a_slip(name: str) -> None:
    slip = slip_for(name)

    assert commands_in(slip) == commands_in(slip_for("Ana"))
    assert REALTIME.search(slip) is None


@pytest.mark.parametrize("dialect", Dialect)
@given(name=NAMES)
def test_no_name_adds_a_command_to_a_display(dialect: Dialect, name: str) -> None:
    display, link = CustomerDisplay(Settings(Transport.SERIAL, NO_PATH, dialect=dialect)), Link()
    display._link = link
    for step in (display.open, display.claim, display.enable):
        step()
    link.written = b""
    display.show([name, "Ana"])

    assert DISPLAY[dialect].fullmatch(link.written)
    assert len(FRAMING.sub(b"", link.written)) == ROWS * COLUMNS
