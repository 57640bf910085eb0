"""A USB printer past the kernel's driver: pyusb on libusb (Debian package libusb-1.0-0).

For printers that usblp does not take, or not well. Source: USB Printer Class 1.1: interface class 7, subclass 1,
protocol 1 (one way), 2 (both ways), 3 (IEEE 1284.4); protocol 4 is IPP over USB, which is no byte stream. Endpoints are
those that the descriptors name.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import usb.core  # type: ignore[import-untyped]  # ships no types
import usb.util  # type: ignore[import-untyped]

from agent.devices.faults import device_error
from agent.errors import (
    ClaimedError,
    DeviceError,
    DeviceTimeoutError,
    IllegalError,
    NoHardwareError,
    NoServiceError,
    OfflineError,
)

CHUNK_MAX = 4096  # bytes of one transfer; a multiple of every packet size

_PRINTER_CLASS, _PRINTER_SUBCLASS = 7, 1
_PROTOCOLS: Final = (2, 3, 1)  # what is best first
_GET_PORT_STATUS: Final = (0xA1, 1)  # bmRequestType, bRequest; Printer Class 1.1, 4.2.2
_PAPER_EMPTY: Final = 0x20
_REST_S: Final = 0.01  # between two looks at a printer that answers reads with nothing


@dataclass(frozen=True, slots=True)
class _Held:
    """A printer in our hands: its interface, and its endpoints (`coming` is None for one that says nothing)."""

    device: Any
    interface: int
    going: Any
    coming: Any
    detached: bool


class UsbPrinter:
    """One printer, held from `open` to `close`; what is None or empty fits any."""

    def __init__(
        self, *, vendor: int | None, product: int | None, serial_number: str, detach_usblp: bool, write_timeout_s: float
    ) -> None:
        self._vendor = vendor
        self._product = product
        self._serial_number = serial_number
        self._detach_usblp = detach_usblp
        self._write_timeout_s = write_timeout_s
        self._held: _Held | None = None
        wanted = [f"{number:04x}" if number is not None else "any" for number in (vendor, product)]
        self._name = f"USB printer {':'.join(wanted)}{f' {serial_number}' if serial_number else ''}"

    @property
    def is_open(self) -> bool:
        """Say whether the printer is held."""
        return self._held is not None

    def open(self) -> None:
        """Find and take the printer.

        NoHardwareError; ClaimedError names who has it; IllegalError if several fit; NoServiceError without libusb.
        """
        device = self._found()
        try:
            self._held = self._taken(device)
        except usb.core.USBError as error:
            usb.util.dispose_resources(device)
            raise device_error(error, self._name) from error
        except DeviceError:
            usb.util.dispose_resources(device)
            raise

    def close(self) -> None:
        """Let go of the printer, and give it back to the kernel if we took it from there."""
        held, self._held = self._held, None
        if held is None:
            return
        with suppress(usb.core.USBError):  # it may have been unplugged
            usb.util.release_interface(held.device, held.interface)
        if held.detached:
            _give_back(held.device, held.interface)
        usb.util.dispose_resources(held.device)

    @contextmanager
    def channel(self) -> Iterator[UsbPrinter]:
        """The printer itself: it stays open between uses."""
        yield self

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Write all of `data`; DeviceTimeoutError if the printer stops taking it (out of paper, cover open)."""
        held = self._require_held()
        deadline = time.monotonic() + (timeout_s or self._write_timeout_s)
        sent = 0
        while sent < len(data):
            try:
                if (left_s := deadline - time.monotonic()) > 0:
                    sent += held.going.write(data[sent : sent + CHUNK_MAX], _milliseconds(left_s))
                    continue
            except usb.core.USBTimeoutError:
                pass
            except usb.core.USBError as error:
                raise self._gone(error) from error
            raise DeviceTimeoutError(f"{self._name} took {sent} of {len(data)} bytes and then no more")

    def read(self, timeout_s: float) -> bytes:
        """Return what the printer sent, waiting up to `timeout_s`; b"" if nothing came."""
        held = self._require_held()
        deadline = time.monotonic() + timeout_s
        while held.coming is not None:
            try:
                received = bytes(held.coming.read(CHUNK_MAX, _milliseconds(deadline - time.monotonic())))
            except usb.core.USBTimeoutError:
                break
            except usb.core.USBError as error:
                raise self._gone(error) from error
            if received:
                return received
            if time.monotonic() >= deadline:
                break
            time.sleep(_REST_S)
        return b""

    def paper_empty(self) -> bool | None:
        """Ask the port status for the paper; None if the printer does not know it."""
        held = self._require_held()
        try:
            (status,) = held.device.ctrl_transfer(*_GET_PORT_STATUS, 0, held.interface, 1)
        except (usb.core.USBError, ValueError):
            return None
        return bool(status & _PAPER_EMPTY)

    def _found(self) -> Any:
        try:
            fitting = [device for device in usb.core.find(find_all=True) if self._fits(device)]
        except usb.core.NoBackendError as error:
            raise NoServiceError("USB cannot be used: libusb is not there", hint="apt install libusb-1.0-0") from error
        except usb.core.USBError as error:
            raise device_error(error, "USB") from error
        if not fitting:
            raise NoHardwareError(f"{self._name} is not there", hint="plug it in and switch it on")
        if len(fitting) > 1:
            known = ", ".join(f"{device.idVendor:04x}:{device.idProduct:04x}" for device in fitting)
            raise IllegalError(
                f"{self._name}: {len(fitting)} printers fit ({known})", hint="say vendor, product or serial_number"
            )
        return fitting[0]

    def _fits(self, device: Any) -> bool:
        return (
            self._vendor in {None, device.idVendor}
            and self._product in {None, device.idProduct}
            and any(_is_printer(interface) for configuration in device for interface in configuration)
            and self._serial_number in {"", _serial_number(device)}
        )

    def _taken(self, device: Any) -> _Held:
        interface, going, coming = self._endpoints(device)
        number = interface.bInterfaceNumber
        detached = self._without_kernel(device, number)
        try:
            usb.util.claim_interface(device, number)
            if interface.bAlternateSetting:
                device.set_interface_altsetting(number, interface.bAlternateSetting)
        except usb.core.USBError as error:
            if detached:
                _give_back(device, number)
            refusal = device_error(error, self._name)
            if isinstance(refusal, ClaimedError):
                refusal.hint = "most often CUPS has it: remove the printer there (lpadmin -x NAME)"
            raise refusal from error
        return _Held(device, number, going, coming, detached)

    def _endpoints(self, device: Any) -> tuple[Any, Any, Any]:
        """Return the best printer interface of `device`, its endpoint out, and its endpoint in if it has one."""
        try:
            configuration = device.get_active_configuration()
        except usb.core.USBError:  # nobody has chosen one yet
            device.set_configuration()
            configuration = device.get_active_configuration()
        printers = [interface for interface in configuration if _is_printer(interface)]
        for interface in sorted(printers, key=lambda one: _PROTOCOLS.index(one.bInterfaceProtocol)):
            going = _bulk(interface, usb.util.ENDPOINT_OUT)
            if going is not None:
                return interface, going, _bulk(interface, usb.util.ENDPOINT_IN)
        raise IllegalError(f"{self._name} has no endpoint that takes bytes", hint="use another transport")

    def _without_kernel(self, device: Any, interface: int) -> bool:
        """Take the interface from the kernel's driver if it has it; True if it had."""
        try:
            if not device.is_kernel_driver_active(interface):
                return False
        except NotImplementedError:  # libusb on a system that has no such drivers
            return False
        if not self._detach_usblp:
            raise ClaimedError(
                f"{self._name} is in use by the kernel's driver usblp",
                hint='use transport = "usblp", or set detach_usblp = true',
            )
        device.detach_kernel_driver(interface)
        return True

    def _gone(self, error: Any) -> OfflineError:
        return OfflineError(f"{self._name} does not answer: {error.strerror or error}")

    def _require_held(self) -> _Held:
        if self._held is None:
            raise IllegalError(f"{self._name} is not open")
        return self._held


def _is_printer(interface: Any) -> bool:
    kind = (interface.bInterfaceClass, interface.bInterfaceSubClass)
    return kind == (_PRINTER_CLASS, _PRINTER_SUBCLASS) and interface.bInterfaceProtocol in _PROTOCOLS


def _bulk(interface: Any, direction: int) -> Any:
    return usb.util.find_descriptor(
        interface,
        custom_match=lambda end: (
            usb.util.endpoint_direction(end.bEndpointAddress) == direction
            and usb.util.endpoint_type(end.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
        ),
    )


def _serial_number(device: Any) -> str:
    try:
        return str(device.serial_number or "")
    except (usb.core.USBError, ValueError):  # no right to ask, or no such text
        return ""


def _give_back(device: Any, interface: int) -> None:
    with suppress(usb.core.USBError, NotImplementedError):
        device.attach_kernel_driver(interface)


def _milliseconds(left_s: float) -> int:
    """A limit for libusb, to which 0 means none."""
    return max(1, int(left_s * 1000))
