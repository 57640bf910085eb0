"""Before the shop opens: what an installer does, everything plugged in, and what the machine then knows of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from tests.tillpc.inside.day import MODELS, READERS, Day
from tests.tillpc.inside.far_ends import Printer
from tests.tillpc.inside.till import ACCOUNT, wait_for

HERE: Final = Path(__file__).parent
CONFIG: Final = Path("/payload/config")
HOME: Final = Path("/var/lib/tallystick")
WEDGES: Final = ("msr-wedge", "scan-wedge")
LINKS: Final = ("/dev/usb", "/dev/input/by-id", "/dev/serial/by-id", "/dev/tallystick")
PLUG_S: Final = 0.5  # the printer first and one after the other, so that names are what they are on every day


def furnish() -> None:
    """Set the till up: its configuration, udev's rules, leave to use the smart card service."""
    for rules in (CONFIG / "udev").glob("*.rules"):
        shutil.copy(rules, "/etc/udev/rules.d")
    _name_wedges(Path("/etc/udev/rules.d/61-tallystick-wedge.rules"))
    for rules in (CONFIG / "polkit").glob("*.rules"):
        shutil.copy(rules, "/etc/polkit-1/rules.d")
    subprocess.run(["udevadm", "control", "--reload"], check=True)
    subprocess.run(["systemctl", "start", "pcscd.socket"], check=True)
    shutil.copytree(CONFIG, HOME / "config")
    for config in HERE.glob("*.toml"):
        shutil.copy(config, HOME)
        (HOME / config.stem).mkdir()
    subprocess.run(["chown", "--recursive", f"{ACCOUNT}:{ACCOUNT}", str(HOME)], check=True)


def _name_wedges(rules: Path) -> None:
    """Put the shop's readers that type in place of the example, as the file asks for."""
    lines = rules.read_text().splitlines()
    example = next(line for line in lines if "SUBSYSTEM==" in line).lstrip("# ")
    for model in MODELS:
        if model.name in WEDGES:
            named = re.sub(r'(idVendor\}==")\w+', rf"\g<1>{model.vendor:04x}", example)
            lines.append(re.sub(r'(idProduct\}==")\w+', rf"\g<1>{model.product:04x}", named))
    rules.write_text("\n".join(lines) + "\n")


def open_shop(day: Day) -> Printer:
    """Plug everything in and start the agent."""
    with day.step("plugged") as seen:
        for name in ("slips", *READERS):
            day.gadgets[name].plug()
            time.sleep(PLUG_S)
        wait_for(lambda: all(Path(link).exists() for link in LINKS), "the devices' links")
        subprocess.run(["udevadm", "settle"], check=True)
        seen["nodes"] = {str(path): _access(path) for link in LINKS for path in Path(link).iterdir()}
        seen["properties"] = {str(path): _properties(path) for path in Path("/dev/input/by-id").iterdir()}
        seen["power"] = {name: _power(day.gadgets[name].serial) for name in READERS}
    printer = Printer(day.gadgets["slips"].far_end)
    printer.switch_on()
    with day.step("started") as seen:
        begun = time.monotonic()
        day.till.start()
        seen["start_s"] = time.monotonic() - begun
        wait_for(lambda: all(device["status"] == "enabled" for device in day.till.devices()), "all are enabled", 30)
    day.seen["started"]["devices"] = day.till.devices()
    return printer


def _access(path: Path) -> dict[str, Any]:
    there = path.resolve()
    return {"node": str(there), "group": there.group(), "mode": f"{there.stat().st_mode & 0o777:o}"}


def _properties(path: Path) -> dict[str, str]:
    command = ["udevadm", "info", "--query=property", f"--name={path}"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


def _power(serial: str) -> dict[str, str]:
    """What udev made of the USB device with this serial number."""
    usb = next(
        path.parent for path in Path("/sys/bus/usb/devices").glob("*/serial") if path.read_text().strip() == serial
    )
    command = ["udevadm", "info", "--query=property", f"--path={usb.resolve()}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {"control": (usb / "power/control").read_text().strip(), "said": said}
