"""USB devices on virtual ports of this machine: the kernel's gadget framework behind dummy_hcd, a port per device.

What is written at the far end of a gadget arrives at the till through the kernel's own drivers, as from a cable.
Sources: Linux Documentation/usb/gadget_configfs.rst, gadget_hid.rst, gadget_printer.rst; ABI configfs-usb-gadget-*.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CONFIGFS: Final = Path("/sys/kernel/config")
PORTS_MAX: Final = 8
# What the till's kernel loads by itself once a device is there; asked for early so that no measurement waits for it.
TILL_DRIVERS: Final = ("usblp", "cdc_acm", "usbhid", "hid_generic", "evdev")

# A boot keyboard (HID 1.11, appendix B.1): 8 modifier bits, a reserved byte, 6 keys that are down; LEDs back.
BOOT_KEYBOARD: Final = bytes.fromhex(
    "05010906a101 050719e029e715002501750195088102 95017508 8103 95057501050819012905 9102 95017503 9103"
    "95067508 15002565 05071900 2965 8100 c0".replace(" ", "")
)


def vendor_reports(size: int, *, page: int, usage: int) -> bytes:
    """Return the descriptor of a device whose one input report is `size` bytes (HID 1.11, 6.2.2)."""
    page_item = b"\x06" + page.to_bytes(2, "little")
    body = b"\x15\x00\x26\xff\x00\x75\x08\x96" + size.to_bytes(2, "little") + b"\x09\x01\x81\x02"
    return page_item + bytes([0x09, usage]) + b"\xa1\x01" + body + b"\xc0"


@dataclass(frozen=True, slots=True)
class Model:
    """What a device says it is, and its one function: the kind and the attributes that configfs gives it."""

    name: str
    vendor: int
    product: int
    product_name: str
    function: str
    attributes: Mapping[str, bytes] = field(default_factory=dict)


def keyboard(name: str, vendor: int, product: int, product_name: str) -> Model:
    """A reader that types."""
    attributes = {"protocol": b"1", "subclass": b"1", "report_length": b"8", "report_desc": BOOT_KEYBOARD}
    return Model(name, vendor, product, product_name, "hid", attributes)


def hid(name: str, vendor: int, product: int, product_name: str, *, size: int, page: int, usage: int) -> Model:
    """A reader with reports of its own."""
    attributes = {"report_length": b"%d" % size, "report_desc": vendor_reports(size, page=page, usage=usage)}
    return Model(name, vendor, product, product_name, "hid", attributes)


class Gadget:
    """One device; `plug` and `unplug` are what they say."""

    def __init__(self, model: Model, port: int) -> None:
        self.name = model.name
        self.serial = f"{model.name}-0001"
        self._udc = f"dummy_udc.{port}"
        self._folder = CONFIGFS / "usb_gadget" / model.name
        self._function = self._folder / "functions" / f"{model.function}.{model.name}"
        # The kernel numbers printers as they are made.
        self._minor = len(list(CONFIGFS.glob("usb_gadget/*/functions/printer.*")))
        self._make(model)

    def plug(self) -> None:
        """Put the plug in."""
        (self._folder / "UDC").write_text(self._udc)

    def unplug(self) -> None:
        """Pull the plug; nothing happens if it is out."""
        if (self._folder / "UDC").read_text().strip():
            (self._folder / "UDC").write_text("\n")

    @property
    def far_end(self) -> Path:
        """The device file at the reader's or printer's own end of the cable."""
        kind = self._function.name.partition(".")[0]
        if kind == "acm":
            return Path(f"/dev/ttyGS{(self._function / 'port_num').read_text().strip()}")
        if kind == "printer":
            return Path(f"/dev/g_printer{self._minor}")
        major, minor = (int(number) for number in (self._function / "dev").read_text().split(":"))
        return next(path for path in Path("/dev").glob("hidg*") if path.stat().st_rdev == os.makedev(major, minor))

    def _make(self, model: Model) -> None:
        strings, config = self._folder / "strings/0x409", self._folder / "configs/c.1"
        for folder in (self._folder, strings, config, self._function):
            folder.mkdir(exist_ok=True)
        (self._folder / "idVendor").write_text(f"{model.vendor:#06x}")
        (self._folder / "idProduct").write_text(f"{model.product:#06x}")
        (strings / "manufacturer").write_text("Tallystick")
        (strings / "product").write_text(model.product_name)
        (strings / "serialnumber").write_text(self.serial)
        for attribute, value in model.attributes.items():
            (self._function / attribute).write_bytes(value)
        (config / self._function.name).symlink_to(self._function)


def load_kernel() -> None:
    """Load the virtual ports, the gadget framework and the till's own drivers."""
    subprocess.run(["modprobe", "dummy_hcd", f"num={PORTS_MAX}"], check=True)
    subprocess.run(["modprobe", "--all", "libcomposite", *TILL_DRIVERS], check=True)
    if not (CONFIGFS / "usb_gadget").exists():
        subprocess.run(["mount", "-t", "configfs", "none", str(CONFIGFS)], check=True)
