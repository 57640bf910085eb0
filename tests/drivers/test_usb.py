"""The USB transport on a bus that plays a printer: who is taken, who has it, and what an unplugged one does."""

from __future__ import annotations

import time

import pytest
from usb.backend import libusb1  # type: ignore[import-untyped]  # ships no types

from agent.errors import (
    ClaimedError,
    DeviceTimeoutError,
    IllegalError,
    NoHardwareError,
    NoServiceError,
    OfflineError,
)
from drivers._usb import UsbPrinter
from tests.drivers.printer import PrinterModel
from tests.drivers.usb_bus import BULK, INTERRUPT, UsbBus, UsbDevice

IN_AND_OUT = ((0x02, BULK), (0x81, BULK))
OTHER = UsbDevice(0x0519, 0x0003, "2")
KEYBOARD = UsbDevice(0x046D, 0xC31C, "", [(3, 1, 1, 0, ((0x81, INTERRUPT),))])


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> UsbBus:
    bus = UsbBus(PrinterModel())
    monkeypatch.setattr(libusb1, "get_backend", lambda: bus)
    return bus


def usb_printer(
    vendor: int | None = None, product: int | None = None, serial_number: str = "", *, detach_usblp: bool = False
) -> UsbPrinter:
    return UsbPrinter(
        vendor=vendor, product=product, serial_number=serial_number, detach_usblp=detach_usblp, write_timeout_s=0.05
    )


def test_any_printer_is_found_by_its_class(bus: UsbBus) -> None:
    bus.devices.append(KEYBOARD)
    printer = usb_printer()
    printer.open()
    with printer.channel() as channel:
        channel.write(b"\x10\x04\x01slip")
        answer = channel.read(0.05)
    printer.close()

    assert (bytes(bus.model.printed), answer) == (b"slip", b"\x12")
    assert bus.events == ["claimed", "released"]
    assert bus.open_handles == 0


@pytest.mark.parametrize(
    ("vendor", "product", "serial_number"),
    [(0x0519, None, ""), (None, 0x0003, ""), (None, None, "2"), (0x0519, 0x0003, "2")],
)
def test_of_several_the_one_that_was_named_is_taken(
    vendor: int | None, product: int | None, serial_number: str, bus: UsbBus
) -> None:
    bus.devices.append(OTHER)
    printer = usb_printer(vendor, product, serial_number)
    printer.open()
    assert printer._held is not None
    taken = printer._held.device.idVendor
    printer.close()

    assert taken == 0x0519


def test_two_that_fit_are_not_guessed_between(bus: UsbBus) -> None:
    bus.devices.append(OTHER)

    with pytest.raises(IllegalError, match="2 printers fit \\(04b8:0e15, 0519:0003\\)"):
        usb_printer().open()


def test_one_that_is_not_there_is_named(bus: UsbBus) -> None:
    with pytest.raises(NoHardwareError, match="USB printer 04b8:0e15 X is not there"):
        usb_printer(0x04B8, 0x0E15, "X").open()


def test_a_keyboard_is_no_printer_even_if_it_is_named(bus: UsbBus) -> None:
    bus.devices[:] = [KEYBOARD]

    with pytest.raises(NoHardwareError):
        usb_printer(0x046D).open()


def test_without_libusb_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("libusb0", "libusb1", "openusb"):
        monkeypatch.setattr(f"usb.backend.{name}.get_backend", lambda: None)

    with pytest.raises(NoServiceError) as caught:
        usb_printer().open()

    assert "libusb-1.0-0" in caught.value.hint


def test_the_kernels_driver_keeps_the_printer_unless_it_is_asked_for(bus: UsbBus) -> None:
    bus.usblp = True

    with pytest.raises(ClaimedError, match="usblp") as caught:
        usb_printer().open()

    assert "detach_usblp" in caught.value.hint
    assert (bus.usblp, bus.open_handles) == (True, 0)


def test_the_kernels_driver_gets_the_printer_back(bus: UsbBus) -> None:
    bus.usblp = True
    printer = usb_printer(detach_usblp=True)
    printer.open()
    printer.close()

    assert bus.events == ["detached", "claimed", "released", "attached"]
    assert bus.usblp


@pytest.mark.parametrize("usblp", [False, True])
def test_a_printer_that_another_program_has_is_claimed_and_cups_is_named(bus: UsbBus, *, usblp: bool) -> None:
    bus.held_by_another, bus.usblp = True, usblp

    with pytest.raises(ClaimedError, match="in use by another program") as caught:
        usb_printer(detach_usblp=True).open()

    assert "CUPS" in caught.value.hint
    assert (bus.usblp, bus.open_handles) == (usblp, 0)


@pytest.mark.parametrize("use", ["write", "read"])
def test_an_unplugged_printer_is_offline_and_can_be_let_go(bus: UsbBus, use: str) -> None:
    printer = usb_printer()
    printer.open()
    bus.there = False
    with pytest.raises(OfflineError, match="does not answer: No such device"):
        printer.write(b"slip") if use == "write" else printer.read(0.01)
    printer.close()

    assert not printer.is_open


def test_a_printer_that_takes_no_more_does_not_hold_us(bus: UsbBus) -> None:
    printer = usb_printer()
    printer.open()
    bus.full = True
    begun = time.monotonic()
    with pytest.raises(DeviceTimeoutError, match="took 0 of 4 bytes"):
        printer.write(b"slip")
    printer.close()

    assert time.monotonic() - begun < 1


def test_a_long_slip_goes_in_pieces(bus: UsbBus) -> None:
    printer = usb_printer()
    printer.open()
    printer.write(bytes(range(32, 127)) * 1000)
    printer.close()

    assert bytes(bus.model.printed) == bytes(range(32, 127)) * 1000
    assert max(map(len, bus.model.writes)) == 4096


def test_the_interface_that_answers_is_preferred_and_ipp_is_none(bus: UsbBus) -> None:
    bus.devices[0].interfaces = [
        (7, 1, 4, 0, IN_AND_OUT),
        (7, 1, 1, 1, ((0x02, BULK),)),
        (7, 1, 2, 2, IN_AND_OUT),
    ]
    printer = usb_printer()
    printer.open()
    printer.close()

    assert "setting 2" in bus.events


def test_a_printer_of_one_way_says_nothing(bus: UsbBus) -> None:
    bus.devices[0].interfaces = [(7, 1, 1, 0, ((0x02, BULK),))]
    printer = usb_printer()
    printer.open()
    printer.write(b"\x10\x04\x01")
    answer = printer.read(0.01)
    printer.close()

    assert answer == b""


def test_a_printer_without_a_way_for_bytes_is_refused(bus: UsbBus) -> None:
    bus.devices[0].interfaces = [(7, 1, 2, 0, ((0x83, INTERRUPT),))]

    with pytest.raises(IllegalError, match="no endpoint"):
        usb_printer().open()


def test_a_device_that_nobody_has_configured_is_configured(bus: UsbBus) -> None:
    bus.configured = False
    printer = usb_printer()
    printer.open()
    printer.close()

    assert bus.configured


def test_the_port_knows_of_the_paper(bus: UsbBus) -> None:
    printer = usb_printer()
    printer.open()
    there = printer.paper_empty()
    bus.paper_empty = True
    away = printer.paper_empty()
    printer.close()

    assert (there, away) == (False, True)


def test_nothing_is_written_to_a_printer_that_is_not_open(bus: UsbBus) -> None:
    with pytest.raises(IllegalError, match="is not open"):
        usb_printer().write(b"slip")
