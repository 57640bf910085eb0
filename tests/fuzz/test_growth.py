"""Time and memory grow with the bytes, never with their square, and not at all beyond a reader's limit."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from agent.devices.categories import Category, InputDevice
from agent.devices.chips.apdu import carry_out
from agent.devices.chips.identify import IdentifyBy, identify
from agent.devices.chips.wrappers import Wrapping
from agent.devices.escpos.answers import BLOCK_MAX, AnswerStream
from agent.errors import FailureError
from drivers import hid_pos, keyboard_wedge, serial_msr, serial_scanner, ssi_scanner
from tests.drivers.keyboard import events
from tests.drivers.vpcd import ATR_MEMORY, ATR_PROCESSOR
from tests.fuzz.parsers import PARSERS, read_all, survives
from tests.fuzz.wires import NO_PATH, KeyWire, Wire, in_pieces

SMALL, TIMES = 1_024, 4
# Linear is 4; quadratic would be 16.
RATIO_MAX = 9
TRIES = 3
SHORT_STREAM = 40_000  # bytes
SLACK = 4_096
COMMANDS_MAX = 600  # MESSAGE_MAX in the smallest chunks, four bytes of a page each
# What frames, separates or escapes somewhere: the stuff that backtracking is made of.
SHAPES = [
    b"%",
    b";",
    b"?",
    b"4",
    b"4 ",
    b"%E?",
    b";1",
    b";1?",
    b"^",
    b"=",
    b"#1?",
    b"\r",
    b"\x02",
    b"10A\x1d",
    b"]C1",
    b"%20",
]
SHAPES += [
    b"https://a.b/01/09506000134352/10/",
    b"\x1bE\x01",
    b"\x1d(k\x03\x00111",
    b"\x10\x04",
    b"7 ",
    b"\xff",
    b"\x00",
]
SHAPES += [b"\x91\x01\x00U\x00", b"\x01a", b"0109506000134352"]


def seconds(parser: Callable[[bytes], object], data: bytes) -> float:
    """Return the processor time `parser` takes with `data`: the least of several, because others run here too."""
    taken = []
    for _ in range(TRIES):
        begun = time.process_time()
        survives(parser, data)
        taken.append(time.process_time() - begun)
    return min(taken)


@pytest.mark.parametrize("name", PARSERS)
def test_four_times_the_bytes_take_about_four_times_as_long(name: str) -> None:
    for shape in SHAPES:
        for form in (bytes, lambda data: in_pieces([data])):
            small, large = (form((shape * size)[:size]) for size in (SMALL, SMALL * TIMES))
            ratios = (seconds(PARSERS[name], large) / seconds(PARSERS[name], small) for _ in range(TRIES))

            assert any(ratio <= RATIO_MAX for ratio in ratios), shape  # a busy moment passes, a square stays


def endless(piece: bytes, size: int) -> Iterator[bytes]:
    """A reader that never says that a read is over."""
    return repeat(piece, size // len(piece))


def ssi_part(data: bytes) -> bytes:
    packet = bytes([ssi_scanner.HEADER + len(data), ssi_scanner.Opcode.DECODE_DATA, 0, ssi_scanner.CONTINUED]) + data
    return packet + ssi_scanner.checksum(packet)


def serial_label(size: int) -> tuple[InputDevice, Wire]:
    scanner = serial_scanner.SerialScanner(serial_scanner.Settings(NO_PATH, settle_s=0))
    wire = Wire(endless(b"4" * 512, size))
    scanner._port = wire  # type: ignore[assignment]  # a wire has what a port has
    return scanner, wire


def serial_stripe(size: int) -> tuple[InputDevice, Wire]:
    reader = serial_msr.SerialMsr(serial_msr.Settings(NO_PATH, settle_s=0))
    wire = Wire(endless(b";1" * 256, size))
    reader._port = wire  # type: ignore[assignment]
    return reader, wire


def ssi_label(size: int) -> tuple[InputDevice, Wire]:
    scanner = ssi_scanner.SsiScanner(ssi_scanner.Settings(NO_PATH, settle_s=0))
    wire = Wire(endless(ssi_part(b"\x014" * 100), size))
    scanner._port = wire  # type: ignore[assignment]
    return scanner, wire


def hid_label(size: int) -> tuple[InputDevice, Wire]:
    scanner = hid_pos.HidPos(hid_pos.Settings(NO_PATH))
    report = bytes([hid_pos.DATA_ROOM]) + b"]C0" + b"4" * hid_pos.DATA_ROOM + b"\x00\x00" + bytes([hid_pos.CONTINUED])
    wire = Wire(endless(report, size))
    scanner._hid = wire  # type: ignore[assignment]
    return scanner, wire


def typed_swipe(size: int) -> tuple[InputDevice, KeyWire]:
    wedge = keyboard_wedge.KeyboardWedge(keyboard_wedge.Settings(NO_PATH, Category.MSR, settle_s=0))
    wire = KeyWire(endless(b"".join(events([(2, 1), (2, 0)] * 10)), size))
    wedge._keyboard = wire
    return wedge, wire


def peak(bring: Callable[[int], tuple[InputDevice, Wire | KeyWire]], size: int) -> int:
    """Return the most memory that a driver held at once while `size` bytes came, in bytes."""
    device, wire = bring(size)
    tracemalloc.start()
    try:
        read_all(device, wire)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("bring", [serial_label, serial_stripe, ssi_label, hid_label, typed_swipe])
def test_an_endless_stream_takes_no_more_memory_than_a_short_one(
    bring: Callable[[int], tuple[InputDevice, Wire | KeyWire]],
) -> None:
    peak(bring, SHORT_STREAM)  # what is loaded at the first use counts for neither

    assert peak(bring, SHORT_STREAM * 4) <= peak(bring, SHORT_STREAM) + SLACK


def test_what_a_printer_sends_is_not_kept() -> None:
    stream = AnswerStream()
    for _ in range(1000):
        stream.feed(b"7" * 100)

    assert len(stream._rest) <= BLOCK_MAX


@pytest.mark.parametrize("by", IdentifyBy)
@pytest.mark.parametrize("wrapping", Wrapping)
@pytest.mark.parametrize("atr", [ATR_MEMORY, ATR_PROCESSOR], ids=["memory", "processor"])
def test_a_chip_that_always_has_more_to_say_is_left_in_the_end(atr: bytes, wrapping: Wrapping, by: IdentifyBy) -> None:
    asked: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        asked.append(command)
        assert len(asked) <= COMMANDS_MAX
        return b"\x0f" * (command[-1] or 256) + b"\x90\x00"

    with contextlib.suppress(FailureError):
        carry_out(identify(atr, by=by, wrapping=wrapping), transmit)
