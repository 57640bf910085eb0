"""escpos_printer: settings, confirmation, the drawer, and what its transports do with a printer that stops."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from usb.backend import libusb1  # type: ignore[import-untyped]  # ships no types

from agent.devices.categories import DrawerState, Paper, PrinterStatus
from agent.devices.document import Cut, Document, Text
from agent.devices.settings import parse_settings
from agent.errors import ConfigError, DeviceTimeoutError, NoHardwareError, OfflineError
from drivers._link import Transport
from drivers.escpos_printer import EscposPrinter, Settings
from tests.drivers.printer import PrinterModel, TcpPrinter
from tests.drivers.serial_line import SerialLine
from tests.drivers.usb_bus import UsbBus

SLIP = bytes(range(32, 127)) * 20_000  # 1.9 MB: more than any buffer on the way holds


def brought_up(settings: Settings) -> EscposPrinter:
    printer = EscposPrinter(settings)
    printer.open()
    printer.claim()
    printer.enable()
    return printer


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"transport": "network"}, "needs 'host'"),
        ({"transport": "usblp"}, "needs 'path'"),
        ({"transport": "usbip", "path": "/dev/usb/lp0"}, "did you mean 'usblp'"),
        ({"transport": "network", "host": "printer", "port": 0}, "'port' is 0"),
        ({"transport": "file", "path": "x", "write_timeout_s": 0}, "more than 0 seconds"),
        ({"transport": "file", "path": "x", "code_pages": {"CP866": 256}}, "'code_pages.CP866' is 256"),
        ({"transport": "file", "path": "x", "code_pages": {"CP8666": 17}}, "did you mean 'CP866'"),
        ({"transport": "file", "path": "x", "completion_timeout_s": 0}, "more than 0 seconds"),
        ({"transport": "file", "path": "x", "romanian": "folded"}, "did you mean 'fold'"),
        ({"transport": "file", "path": "x", "drawer_pin": 3}, "'drawer_pin' is 3 but must be 2 or 5"),
        ({"transport": "file", "path": "x", "drawer_on_ms": 1}, "'drawer_on_ms' is 1 but must be 2 to 510"),
        ({"transport": "file", "path": "x", "drawer_off_ms": 600}, "'drawer_off_ms' is 600 but must be 2 to 510"),
        ({"transport": "file", "path": "x", "drawer_on_ms": 100, "drawer_off_ms": 100}, "flow 50% of the time"),
    ],
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_settings(Settings, table, where="device 'printer'")


def test_a_profile_that_does_not_exist_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(ConfigError, match="unknown printer profile 'TM-T99'"):
        EscposPrinter(Settings(Transport.FILE, path="slips", profile="TM-T99"))


def test_a_profile_changes_the_bytes(tmp_path: Path) -> None:
    slip = Document(32, (Text("Café Привет"),))
    path = str(tmp_path / "slips")
    own_numbers = EscposPrinter(Settings(Transport.FILE, path=path, code_pages={"CP437": 0, "CP866": 7}))

    assert EscposPrinter(Settings(Transport.FILE, path=path)).encode(slip) != own_numbers.encode(slip)


@pytest.mark.parametrize("transport", [Transport.USBLP, Transport.SERIAL])
def test_a_printer_that_takes_no_more_does_not_hold_us(transport: Transport, tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        printer = brought_up(Settings(transport, path=line.path, write_timeout_s=0.1))
        begun = time.monotonic()
        with pytest.raises(OfflineError):
            printer.send(SLIP)
        took_s = time.monotonic() - begun
        printer.close()

    assert took_s < 1


def test_a_printer_that_takes_not_even_a_question_says_nothing_and_holds_nobody(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        printer = brought_up(Settings(Transport.USBLP, path=line.path, write_timeout_s=0.1, answer_timeout_s=0.1))
        with pytest.raises(OfflineError):
            printer.send(SLIP)  # what lies on the way is full from here on
        status = printer.status()
        printer.close()

    assert status == PrinterStatus()


def test_a_network_printer_that_takes_no_more_does_not_hold_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        printer = brought_up(
            Settings(Transport.NETWORK, host="127.0.0.1", port=listener.getsockname()[1], write_timeout_s=0.1)
        )
        begun = time.monotonic()
        with pytest.raises(OfflineError):
            printer.send(SLIP * 5)

        assert time.monotonic() - begun < 1


def test_a_network_printer_that_breaks_off_is_offline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        printer = brought_up(Settings(Transport.NETWORK, host="127.0.0.1", port=listener.getsockname()[1]))
        listener.accept()[0].close()  # the look whether it is there
        waiting = socket.create_connection(listener.getsockname())
        waiting.close()
        listener.accept()[0].close()
    with pytest.raises(OfflineError, match="Connection refused"):
        printer.send(b"slip")


@pytest.mark.parametrize("transport", [Transport.USBLP, Transport.SERIAL])
def test_a_printer_that_is_not_there_is_named(transport: Transport, tmp_path: Path) -> None:
    printer = EscposPrinter(Settings(transport, path=str(tmp_path / "lp0")))

    with pytest.raises(NoHardwareError, match="lp0 is not there"):
        printer.open()


def network(printer: TcpPrinter, **options: Any) -> EscposPrinter:
    settings = {"host": "127.0.0.1", "port": printer.port, "answer_timeout_s": 0.1, **options}
    return brought_up(parse_settings(Settings, {"transport": "network", **settings}, where="device 'printer'"))


def test_a_printer_that_confirms_is_believed() -> None:
    with TcpPrinter(PrinterModel()) as peer:
        printer = network(peer, completion=True)

        assert printer.send(b"slip\n")

    assert bytes(peer.model.printed) == b"slip\n"


def test_every_slip_is_confirmed_under_an_id_of_its_own() -> None:
    with TcpPrinter(PrinterModel()) as peer:
        printer = network(peer, completion=True)
        for _ in range(3):
            printer.send(b"slip\n")

    ids = [write[-4:] for write in peer.model.writes]
    assert len(set(ids)) == 3
    assert all(b"0000" <= process_id <= b"9999" for process_id in ids)


def test_another_slips_confirmation_does_not_count() -> None:
    class Confused(PrinterModel):
        def _answer(self, found: re.Match[bytes]) -> bytes:
            return b'7"????\0' if found["process"] else super()._answer(found)

    with TcpPrinter(Confused()) as peer, pytest.raises(DeviceTimeoutError, match="did not say in 0"):
        network(peer, completion=True, completion_timeout_s=0.1).send(b"slip\n")


def test_without_being_asked_for_nothing_is_confirmed() -> None:
    with TcpPrinter(PrinterModel()) as peer:
        assert not network(peer).send(b"slip\n")

    assert peer.model.writes == [b"slip\n"]


def test_a_printer_that_stops_in_mid_slip_does_not_make_us_wait_for_its_confirmation() -> None:
    model = PrinterModel()
    model.be_out_of_paper()
    with TcpPrinter(model) as peer:
        printer = network(peer, completion=True, completion_timeout_s=60, automatic_status=True)
        begun = time.monotonic()
        is_printed = printer.send(b"slip\n")

    assert not is_printed
    assert time.monotonic() - begun < 5


@pytest.mark.slow
def test_a_printer_that_reports_nothing_by_itself_is_asked_while_we_wait() -> None:
    model = PrinterModel()
    model.be_out_of_paper()
    with TcpPrinter(model) as peer:
        begun = time.monotonic()
        is_printed = network(peer, completion=True, completion_timeout_s=60).send(b"slip\n")

    assert not is_printed
    assert time.monotonic() - begun < 5


def test_a_printer_that_only_reports_changes_is_understood() -> None:
    model = PrinterModel()
    model.answers.clear()  # no DLE EOT
    with TcpPrinter(model) as peer:
        printer = network(peer, automatic_status=True)
        well = printer.status()
        model.open_cover()
        model.answers.clear()
        uncovered = printer.status()

    assert well.ok
    assert uncovered.trouble == "cover open, offline"


def test_a_usb_port_that_knows_of_the_paper_speaks_for_a_silent_printer(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = UsbBus(PrinterModel())
    bus.model.silent = bus.paper_empty = True
    monkeypatch.setattr(libusb1, "get_backend", lambda: bus)
    printer = brought_up(Settings(Transport.USB, answer_timeout_s=0.05))
    status = printer.status()
    printer.close()

    assert status == PrinterStatus(paper=Paper.OUT)


def test_the_drawers_pulse_is_a_write_of_its_own_on_the_pin_that_was_set() -> None:
    with TcpPrinter(PrinterModel()) as peer:
        printer = network(peer, drawer_pin=5, drawer_on_ms=100, drawer_off_ms=400)
        printer.send(printer.encode(Document(42, (Text("slip"), Cut()))))
        printer.open_drawer()

    assert peer.model.writes[1:] == [b"\x1bp\x01\x32\xc8"]
    assert b"\x1bp" not in peer.model.writes[0]


def test_the_drawer_can_be_opened_past_what_waits_to_be_printed() -> None:
    with TcpPrinter(PrinterModel()) as peer:
        network(peer, drawer_at_once=True).open_drawer()

    assert peer.model.writes == [b"\x10\x14\x01\x00\x01"]


def test_the_solenoid_gets_its_pause() -> None:
    with TcpPrinter(PrinterModel()) as peer:
        printer = network(peer, drawer_on_ms=10, drawer_off_ms=60)
        printer.open_drawer()
        begun = time.monotonic()
        printer.open_drawer()
        took_s = time.monotonic() - begun

    assert took_s >= 0.05
    assert len(peer.model.writes) == 2


@pytest.mark.parametrize(("switch", "silent"), [("none", False), ("high", True)])
def test_a_drawer_that_cannot_be_asked_is_unknown(switch: str, *, silent: bool) -> None:
    model = PrinterModel()
    model.silent = silent
    with TcpPrinter(model) as peer:
        assert network(peer, drawer_switch=switch).drawer_state() is DrawerState.UNKNOWN
