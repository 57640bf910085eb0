"""star_printer: settings, and what it does with a printer that does not answer."""

from __future__ import annotations

import pytest

from agent.devices.categories import DrawerState, Paper, PrinterStatus
from agent.devices.document import Document, Text
from agent.devices.escpos.commands import DrawerSwitch
from agent.devices.settings import parse_settings
from agent.errors import ConfigError
from drivers._link import Transport
from drivers.star_printer import Settings, StarPrinter
from tests.drivers.printer import StarModel, TcpPrinter


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"profile": "TSP601"}, "unknown printer profile 'TSP601'"),
        ({"code_pages": {"CP866": 256}}, "'code_pages.CP866' is 256"),
        ({"answer_timeout_s": 0}, "more than 0 seconds"),
        ({"drawer_on_ms": 5}, "'drawer_on_ms' is 5 but must be 10 to 1270"),
        ({"drawer_off_ms": 1280}, "'drawer_off_ms' is 1280"),
        ({"drawer_on_ms": 200, "drawer_off_ms": 200}, "flow 50% of the time"),
    ],
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        StarPrinter(parse_settings(Settings, {"transport": "file", "path": "x", **table}, where="device 'printer'"))


def test_russian_goes_to_stars_page() -> None:
    printer = StarPrinter(Settings(Transport.FILE, path="x"))

    assert b"\x1b\x1dt\x0a" + "Привет".encode("cp866") in printer.encode(Document(42, (Text("Привет"),)))


def test_a_printer_that_does_not_answer_is_not_ok() -> None:
    model = StarModel()
    model.silent = True
    with TcpPrinter(model) as peer:
        printer = StarPrinter(
            Settings(
                Transport.NETWORK,
                host="127.0.0.1",
                port=peer.port,
                answer_timeout_s=0.05,
                drawer_switch=DrawerSwitch.LOW,
            )
        )
        printer.open()
        printer.claim()
        printer.enable()
        status, drawer = printer.status(), printer.drawer_state()

    assert status == PrinterStatus()
    assert status.paper is Paper.UNKNOWN
    assert drawer is DrawerState.UNKNOWN
