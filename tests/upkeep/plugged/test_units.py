from pathlib import Path

import pytest

from agent.devices.loading import Subsystem
from agent.upkeep.plugged.units import Unit, find_units
from tests.upkeep.plugged.machine import (
    ADAPTER,
    CHIP_READER,
    DESK_KEYBOARD,
    KEYBOARD,
    LABELS,
    POWER_BUTTON,
    PRINTER,
    SCANNER,
    STRIPE_READER,
    STRIPES,
    VENDOR,
    Machine,
    Usb,
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def only_unit(machine: Machine) -> Unit:
    (unit,) = find_units(machine.root)
    return unit


def test_nothing_is_found_where_nothing_is_plugged_in(tmp_path: Path) -> None:
    assert find_units(tmp_path) == ()


def test_a_reader_that_types_is_found_with_its_lasting_name(machine: Machine) -> None:
    machine.plug_keyboard(SCANNER, "event3", link="usb-Honeywell_1400g_15099B-event-kbd")

    unit = only_unit(machine)

    assert unit.subsystem is Subsystem.INPUT
    assert (unit.node, unit.path) == ("/dev/input/event3", "/dev/input/by-id/usb-Honeywell_1400g_15099B-event-kbd")
    assert unit.is_stable
    assert (unit.vendor, unit.product, unit.label) == (0x0C2E, 0x0B61, "Honeywell 1400g")


def test_buttons_are_no_keyboard(machine: Machine) -> None:
    machine.plug_keyboard(DESK_KEYBOARD, "event0", keys=POWER_BUTTON)

    assert find_units(machine.root) == ()


def test_a_serial_port_over_usb_says_what_it_hangs_on(machine: Machine) -> None:
    machine.plug_port(ADAPTER, "ttyUSB0", link="usb-FTDI_FT232R_USB_UART_A9Z1-if00-port0")

    unit = only_unit(machine)

    assert (unit.subsystem, unit.label) == (Subsystem.TTY, "FTDI FT232R USB UART")
    assert unit.path == "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9Z1-if00-port0"


def test_the_boards_own_ports_are_found_if_there_is_a_chip_behind_them(machine: Machine) -> None:
    machine.build_in_port("ttyS0", "4")
    machine.build_in_port("ttyS1", "0")

    unit = only_unit(machine)

    assert (unit.path, unit.is_stable, unit.vendor) == ("/dev/ttyS0", True, None)


def test_ports_come_in_the_order_of_their_numbers(machine: Machine) -> None:
    for number in (10, 9):
        machine.plug_port(Usb(f"1-{number}", "05e0", "1701"), f"ttyACM{number}")

    assert [unit.node for unit in find_units(machine.root)] == ["/dev/ttyACM9", "/dev/ttyACM10"]


@pytest.mark.parametrize(
    ("descriptor", "page"),
    [
        (LABELS, 0x8C),
        (STRIPES, 0x8E),
        (VENDOR, 0xFF00),
        (KEYBOARD, 0x01),
        (b"\xfe\x02\x00\x05\x01" + LABELS, 0x8C),  # a long item before it
        (bytes.fromhex("058c0902a100"), None),  # a physical collection only
        (b"\x05", None),
        (b"", None),
    ],
)
def test_a_hid_device_is_known_by_what_it_is_made_for(machine: Machine, descriptor: bytes, page: int | None) -> None:
    machine.plug_hid(STRIPE_READER, "hidraw0", descriptor)

    unit = only_unit(machine)

    assert (unit.usage_page, unit.vendor, unit.product) == (page, 0x0801, 0x0002)
    assert not unit.is_stable


def test_a_hid_device_has_a_lasting_name_by_our_udev_rules(machine: Machine) -> None:
    machine.plug_hid(STRIPE_READER, "hidraw0", VENDOR, link="hidraw-port-pci-0000:00:14.0-usb-0:2:1.0")

    assert only_unit(machine).path == "/dev/tallystick/hidraw-port-pci-0000:00:14.0-usb-0:2:1.0"


def test_a_printer_is_called_by_its_model(machine: Machine) -> None:
    machine.plug_printer(PRINTER, "lp0", ieee1284_id="MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;")

    unit = only_unit(machine)

    assert (unit.subsystem, unit.label, unit.path) == (Subsystem.USBMISC, "TM-T20II", "/dev/usb/lp0")


def test_a_printer_that_does_not_say_its_model_is_called_as_usb_calls_it(machine: Machine) -> None:
    machine.plug_printer(PRINTER, "lp0")

    assert only_unit(machine).label == "EPSON TM-T20II"


def test_a_smart_card_reader_is_found_without_asking_pcsc(machine: Machine) -> None:
    machine.plug_smart_card_reader(CHIP_READER)

    unit = only_unit(machine)

    assert (unit.subsystem, unit.label, unit.path) == (Subsystem.SMART_CARD, "ACS ACR122U PICC Interface", "")


def test_two_alike_go_by_their_ports(machine: Machine) -> None:
    for number in (1, 2):
        usb = Usb(f"1-{number}", "05e0", "1200", "Symbol", "Bar Code Scanner")
        machine.plug_keyboard(
            usb, f"event{number}", link="usb-Symbol-event-kbd", by_path=f"pci-usb-0:{number}-event-kbd"
        )

    assert [unit.path for unit in find_units(machine.root)] == [
        "/dev/input/by-path/pci-usb-0:1-event-kbd",
        "/dev/input/by-path/pci-usb-0:2-event-kbd",
    ]


def test_what_a_device_calls_itself_cannot_command_a_terminal(machine: Machine) -> None:
    machine.plug_port(Usb("1-1", "05e0", "1701", "Evil\x1b[2J", "x" * 500), "ttyACM0")

    label = only_unit(machine).label

    assert label.isprintable()
    assert len(label) <= 60
