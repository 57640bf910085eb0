"""The files under /sys and /dev of a machine with things plugged in, as Linux 6.1 and udev lay them out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Report descriptors by what they are made for: usage page, usage, an application collection, its end.
LABELS = bytes.fromhex("058c0902a101c0")  # HID Point of Sale usage tables, 1.02: page 8C, bar code scanner
STRIPES = bytes.fromhex("058e0901a101c0")  # the same: page 8E, magnetic stripe reader
VENDOR = bytes.fromhex("0600ff0901a101c0")  # page FF00, MagTek 99875191
KEYBOARD = bytes.fromhex("05010906a10105071900c0")

WHOLE_KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
POWER_BUTTON = "10000000000000 0"


@dataclass(frozen=True)
class Usb:
    """A USB device: the port it is plugged into, its numbers, what it says of itself."""

    port: str
    vendor: str
    product: str
    maker: str = ""
    name: str = ""
    serial: str = ""


class Machine:
    """A root folder. Every `plug_*` makes what the kernel and udev make for such a device."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def plug_keyboard(
        self, usb: Usb, event: str, *, link: str = "", by_path: str = "", keys: str = WHOLE_KEYBOARD
    ) -> None:
        interface = self._usb(usb)
        device = interface / f"0003:{usb.vendor}:{usb.product}.0001" / "input" / f"input{event.removeprefix('event')}"
        self._write(device / "name", f"{usb.maker} {usb.name}")
        self._write(device / "capabilities" / "key", keys)
        for key, value in (("bustype", "0003"), ("vendor", usb.vendor), ("product", usb.product)):
            self._write(device / "id" / key, value)
        self._entry("class/input", device / event, device="..")
        self._node(f"input/{event}", {f"input/by-id/{link}": link, f"input/by-path/{by_path}": by_path})

    def plug_port(self, usb: Usb, tty: str, *, link: str = "", by_path: str = "") -> None:
        interface = self._usb(usb)
        self._entry("class/tty", interface / "tty" / tty, device="../..")
        self._node(tty, {f"serial/by-id/{link}": link, f"serial/by-path/{by_path}": by_path})

    def build_in_port(self, tty: str, kind: str) -> None:
        """A port of the board; `kind` is its UART as the kernel numbers them, 0 for none."""
        device = self.root / "sys/devices/platform/serial8250"
        self._entry("class/tty", device / "tty" / tty, device="../..")
        self._write(device / "tty" / tty / "type", kind)
        self._node(tty, {})

    def plug_hid(self, usb: Usb, hidraw: str, descriptor: bytes, *, link: str = "") -> None:
        device = self._usb(usb) / f"0003:{usb.vendor}:{usb.product}.0001"
        name = f"{usb.maker} {usb.name}"
        self._write(device / "uevent", f"HID_ID=0003:0000{usb.vendor}:0000{usb.product}\nHID_NAME={name}\nHID_UNIQ=")
        (device / "report_descriptor").write_bytes(descriptor)
        self._entry("class/hidraw", device / "hidraw" / hidraw, device="../..")
        self._node(hidraw, {f"tallystick/{link}": link})

    def plug_printer(self, usb: Usb, lp: str, *, ieee1284_id: str = "", link: str = "") -> None:
        interface = self._usb(usb)
        if ieee1284_id:
            self._write(interface / "ieee1284_id", ieee1284_id)
        self._entry("class/usbmisc", interface / "usbmisc" / lp, device="../..")
        self._node(f"usb/{lp}", {f"tallystick/{link}": link})

    def plug_smart_card_reader(self, usb: Usb) -> None:
        interface = self._usb(usb)
        self._write(interface / "bInterfaceClass", "0b")
        self._link(self.root / "sys/bus/usb/devices" / interface.name, interface)

    def _usb(self, usb: Usb) -> Path:
        device = self.root / "sys/devices/pci0000:00/0000:00:14.0/usb1" / usb.port
        for file, text in (
            ("idVendor", usb.vendor),
            ("idProduct", usb.product),
            ("manufacturer", usb.maker),
            ("product", usb.name),
            ("serial", usb.serial),
        ):
            if text:
                self._write(device / file, text)
        interface = device / f"{usb.port}:1.0"
        self._write(interface / "bInterfaceNumber", "00")
        return interface

    def _entry(self, folder: str, real: Path, *, device: str) -> None:
        real.mkdir(parents=True)
        (real / "device").symlink_to(device)
        self._link(self.root / "sys" / folder / real.name, real)

    def _node(self, name: str, links: dict[str, str]) -> None:
        self._write(self.root / "dev" / name, "")
        for link, wanted in links.items():
            if wanted:
                path = self.root / "dev" / link
                path.unlink(missing_ok=True)  # of two alike udev's link leads to the last
                self._link(path, self.root / "dev" / name)

    @staticmethod
    def _link(path: Path, target: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


SCANNER = Usb("1-1", "0c2e", "0b61", "Honeywell", "Honeywell 1400g", "15099B")
STRIPE_READER = Usb("1-2", "0801", "0002", "Mag-Tek", "USB Swipe Reader")
ADAPTER = Usb("1-3", "0403", "6001", "FTDI", "FT232R USB UART", "A9Z1")
PRINTER = Usb("1-4", "04b8", "0e15", "EPSON", "TM-T20II", "J3SF")
CHIP_READER = Usb("1-5", "072f", "2200", "ACS", "ACR122U PICC Interface")
DESK_KEYBOARD = Usb("1-6", "046d", "c31c", "Logitech", "USB Keyboard")
