"""Every parser of bytes that come from a device, as one function each: it takes the bytes and raises TallyErrors only.

Where a driver holds the parser the whole driver reads, from a wire in place of its port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from agent.devices.categories import DATA_MAX, Category, InputDevice, Read
from agent.devices.chips.apdu import carry_out
from agent.devices.chips.identify import IdentifyBy, identify
from agent.devices.chips.ndef import first_text
from agent.devices.chips.sun.keys import SunKeys
from agent.devices.chips.type4 import NDEF_APPLICATION
from agent.devices.chips.wrappers import Wrapping
from agent.devices.escpos.answers import Answer, AnswerStream, AutomaticStatus
from agent.devices.escpos.commands import Question
from agent.devices.escpos.status import printer_status
from agent.devices.firewall.payment import payment_brand, wipe
from agent.devices.firewall.recognise import recognise
from agent.devices.gs1 import coupons
from agent.devices.gs1.digital_link import read_digital_link
from agent.devices.gs1.elements import read_elements
from agent.devices.gs1.settings import WORLD
from agent.devices.gs1.symbology import read_symbol
from agent.errors import TallyError
from agent.loyalty.cards import CardRange, Check, Source
from agent.slips.reader import read_text
from agent.upkeep.calibration.bursts import Reading
from agent.upkeep.calibration.labels import LABEL, find_label
from agent.upkeep.calibration.swipes import find_swipe
from drivers import hid_msr, hid_pos, keyboard_wedge, serial_msr, serial_scanner, ssi_scanner
from drivers._keys import Layout
from tests.fuzz.wires import NO_PATH, KeyWire, Wire, chosen, pieces

Parser = Callable[[bytes], object]

SUN = SunKeys(bytes(16), bytes(16))
OWN: Final = (
    CardRange(prefix="9826", length=12, check=Check.LUHN),
    CardRange(prefix="04", length=14, source=Source.CHIP),
)
SHORT: Final = 1e-9  # seconds: any silence ends a read
REPORT_SILENCES: Final = 3  # looks at the wire after its end: a reader may have something left to say


def scanner_on_a_serial_line(data: bytes) -> None:
    """serial_scanner: frames, ends, prefix and suffix."""
    prefix, suffix = chosen(data, (("", ""), ("~", ""), ("", "\x03"), ("\x02", "\r\n")))
    settings = serial_scanner.Settings(NO_PATH, prefix=prefix, suffix=suffix, idle_s=SHORT, settle_s=0)
    scanner, wire = serial_scanner.SerialScanner(settings), Wire(pieces(data[1:]))
    scanner._port = wire  # type: ignore[assignment]  # a wire has what a port has
    read_all(scanner, wire)


def stripe_on_a_serial_line(data: bytes) -> None:
    """serial_msr: frames, check characters, double swipes."""
    lrc, one_line = chosen(data, [(lrc, one_line) for lrc in serial_msr.Lrc for one_line in (True, False)])
    settings = serial_msr.Settings(NO_PATH, lrc=lrc, one_line=one_line, idle_s=SHORT, debounce_s=0, settle_s=0)
    reader, wire = serial_msr.SerialMsr(settings), Wire(pieces(data[1:]))
    reader._port = wire  # type: ignore[assignment]
    read_all(reader, wire)


def ssi_packets(data: bytes) -> None:
    """ssi_scanner: packets, checksums, labels of several packets."""
    scanner, wire = ssi_scanner.SsiScanner(ssi_scanner.Settings(NO_PATH, idle_s=SHORT, settle_s=0)), Wire(pieces(data))
    scanner._port = wire  # type: ignore[assignment]
    read_all(scanner, wire)


def key_events(data: bytes) -> None:
    """keyboard_wedge: struct input_event, layouts, swipes and labels."""
    category, layout = chosen(data, [(c, layout) for layout in Layout for c in (Category.MSR, Category.SCANNER)])
    settings = keyboard_wedge.Settings(NO_PATH, category, layout=layout, idle_s=SHORT, debounce_s=0, settle_s=0)
    wedge, wire = keyboard_wedge.KeyboardWedge(settings), KeyWire(pieces(data[1:]))
    wedge._keyboard = wire
    read_all(wedge, wire)


def stripe_reports(data: bytes) -> None:
    """hid_msr: one report per swipe, in both makers' layouts."""
    settings = hid_msr.Settings(NO_PATH, report=chosen(data, list(hid_msr.Report)), debounce_s=0)
    reader, wire = hid_msr.HidMsr(settings), Wire([data[1:]])
    reader._hid = wire  # type: ignore[assignment]
    read_all(reader, wire)


def label_reports(data: bytes) -> None:
    """hid_pos: reports, labels of several reports."""
    scanner, wire = hid_pos.HidPos(hid_pos.Settings(NO_PATH)), Wire(pieces(data))
    scanner._hid = wire  # type: ignore[assignment]
    read_all(scanner, wire)


def read_all(device: InputDevice, wire: Wire | KeyWire) -> None:
    """Read until the wire is done and silent; every read is within the limit."""
    for step in (device.open, device.claim, device.enable):
        step()
    silences = 0
    while silences < REPORT_SILENCES:
        silences += wire.is_done
        try:
            seen = device.read(0)
        except TallyError:
            continue
        assert seen is None or 0 < len(seen.data) <= DATA_MAX
    device.close()


def cards(data: bytes) -> None:
    """The firewall: whose card is it, whatever reader it came from; what it keeps of a payment card."""
    category = chosen(data, (Category.MSR, Category.SCANNER, Category.SMART_CARD_RW))
    recognise(Read("reader", category, data[1:], 0), OWN)
    recognise(Read("reader", Category.SMART_CARD_RW, data[1:], 0, NDEF_APPLICATION), OWN, sun=SUN)


def typed_numbers(data: bytes) -> None:
    """The firewall: what a person types, and texts that are wiped before they are shown."""
    text = data.decode("utf-8", errors="replace")
    recognise(text, OWN)
    assert payment_brand(wipe(text)) is None


def labels(data: bytes) -> None:
    """gs1: symbology identifiers, element strings, Digital Link, numbers, coupons."""
    text = data.decode("latin-1")
    each_in_turn(
        text,
        read_symbol,
        read_elements,
        read_digital_link,
        WORLD.kind_of,
        coupons.read_coupon_code,
        coupons.read_serialised_coupon,
        coupons.read_global_coupon,
        coupons.read_currency_coupon,
    )


def calibration_reads(data: bytes) -> None:
    """What `tally devices calibrate` makes of a read, and of our own label with anything around it."""
    text, at = data[1:].decode("latin-1"), chosen(data, range(256))
    for seen in (text, f"{text[:at]}{LABEL}{text[at:]}"):
        for find in (find_label, find_swipe):
            try:
                find([Reading(seen)], longest_gap_s=0.01)
            except TallyError:
                continue


def each_in_turn(text: str, *parsers: Callable[[str], object]) -> None:
    """Hand `text` to each of them."""
    for parser in parsers:
        try:
            parser(text)
        except TallyError:
            continue


def printer_answers(data: bytes) -> None:
    """escpos: what a printer sends, in any pieces; what it means."""
    stream = AnswerStream()
    for piece in pieces(data):
        for message in stream.feed(piece):
            match message:
                case Answer(byte):
                    printer_status(dict.fromkeys(Question, byte))
                case AutomaticStatus(status):
                    printer_status({}, status)


def printed_bytes(data: bytes) -> None:
    """The slip reader: any bytes as ESC/POS."""
    read_text(data)


def chip_answers(data: bytes) -> None:
    """chips: a chip that answers anything, or stops answering, to whatever it is asked."""
    by, wrapping = chosen(data, [(by, wrapping) for by in IdentifyBy for wrapping in Wrapping])
    answers = pieces(data[1:])
    carry_out(identify(next(answers, b""), by=by, wrapping=wrapping), lambda _command: next(answers, b""))


def ndef_messages(data: bytes) -> None:
    """chips: the records of a tag."""
    first_text(data)


def survives(parser: Parser, data: bytes) -> None:
    """Let `parser` have `data`: it may say no with an error of ours, and with nothing else."""
    try:
        parser(data)
    except TallyError:
        return


def _table(parsers: Iterable[Parser]) -> Mapping[str, Parser]:
    return MappingProxyType({getattr(parser, "__name__", ""): parser for parser in parsers})


PARSERS: Final = _table(
    (
        scanner_on_a_serial_line,
        stripe_on_a_serial_line,
        ssi_packets,
        key_events,
        stripe_reports,
        label_reports,
        cards,
        typed_numbers,
        labels,
        calibration_reads,
        printer_answers,
        printed_bytes,
        chip_answers,
        ndef_messages,
    )
)
