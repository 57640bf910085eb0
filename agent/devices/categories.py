"""What the till expects of a device: the categories of UnifiedPOS 1.15 as small Protocols, and what they exchange.

Every device goes open -> claim -> enable and back disable -> release -> close, and is driven by one thread only. Any of
these calls may raise DeviceError; what each error means to the supervisor stands in the README.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from agent.devices.document import Document

DATA_MAX = 4096  # bytes of one read; the largest QR code (version 40) holds 2,953


class Category(StrEnum):
    """A device category, by its UnifiedPOS name."""

    MSR = "MSR"
    SCANNER = "Scanner"
    SMART_CARD_RW = "SmartCardRW"
    POS_PRINTER = "POSPrinter"
    CASH_DRAWER = "CashDrawer"
    LINE_DISPLAY = "LineDisplay"


INPUT_CATEGORIES = frozenset({Category.MSR, Category.SCANNER, Category.SMART_CARD_RW})


class HealthLevel(StrEnum):
    """How far a health check goes (UnifiedPOS CheckHealth)."""

    INTERNAL = "internal"  # the driver looks at itself and disturbs nothing
    EXTERNAL = "external"  # the device is asked
    INTERACTIVE = "interactive"  # a person takes part: shows a card, looks at the paper


@dataclass(frozen=True, slots=True)
class Health:
    """What a health check found; `text` is for people and never carries card data."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Input:
    """What an input device read: `data` as its category says, framing removed.

    `application` is the ISO/IEC 7816-4 application (AID) that a chip answered to, if the driver asked for one.
    `last_byte_ns` is when (`time.monotonic_ns`) its last byte came from the device; 0 if the driver does not know.
    """

    data: bytes = field(repr=False)
    application: bytes = b""
    last_byte_ns: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Read:
    """An Input with its origin: the device's name, its category, and when (`time.monotonic_ns`) it was complete.

    It may hold a payment card's digits until `agent.devices.firewall` has seen it, so its repr does not show them.
    """

    device: str
    category: Category
    data: bytes = field(repr=False)
    at_ns: int
    application: bytes = b""


class Sign(StrEnum):
    """One fact about a device. Not knowing is not the same as being well."""

    OK = "ok"
    BAD = "bad"
    UNKNOWN = "unknown"


class DrawerState(StrEnum):
    """A cash drawer, as its switch says (UnifiedPOS DrawerOpened; UNKNOWN where CapStatus is false)."""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"


class Paper(StrEnum):
    """The receipt paper."""

    OK = "ok"
    NEAR_END = "near_end"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer says of itself; whatever it does not say stays unknown."""

    online: Sign = Sign.UNKNOWN
    cover: Sign = Sign.UNKNOWN
    paper: Paper = Paper.UNKNOWN
    cutter: Sign = Sign.UNKNOWN

    @property
    def ok(self) -> bool:
        """True only if the printer said that everything is well."""
        signs = (self.online, self.cover, self.cutter)
        return all(sign is Sign.OK for sign in signs) and self.paper in {Paper.OK, Paper.NEAR_END}

    @property
    def silent(self) -> bool:
        """True if the printer said nothing at all: there is no way back from it, or it is off."""
        return self == PrinterStatus()

    @property
    def trouble(self) -> str:
        """What the printer said is wrong, for people; empty if it complained of nothing."""
        complaints = (
            ("out of paper", self.paper is Paper.OUT),
            ("cover open", self.cover is Sign.BAD),
            ("cutter jammed", self.cutter is Sign.BAD),
            ("offline", self.online is Sign.BAD),
        )
        return ", ".join(text for text, complained in complaints if complained)


@runtime_checkable
class Device(Protocol):
    """What every category has in common."""

    @property
    def category(self) -> Category:
        """The category this device was set up as."""

    def open(self) -> None:
        """Find the device. NoHardwareError, OfflineError; IllegalError if the settings cannot fit any device."""

    def claim(self) -> None:
        """Take the device for this process alone. ClaimedError if somebody else has it."""

    def enable(self) -> None:
        """Begin to work; an input device drops what piled up before."""

    def disable(self) -> None:
        """Stop working. Without effect if not enabled."""

    def release(self) -> None:
        """Give the device back to others. Without effect if not claimed."""

    def close(self) -> None:
        """Let go of everything, whatever the state."""

    def check_health(self, level: HealthLevel) -> Health:
        """Look whether the device is well. Only for a device that is enabled."""


@runtime_checkable
class InputDevice(Device, Protocol):
    """A device that reads."""

    def read(self, timeout_s: float) -> Input | None:
        """Wait up to `timeout_s` and return one read, or None.

        FailureError means that this one read went wrong and the device is well; any other DeviceError that the device
        has to be opened again.
        """


@runtime_checkable
class MSR(InputDevice, Protocol):
    """A magnetic stripe reader: `data` is every track of one swipe with its sentinels (ISO/IEC 7811, 7813)."""


@runtime_checkable
class Scanner(InputDevice, Protocol):
    """A barcode scanner: `data` is one label, with its symbology identifier (ISO/IEC 15424) if the scanner adds it."""


@runtime_checkable
class SmartCardRW(InputDevice, Protocol):
    """A chip card reader: `data` is the chip's unique id; with `application` set, what that application holds."""


@runtime_checkable
class POSPrinter(Device, Protocol):
    """A receipt printer. Encoding needs no printer, so a preview shows the very bytes."""

    def encode(self, document: Document) -> bytes:
        """Turn a slip into this printer's bytes; in any state and from any thread."""

    def send(self, data: bytes) -> bool:
        """Hand all of `data` to the printer; True if the printer then said that it had printed it.

        False: accepted, which is not printed; ask `status` afterwards.

        OfflineError: not all of it reached the printer, so it is not whole. DeviceTimeoutError: nobody knows.
        """

    def status(self) -> PrinterStatus:
        """Ask the printer how it is. OfflineError if it cannot be reached."""


@runtime_checkable
class CashDrawer(Device, Protocol):
    """A cash drawer."""

    def open_drawer(self) -> None:
        """Open the drawer once; returns when the pulse is on its way."""

    def drawer_state(self) -> DrawerState:
        """Ask whether the drawer is open. OfflineError if it cannot be asked."""


@runtime_checkable
class LineDisplay(Device, Protocol):
    """A customer display of a few lines of text."""

    def show(self, lines: Sequence[str]) -> None:
        """Replace what is shown."""
