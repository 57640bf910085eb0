"""Finds what is plugged in: readers that type, serial ports, HID devices, receipt printers, smart card readers.

All of it stands in files under /sys; nothing is opened and nothing is sent, so no device notices. `root` is where the
file system begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent.devices.loading import Subsystem
from agent.upkeep.plugged.hid import hid_identity, usage_page
from agent.upkeep.plugged.names import stable_name
from agent.upkeep.plugged.usb import interface_of, number_of, text_of, usb_device

_USB, _BLUETOOTH = 3, 5  # BUS_USB, BUS_BLUETOOTH of linux/input.h
_LETTERS: Final = 0xFFFFFFFE  # the keys 1 to 31 that a whole keyboard has, by which udev knows one too
_NO_UART: Final = "0"  # PORT_UNKNOWN of linux/serial_core.h: a port on paper only
_SMART_CARD_CLASS: Final = "0b"
LABEL_MAX = 60  # characters of what a device calls itself
_MODEL: Final = re.compile(r"(?:MDL|MODEL):([^;]*)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that is plugged in.

    `path` names it in till.toml: a name that stays the same if there is one (`is_stable`), else the kernel's own
    `node`, which counts up; both are empty for a smart card reader, which PC/SC names. `usage_page` is that of a HID
    device's first application collection; `identity` is the same for two units that cannot be told apart.
    """

    subsystem: Subsystem
    node: str
    path: str
    is_stable: bool
    label: str
    vendor: int | None
    product: int | None
    usage_page: int | None
    identity: tuple[object, ...]


def find_units(root: Path = Path("/")) -> tuple[Unit, ...]:
    """Return everything that is plugged in and might be a device of the till, in the order of the kernel's names."""
    found = [*_keyboards(root), *_ports(root), *_hid_devices(root), *_printers(root), *_smart_card_readers(root)]
    alike = Counter(unit.identity for unit in found)
    return tuple(_named(unit, root, is_twin=alike[unit.identity] > 1) for unit in found)


def _named(unit: Unit, root: Path, *, is_twin: bool) -> Unit:
    if unit.is_stable:
        return unit
    link = stable_name(unit.node, unit.subsystem, root, is_twin=is_twin)
    return replace(unit, path=link or unit.node, is_stable=link is not None)


def _keyboards(root: Path) -> Iterator[Unit]:
    for entry in _entries(root, "class/input", "event*"):
        device = (entry / "device").resolve()
        keys = text_of(device / "capabilities" / "key").split()
        is_whole = bool(keys) and int(keys[-1], 16) & _LETTERS == _LETTERS
        if is_whole and number_of(device / "id" / "bustype") in {_USB, _BLUETOOTH}:
            ids = number_of(device / "id" / "vendor"), number_of(device / "id" / "product")
            yield _unit(
                Subsystem.INPUT,
                device,
                f"/dev/input/{entry.name}",
                _called(device) or text_of(device / "name"),
                ids=ids,
            )


def _ports(root: Path) -> Iterator[Unit]:
    for entry in _entries(root, "class/tty", "tty*"):
        port = entry.resolve()
        is_wired = text_of(entry / "type") not in {"", _NO_UART}
        if (entry / "device").exists() and (is_wired or usb_device(port)):
            yield _unit(Subsystem.TTY, port, f"/dev/{entry.name}", _called(port) or "RS-232 port of the board")


def _hid_devices(root: Path) -> Iterator[Unit]:
    for entry in _entries(root, "class/hidraw", "hidraw*"):
        device = (entry / "device").resolve()
        name, ids = hid_identity(device)
        unit = _unit(Subsystem.HIDRAW, device, f"/dev/{entry.name}", _called(device) or name, ids=ids)
        yield replace(unit, usage_page=usage_page(device))


def _printers(root: Path) -> Iterator[Unit]:
    for entry in _entries(root, "class/usbmisc", "lp*"):
        interface = (entry / "device").resolve()
        model = _MODEL.search(text_of(interface / "ieee1284_id"))
        label = model[1] if model else _called(interface)
        yield _unit(Subsystem.USBMISC, interface, f"/dev/usb/{entry.name}", label)


def _smart_card_readers(root: Path) -> Iterator[Unit]:
    for entry in _entries(root, "bus/usb/devices", "*:*"):
        if text_of(entry / "bInterfaceClass") == _SMART_CARD_CLASS:
            yield _unit(Subsystem.SMART_CARD, entry.resolve(), "", _called(entry.resolve()))


def _entries(root: Path, folder: str, pattern: str) -> list[Path]:
    """List a folder of /sys, ttyACM10 after ttyACM9."""
    return sorted((root / "sys" / folder).glob(pattern), key=lambda path: (len(path.name), path.name))


def _called(folder: Path) -> str:
    usb = usb_device(folder)
    return usb.label if usb else ""


def _unit(subsystem: Subsystem, folder: Path, node: str, label: str, *, ids: tuple[int, int] | None = None) -> Unit:
    usb = usb_device(folder)
    vendor, product = (usb.vendor, usb.product) if usb else ids or (None, None)
    interface = interface_of(folder).partition(":")[2]
    identity = (subsystem, vendor, product, usb.serial, interface) if usb else (subsystem, node)
    return Unit(
        subsystem=subsystem,
        node=node,
        path=node,
        is_stable=not node or (usb is None and subsystem is Subsystem.TTY),  # the board's own ports do not move
        label=label[:LABEL_MAX] or str(subsystem),
        vendor=vendor,
        product=product,
        usage_page=None,
        identity=identity,
    )
