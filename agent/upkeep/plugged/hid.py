"""What a HID device says of itself in /sys: its name, its numbers, and the usage page it is made for.

Source: Device Class Definition for HID 1.11, 6.2.2: a report descriptor is a row of items, each a prefix byte (tag,
type, size) and 0, 1, 2 or 4 bytes of value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_SIZES: Final = (0, 1, 2, 4)
_LONG_ITEM: Final = 0xFE
_USAGE_PAGE, _COLLECTION = 0x04, 0xA0  # prefixes without their size
_APPLICATION: Final = 1


def hid_identity(device: Path) -> tuple[str, tuple[int, int]]:
    """Return the name and the (vendor, product) of a HID device, from the `uevent` in its folder."""
    try:
        text = (device / "uevent").read_text(encoding="utf-8", errors="replace")
    except OSError:  # unplugged while we read
        return "", (0, 0)
    said = dict(line.partition("=")[::2] for line in text.splitlines())
    parts = said.get("HID_ID", "").split(":")  # bus, vendor, product
    return said.get("HID_NAME", ""), (int(parts[1], 16), int(parts[2], 16)) if len(parts) == 3 else (0, 0)


def usage_page(device: Path) -> int | None:
    """Return the usage page of the first application collection in a HID device's report descriptor, if it has one."""
    try:
        descriptor = (device / "report_descriptor").read_bytes()
    except OSError:
        return None
    page = None
    at = 0
    while at < len(descriptor):
        prefix = descriptor[at]
        if prefix == _LONG_ITEM:
            at += 3 + int.from_bytes(descriptor[at + 1 : at + 2], "little")
            continue
        size = _SIZES[prefix & 3]
        value = int.from_bytes(descriptor[at + 1 : at + 1 + size], "little")
        if prefix & 0xFC == _COLLECTION and value == _APPLICATION:
            return page
        if prefix & 0xFC == _USAGE_PAGE:
            page = value
        at += 1 + size
    return None
