"""escpos_printer: settings, and what its transports do with a printer that stops taking bytes."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from agent.devices.document import Document, Text
from agent.devices.settings import parse_settings
from agent.errors import ConfigError, DeviceTimeoutError, NoHardwareError, OfflineError
from drivers.escpos_printer import EscposPrinter, Settings, Transport
from tests.drivers.serial_line import SerialLine

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
        ({"transport": "usb", "path": "/dev/usb/lp0"}, "did you mean 'usblp'"),
        ({"transport": "network", "host": "printer", "port": 0}, "'port' is 0"),
        ({"transport": "file", "path": "x", "write_timeout_s": 0}, "more than 0 seconds"),
        ({"transport": "file", "path": "x", "code_pages": {"CP866": 256}}, "'code_pages.CP866' is 256"),
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
        with pytest.raises(DeviceTimeoutError):
            printer.send(SLIP)
        took_s = time.monotonic() - begun
        printer.close()

    assert took_s < 1


def test_a_network_printer_that_takes_no_more_does_not_hold_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        printer = brought_up(
            Settings(Transport.NETWORK, host="127.0.0.1", port=listener.getsockname()[1], write_timeout_s=0.1)
        )
        begun = time.monotonic()
        with pytest.raises(DeviceTimeoutError):
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
