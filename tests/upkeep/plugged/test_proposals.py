from pathlib import Path

import pytest

from agent.devices.categories import Category
from agent.devices.loading import DeviceSetup, DriverRow, Plug, Subsystem
from agent.upkeep.plugged.proposals import Proposal, driver_for, propose
from agent.upkeep.plugged.units import find_units
from drivers import DRIVERS
from tests.upkeep.plugged.machine import (
    ADAPTER,
    CHIP_READER,
    DESK_KEYBOARD,
    KEYBOARD,
    LABELS,
    PRINTER,
    SCANNER,
    STRIPE_READER,
    STRIPES,
    VENDOR,
    Machine,
    Usb,
)

MAGTEK_WEDGE = Usb("1-7", "0801", "0001", "Mag-Tek", "USB Swipe Reader")
ID_TECH = Usb("1-8", "0acd", "2030", "ID TECH", "MiniMag")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def proposed(machine: Machine, *configured: DeviceSetup) -> list[Proposal]:
    return list(propose(find_units(machine.root), DRIVERS, configured, machine.root))


def section(proposal: Proposal) -> dict[str, object]:
    return {"name": proposal.setup.name, "driver": proposal.setup.driver, **proposal.setup.settings}


def test_a_known_scanner_that_types_is_a_wedge(machine: Machine) -> None:
    machine.plug_keyboard(SCANNER, "event3", link="usb-Honeywell-event-kbd")

    (proposal,) = proposed(machine)

    assert proposal.is_sure
    assert section(proposal) == {
        "name": "scanner",
        "driver": "keyboard_wedge",
        "path": "/dev/input/by-id/usb-Honeywell-event-kbd",
        "category": "Scanner",
    }


def test_a_known_stripe_reader_that_types_is_an_msr(machine: Machine) -> None:
    machine.plug_keyboard(MAGTEK_WEDGE, "event3")

    (proposal,) = proposed(machine)

    assert (proposal.setup.name, proposal.setup.settings["category"]) == ("card-reader", "MSR")


def test_the_tills_own_keyboard_is_no_sure_reader(machine: Machine) -> None:
    machine.plug_keyboard(DESK_KEYBOARD, "event3")

    (proposal,) = proposed(machine)

    assert not proposal.is_sure


@pytest.mark.parametrize(
    ("usb", "descriptor", "driver", "settings"),
    [
        (SCANNER, LABELS, "hid_pos", {}),
        (STRIPE_READER, VENDOR, "hid_msr", {"report": "magtek"}),
        (ID_TECH, VENDOR, "hid_msr", {"report": "idtech"}),
        (Usb("1-9", "1234", "5678"), STRIPES, "hid_msr", {}),
    ],
)
def test_hid_devices_find_their_driver(
    machine: Machine, usb: Usb, descriptor: bytes, driver: str, settings: dict[str, str]
) -> None:
    machine.plug_hid(usb, "hidraw0", descriptor)

    (proposal,) = proposed(machine)

    assert proposal.is_sure
    assert proposal.setup.driver == driver
    assert proposal.setup.settings == {"path": "/dev/hidraw0", **settings}


@pytest.mark.parametrize(("usb", "descriptor"), [(DESK_KEYBOARD, KEYBOARD), (Usb("1-9", "1234", "5678"), VENDOR)])
def test_other_hid_devices_are_passed_over(machine: Machine, usb: Usb, descriptor: bytes) -> None:
    machine.plug_hid(usb, "hidraw0", descriptor)

    assert proposed(machine) == []


@pytest.mark.parametrize(
    ("usb", "driver", "is_sure"),
    [
        (Usb("1-1", "05e0", "1701"), "serial_scanner", True),
        (Usb("1-1", "0acd", "0630"), "serial_msr", True),
        (ADAPTER, "serial_scanner", False),
    ],
)
def test_serial_ports_find_their_driver(machine: Machine, usb: Usb, driver: str, *, is_sure: bool) -> None:
    machine.plug_port(usb, "ttyACM0")

    (proposal,) = proposed(machine)

    assert (proposal.setup.driver, proposal.is_sure) == (driver, is_sure)


def test_a_receipt_printer_and_a_chip_reader_are_proposed(machine: Machine) -> None:
    machine.plug_printer(PRINTER, "lp0")
    machine.plug_smart_card_reader(CHIP_READER)

    printer, chip = proposed(machine)

    assert section(printer) == {
        "name": "printer",
        "driver": "escpos_printer",
        "path": "/dev/usb/lp0",
        "transport": "usblp",
    }
    assert section(chip) == {"name": "chip", "driver": "pcsc"}
    assert printer.is_sure
    assert chip.is_sure


def test_what_till_toml_names_is_not_proposed_whatever_name_it_uses(machine: Machine) -> None:
    machine.plug_port(ADAPTER, "ttyUSB0", link="usb-FTDI")
    machine.plug_keyboard(SCANNER, "event3", link="usb-Honeywell-event-kbd")
    machine.plug_smart_card_reader(CHIP_READER)
    setups = [
        DeviceSetup("a", "serial_scanner", {"path": "/dev/ttyUSB0"}),
        DeviceSetup("b", "keyboard_wedge", {"path": "/dev/input/by-id/usb-Honeywell-event-kbd"}),
        DeviceSetup("c", "pcsc", {}),
    ]

    assert proposed(machine, *setups) == []


def test_names_that_are_taken_are_counted_on(machine: Machine) -> None:
    for number in (0, 1):
        machine.plug_port(Usb(f"1-{number}", "05e0", "1701", serial=str(number)), f"ttyACM{number}")
    taken = DeviceSetup("scanner", "serial_scanner", {"path": "/dev/ttyUSB9"})

    assert [proposal.setup.name for proposal in proposed(machine, taken)] == ["scanner-2", "scanner-3"]


def test_what_is_sure_comes_first_and_gets_the_plain_name(machine: Machine) -> None:
    machine.plug_keyboard(DESK_KEYBOARD, "event1")
    machine.plug_keyboard(SCANNER, "event3")

    assert [(proposal.is_sure, proposal.setup.name) for proposal in proposed(machine)] == [
        (True, "scanner"),
        (False, "scanner-2"),
    ]


def test_the_row_that_says_most_wins_and_the_first_of_equals(machine: Machine) -> None:
    machine.plug_port(ADAPTER, "ttyUSB0")
    rows = {
        "any": DriverRow((Category.SCANNER,), "a:A", (Plug(Subsystem.TTY),)),
        "maker": DriverRow((Category.SCANNER,), "b:B", (Plug(Subsystem.TTY, 0x0403),)),
        "model": DriverRow((Category.SCANNER,), "c:C", (Plug(Subsystem.TTY, 0x0403, product=0x6001),)),
        "same": DriverRow((Category.SCANNER,), "d:D", (Plug(Subsystem.TTY, 0x0403, product=0x6001),)),
    }

    (proposal,) = propose(find_units(machine.root), rows, ())

    assert proposal.setup.driver == "model"


@pytest.mark.parametrize(
    ("category", "subsystem", "driver"),
    [
        (Category.MSR, Subsystem.TTY, "serial_msr"),
        (Category.SCANNER, Subsystem.TTY, "serial_scanner"),
        (Category.MSR, Subsystem.INPUT, "keyboard_wedge"),
        (Category.CASH_DRAWER, Subsystem.HIDRAW, None),
    ],
)
def test_a_driver_is_found_by_what_it_reads_and_where(
    category: Category, subsystem: Subsystem, driver: str | None
) -> None:
    assert driver_for(category, subsystem, DRIVERS) == driver
