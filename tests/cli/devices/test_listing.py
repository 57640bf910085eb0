import json
from pathlib import Path

import pytest

from agent.cli.devices.listing import show_devices
from tests.cli.said import tally
from tests.till_files import TillFiles
from tests.upkeep.plugged.machine import (
    ADAPTER,
    CHIP_READER,
    DESK_KEYBOARD,
    LABELS,
    PRINTER,
    SCANNER,
    STRIPE_READER,
    VENDOR,
    Machine,
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A till PC with one of everything."""
    machine = Machine(tmp_path / "machine")
    machine.plug_keyboard(DESK_KEYBOARD, "event1", link="usb-Logitech_USB_Keyboard-event-kbd")
    machine.plug_keyboard(SCANNER, "event3", link="usb-Honeywell_1400g_15099B-event-kbd")
    machine.plug_port(ADAPTER, "ttyUSB0", link="usb-FTDI_FT232R_USB_UART_A9Z1-if00-port0")
    machine.plug_hid(STRIPE_READER, "hidraw0", VENDOR)
    machine.plug_hid(DESK_KEYBOARD, "hidraw1", b"")
    machine.plug_hid(SCANNER, "hidraw2", LABELS, link="hidraw-id-Honeywell_1400g_15099B-if01")
    machine.plug_printer(PRINTER, "lp0", ieee1284_id="MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;")
    machine.plug_smart_card_reader(CHIP_READER)
    return machine


@pytest.mark.parametrize("words", [("devices",), ("devices", "list")])
def test_devices_are_listed_as_the_agent_sees_them(running: TillFiles, words: tuple[str, ...]) -> None:
    devices = tally(*words, "-c", running.config, "--json").json["devices"]

    assert [(device["name"], device["status"]) for device in devices] == [("slips", "enabled"), ("reader", "enabled")]


def test_without_an_agent_devices_are_listed_as_they_are_configured(files: TillFiles) -> None:
    files.change('driver = "simulated"\ncategory = "Scanner"', 'driver = "serial_scanner"\npath = "x"')

    devices = tally("devices", "-c", files.config, "--json").json["devices"]

    assert [device["status"] for device in devices] == ["agent not running"] * 2
    assert devices[1]["category"] == "Scanner"


def test_what_is_plugged_in_comes_with_its_section(
    files: TillFiles, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    show_devices(files.config, as_json=False, root=machine.root)

    out = capsys.readouterr().out
    sure, _, perhaps = out.partition("plugged in, and perhaps for the till")
    assert sure.count("[[device]]") == 5
    assert "# Honeywell 1400g (0c2e:0b61)\n" in sure
    assert '\n[[device]]\nname = "printer"\ndriver = "escpos_printer"\npath = "/dev/usb/lp0"\n' in sure
    assert "[[device]]" not in perhaps
    assert "Logitech USB Keyboard (046d:c31c)" in perhaps
    assert "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9Z1-if00-port0" in perhaps
    assert [line for line in out.splitlines() if len(line) > 80 and "/dev/" not in line] == []


def test_a_name_that_does_not_last_is_told_with_the_remedy(
    files: TillFiles, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    show_devices(files.config, as_json=True, root=machine.root)

    plugged_in = {each["path"]: each for each in json.loads(capsys.readouterr().out)["plugged_in"]}
    assert not plugged_in["/dev/hidraw0"]["has_lasting_name"]
    assert "60-tallystick.rules" in plugged_in["/dev/hidraw0"]["notes"][0]
    assert plugged_in["/dev/tallystick/hidraw-id-Honeywell_1400g_15099B-if01"]["notes"] == []
    assert "/dev/hidraw1" not in plugged_in


def test_a_till_without_devices_says_so(files: TillFiles, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = files.config.read_text()
    files.config.write_text(text.partition("[[device]]")[0].replace('printer = "slips"', ""))

    show_devices(files.config, as_json=False, root=tmp_path)

    assert capsys.readouterr().out == "no device is in till.toml\n"
