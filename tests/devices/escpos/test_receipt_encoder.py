"""Another encoder's own expectations beside ours (receipt_encoder.json): where both can say it, the paper is the same.

Compared is what stands on the paper, as our reader obeys both, because there are several ways to command the same. What
cannot be compared stands in NOT_COMPARED with the reason, so that no case is passed over in silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.devices.document import Barcode, Block, Cut, Document, Feed, QRCode, Symbology, Text
from agent.devices.escpos.commands import Pulse
from agent.devices.escpos.encoder import encode
from agent.devices.escpos.model import load_model
from agent.slips.reader.elements import Barcode as BarcodeOnPaper
from agent.slips.reader.elements import CutMark, Element, Line, QRSymbol
from agent.slips.reader.interpreter import interpret

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("receipt_encoder.json").read_text("utf-8"))["vectors"]
ESCPOS = {case["call"]: bytes.fromhex(case["hex"]) for case in CASES if case["language"] == "esc-pos"}

SAME_PAPER: Mapping[str, tuple[Block, ...]] = {
    "text(hello)": (Text("hello"),),
    "text(hello).newline()": (Text("hello"),),
    "text(hello).newline(4)": (Text("hello"), Feed(3)),
    "line(hello)": (Text("hello"),),
    "codepage(cp437).text(héllo) - é -> 130": (Text("héllo"),),
    "bold().text(hello).bold()": (Text("hello", bold=True),),
    "width(2).height(2).text(hello).width(1).height(1)": (Text("hello", double=True),),
}
NOT_COMPARED: Mapping[str, str] = {
    "codepage(epson/katakana).text(héllo) - é -> ?": "we choose another page and print no question mark",
    "italic().text(hello).italic()": "a Document has no italics; few printers have",
    "underline().text(hello).underline()": "underlined is what was folded, not a style",
    "invert().text(hello).invert()": "a Document has no white on black",
    "height(2).text(hello).height(1)": "double is both ways",
    "align(center).line(hello)": "it pads with spaces, we command the printer (ESC a)",
    "align(right).line(hello)": "it pads with spaces, we command the printer (ESC a)",
    "cut(partial)": "a slip is cut off whole",
}


def paper(data: bytes) -> list[Element]:
    return [
        replace(element, advance_px=0) if isinstance(element, Line) else element
        for element in interpret(data, width_px=576)
    ]


def ours(*blocks: Block) -> bytes:
    return encode(Document(48, blocks), load_model("default", code_pages={}, font=None))


@pytest.mark.parametrize(("call", "blocks"), SAME_PAPER.items())
def test_the_same_text_stands_on_the_same_paper(call: str, blocks: tuple[Block, ...]) -> None:
    theirs = interpret(ESCPOS[call], width_px=576)
    mine = interpret(ours(*blocks), width_px=576)

    assert [e for e in paper(ESCPOS[call]) if e.items] == [e for e in paper(ours(*blocks)) if e.items]  # type: ignore[union-attr]  # only lines
    assert sum(e.advance_px for e in theirs if isinstance(e, Line)) == sum(
        e.advance_px for e in mine if isinstance(e, Line)
    )


def test_the_same_qr_code_is_stored_and_printed() -> None:
    call = "qrcode(https://nielsleenheer.com, 1, 8, h)"
    (theirs,) = (e for e in paper(ESCPOS[call]) if isinstance(e, QRSymbol))
    (mine,) = paper(ours(QRCode("https://nielsleenheer.com", module_px=8)))

    assert isinstance(mine, QRSymbol)
    assert mine == replace(theirs, level="M", align=mine.align)  # ours is level M, and in the middle


def test_the_same_barcode_is_printed() -> None:
    (theirs,) = (e for e in paper(ESCPOS["barcode(3130630574613, ean13, 60)"]) if isinstance(e, BarcodeOnPaper))
    (mine,) = paper(ours(Barcode("3130630574613", Symbology.EAN_13, height_px=60)))

    assert isinstance(mine, BarcodeOnPaper)
    assert mine == replace(theirs, text_below=True, align=mine.align)  # ours has its digits, and is in the middle


def test_the_same_pulse_opens_the_drawer() -> None:
    assert ESCPOS["pulse()"].removesuffix(b"\n\r") == Pulse(2, on_ms=100, off_ms=500).queued()


def test_the_same_cut_ends_the_slip() -> None:
    assert ESCPOS["cut()"].removesuffix(b"\n\r") == ours(Cut())[-3:]
    assert CutMark() in paper(ours(Cut()))


def test_the_kanji_mode_is_left_the_same_way() -> None:
    assert ESCPOS["raw([ 0x1c, 0x2e ])"].removesuffix(b"\n\r") in ours()


def test_no_case_is_passed_over() -> None:
    one_by_one = {
        "qrcode(https://nielsleenheer.com, 1, 8, h)",
        "barcode(3130630574613, ean13, 60)",
        "pulse()",
        "cut()",
        "raw([ 0x1c, 0x2e ])",
    }

    assert SAME_PAPER.keys() | NOT_COMPARED.keys() | one_by_one == ESCPOS.keys()
