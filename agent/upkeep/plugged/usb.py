"""What a USB device says of itself, as the kernel shows it under /sys (Documentation/ABI/testing/sysfs-bus-usb)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A USB device: its maker's and its own number, what it calls itself, its serial number if it has one."""

    vendor: int
    product: int
    label: str
    serial: str


def usb_device(folder: Path) -> UsbDevice | None:
    """Return the USB device that `folder`, a real folder of /sys, belongs to; None if it hangs on another bus."""
    found = _above(folder, "idVendor")
    if found is None:
        return None
    maker, name = text_of(found / "manufacturer"), text_of(found / "product")
    label = name if name.startswith(maker) else f"{maker} {name}".strip()
    vendor, product = number_of(found / "idVendor"), number_of(found / "idProduct")
    return UsbDevice(vendor, product, label, text_of(found / "serial"))


def interface_of(folder: Path) -> str:
    """Return the USB interface that `folder` belongs to, as 1-2:1.0; "" if there is none."""
    found = _above(folder, "bInterfaceNumber")
    return found.name if found else ""


def text_of(file: Path) -> str:
    """Return what an attribute says, fit to be shown; "" if it is not there."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # not there, or unplugged while we read
        return ""
    return "".join(c if c.isprintable() else " " for c in text)


def number_of(file: Path) -> int:
    """Return a hexadecimal attribute; 0 if it is none."""
    try:
        return int(text_of(file), 16)
    except ValueError:
        return 0


def _above(folder: Path, attribute: str) -> Path | None:
    return next((path for path in (folder, *folder.parents) if (path / attribute).is_file()), None)
