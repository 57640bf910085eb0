"""A USB bus for tests: a backend of pyusb on which one printer hangs.

pyusb asks its backend for descriptors and transfers and does the rest itself, so what runs here is pyusb's own code.
"""

# ruff: noqa: ARG002, N803, PLR0917  # the signatures are those of pyusb

from __future__ import annotations

import errno
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import usb.core  # type: ignore[import-untyped]
from usb.backend import IBackend  # type: ignore[import-untyped]

from tests.drivers.printer import PrinterModel

BULK, INTERRUPT = 2, 3
GET_DESCRIPTOR, GET_PORT_STATUS = 6, 1
PAPER_EMPTY_SELECTED, PAPER_THERE_SELECTED = 0x38, 0x18


@dataclass(slots=True)
class UsbDevice:
    """What the descriptors say: `interfaces` are (class, subclass, protocol, alternate setting, endpoints)."""

    vendor: int = 0x04B8
    product: int = 0x0E15
    serial_number: str = "J4LE012345"
    interfaces: list[tuple[int, int, int, int, tuple[tuple[int, int], ...]]] = field(
        default_factory=lambda: [(7, 1, 2, 0, ((0x02, BULK), (0x81, BULK)))]
    )


def _refusal(number: int, said: str) -> usb.core.USBError:
    return usb.core.USBError(said, -number, number)


class UsbBus(IBackend):  # type: ignore[misc]  # ships no types
    """The bus. `events` says what was done to the kernel's driver and to the interface."""

    def __init__(self, model: PrinterModel, *devices: UsbDevice) -> None:
        self.model = model
        self.devices = list(devices) or [UsbDevice()]
        self.there = True
        self.usblp = False  # the kernel's driver has the interface
        self.held_by_another = False
        self.configured = True
        self.full = False  # the printer takes nothing
        self.paper_empty = False
        self.events: list[str] = []
        self.open_handles = 0
        self._coming = bytearray()

    def enumerate_devices(self) -> Iterator[UsbDevice]:
        return iter(self.devices if self.there else [])

    def get_device_descriptor(self, dev: UsbDevice) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=dev.vendor, idProduct=dev.product, bcdDevice=0x100, iManufacturer=0,
            iProduct=0, iSerialNumber=3 if dev.serial_number else 0, bNumConfigurations=1, address=1, bus=1,
            port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: UsbDevice, config: int) -> Any:
        if config:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: UsbDevice, intf: int, alt: int, config: int) -> Any:
        if intf:
            raise IndexError
        kind, subclass, protocol, alternate, endpoints = dev.interfaces[alt]
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=alternate,
            bNumEndpoints=len(endpoints), bInterfaceClass=kind, bInterfaceSubClass=subclass,
            bInterfaceProtocol=protocol, iInterface=0, extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: UsbDevice, ep: int, intf: int, alt: int, config: int) -> Any:
        address, kind = dev.interfaces[alt][4][ep]
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=address, bmAttributes=kind, wMaxPacketSize=64, bInterval=0,
            bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: UsbDevice) -> UsbDevice:
        self._require_there()
        self.open_handles += 1
        return dev

    def close_device(self, dev_handle: UsbDevice) -> None:
        self.open_handles -= 1

    def get_configuration(self, dev_handle: UsbDevice) -> int:
        return int(self.configured)

    def set_configuration(self, dev_handle: UsbDevice, config_value: int) -> None:
        self.configured = True

    def set_interface_altsetting(self, dev_handle: UsbDevice, intf: int, altsetting: int) -> None:
        self.events.append(f"setting {altsetting}")

    def claim_interface(self, dev_handle: UsbDevice, intf: int) -> None:
        self._require_there()
        if self.held_by_another or self.usblp:
            raise _refusal(errno.EBUSY, "Resource busy")
        self.events.append("claimed")

    def release_interface(self, dev_handle: UsbDevice, intf: int) -> None:
        self._require_there()
        self.events.append("released")

    def is_kernel_driver_active(self, dev_handle: UsbDevice, intf: int) -> bool:
        return self.usblp

    def detach_kernel_driver(self, dev_handle: UsbDevice, intf: int) -> None:
        self.usblp = False
        self.events.append("detached")

    def attach_kernel_driver(self, dev_handle: UsbDevice, intf: int) -> None:
        self._require_there()
        self.usblp = True
        self.events.append("attached")

    def bulk_write(self, dev_handle: UsbDevice, ep: int, intf: int, data: array[int], timeout: int) -> int:
        self._require_there()
        assert ep == 0x02
        assert timeout > 0, "libusb takes 0 for no limit"
        if self.full:
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        self._coming += self.model.take(data.tobytes())
        return len(data)

    def bulk_read(self, dev_handle: UsbDevice, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        self._require_there()
        assert ep == 0x81
        assert timeout > 0, "libusb takes 0 for no limit"
        if not self._coming:
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        part = bytes(self._coming[: len(buff)])
        del self._coming[: len(buff)]
        buff[: len(part)] = array("B", part)
        return len(part)

    def ctrl_transfer(
        self,
        dev_handle: UsbDevice,
        bmRequestType: int,
        bRequest: int,
        wValue: int,
        wIndex: int,
        data: array[int],
        timeout: int,
    ) -> int:
        self._require_there()
        if (bmRequestType, bRequest) == (0xA1, GET_PORT_STATUS):
            answer = bytes([PAPER_EMPTY_SELECTED if self.paper_empty else PAPER_THERE_SELECTED])
        elif bRequest == GET_DESCRIPTOR and wValue == 0x0300:
            answer = b"\x04\x03\x09\x04"  # English
        else:
            text = dev_handle.serial_number.encode("utf-16-le")
            answer = bytes([len(text) + 2, 3]) + text
        part = answer[: len(data)]
        data[: len(part)] = array("B", part)
        return len(part)

    def _require_there(self) -> None:
        if not self.there:
            raise _refusal(errno.ENODEV, "No such device (it may have been disconnected)")
