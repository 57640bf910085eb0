"""The ways to a device that takes bytes, and the settings that choose one: printers, customer displays, drawers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from agent.devices.faults import device_error
from agent.errors import ClaimedError, ConfigError, DeviceError, DeviceTimeoutError, IllegalError, OfflineError
from drivers._serial import Parity, SerialPort
from drivers._tcp import TcpDevice
from drivers._usblp import UsbLp


class Transport(StrEnum):
    """How the bytes get to the device."""

    USBLP = "usblp"  # the kernel's printer file
    USB = "usb"  # past the kernel's driver, through libusb
    NETWORK = "network"
    SERIAL = "serial"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """The keys of [[device]] that say where the device is."""

    transport: Transport
    path: str = ""  # usblp, serial, file
    vendor: int | None = None  # usb; this and the next two: whichever is given must fit
    product: int | None = None
    serial_number: str = ""
    detach_usblp: bool = False  # usb: take the printer from the kernel's driver, and give it back on close
    host: str = ""  # network
    port: int = 9100
    connect_timeout_s: float = 3.0
    baud: int = 38400  # serial
    parity: Parity = Parity.NONE
    rtscts: bool = False
    xonxoff: bool = False
    write_timeout_s: float = 15.0

    def __post_init__(self) -> None:
        if self.transport is Transport.NETWORK and not self.host:
            raise ConfigError("a network device needs 'host'")
        if self.transport not in {Transport.NETWORK, Transport.USB} and not self.path:
            raise ConfigError(f"a {self.transport} device needs 'path'")
        if not 1 <= self.port <= 65535:
            raise ConfigError(f"'port' is {self.port} but must be 1 to 65535")
        if min(self.connect_timeout_s, self.write_timeout_s) <= 0:
            raise ConfigError("a timeout must be more than 0 seconds")


class Channel(Protocol):
    """Bytes to the device and back, for the length of one use."""

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Write all of `data`, within `timeout_s` or as the settings say. DeviceTimeoutError, OfflineError."""

    def read(self, timeout_s: float) -> bytes:
        """Return what came back within `timeout_s`, or nothing."""


class Link(Protocol):
    """The way to the device."""

    @property
    def is_open(self) -> bool:
        """Say whether the way is open."""

    def open(self) -> None:
        """Find the device. NoHardwareError, ClaimedError, OfflineError."""

    def close(self) -> None:
        """Let go of it."""

    def channel(self) -> AbstractContextManager[Channel]:
        """Use it once."""


@runtime_checkable
class KnowsPaper(Protocol):
    """A way whose port knows of the paper, even if the printer answers nothing."""

    def paper_empty(self) -> bool | None:
        """Say whether the paper is out; None if the port does not know."""


class Handing:
    """The handing over of a slip. `is_over` once all of it was taken, which decides what errors mean."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.is_over = False

    def all_of(self, data: bytes) -> None:
        """Write all of `data`."""
        self.channel.write(data)
        self.is_over = True


@contextmanager
def handing_over(link: Link) -> Iterator[Handing]:
    """Use the way to the printer for one slip.

    OfflineError: not all of it was taken, so it cannot have been printed whole. DeviceTimeoutError: it was all taken,
    and nobody knows whether it was printed. ClaimedError and IllegalError: nothing was sent.
    """
    handing: Handing | None = None
    try:
        with link.channel() as channel:
            handing = Handing(channel)
            yield handing
    except (ClaimedError, IllegalError):
        raise
    except DeviceError as error:
        if handing is not None and handing.is_over:
            raise DeviceTimeoutError(f"all of it was taken, and then: {error}") from error
        raise OfflineError(str(error)) from error


def link_of(settings: LinkSettings) -> Link:
    """Return the way that `settings` choose; nothing is opened."""
    match settings.transport:
        case Transport.USBLP:
            return UsbLp(settings.path, write_timeout_s=settings.write_timeout_s)
        case Transport.USB:
            from drivers._usb import UsbPrinter  # pyusb takes 30 ms to load, and the others do not need it

            return UsbPrinter(
                vendor=settings.vendor,
                product=settings.product,
                serial_number=settings.serial_number,
                detach_usblp=settings.detach_usblp,
                write_timeout_s=settings.write_timeout_s,
            )
        case Transport.NETWORK:
            return TcpDevice(
                settings.host,
                settings.port,
                connect_timeout_s=settings.connect_timeout_s,
                write_timeout_s=settings.write_timeout_s,
            )
        case Transport.SERIAL:
            return SerialPort(
                settings.path,
                baud=settings.baud,
                parity=settings.parity,
                rtscts=settings.rtscts,
                xonxoff=settings.xonxoff,
                write_timeout_s=settings.write_timeout_s,
            )
        case Transport.FILE:
            return FileLink(settings.path)


class FileLink:
    """A file that slips are appended to; nothing comes back."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the file is open."""
        return self._file is not None

    def open(self) -> None:
        """Open the file for appending, making it if need be."""
        try:
            self._file = Path(self._path).open("ab")  # noqa: SIM115  # held until close
        except OSError as error:
            raise device_error(error, f"file {self._path}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def channel(self) -> Iterator[FileLink]:
        """The file itself."""
        yield self

    def write(self, data: bytes, *, timeout_s: float | None = None) -> None:
        """Append `data`; a file takes it at once."""
        del timeout_s
        assert self._file is not None
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise device_error(error, f"file {self._path}") from error

    def read(self, timeout_s: float) -> bytes:
        """Return nothing: a file does not answer."""
        del timeout_s
        return b""
