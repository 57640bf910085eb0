"""Loading drivers by their row in a table."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent.devices.categories import Category
from agent.devices.loading import DeviceSetup, DriverRow, build
from agent.errors import ConfigError, NoServiceError
from drivers import DRIVERS

HERE = "tests.devices.odd_drivers"


def test_every_row_of_the_table_can_be_loaded() -> None:
    settings: dict[str, dict[str, object]] = {
        "escpos_printer": {"transport": "file", "path": "slips"},
        "hid_msr": {"path": "/dev/hidraw0"},
        "hid_pos": {"path": "/dev/hidraw1"},
        "keyboard_wedge": {"path": "/dev/input/event0", "category": "MSR"},
        "serial_msr": {"path": "/dev/ttyACM1"},
        "serial_scanner": {"path": "/dev/ttyACM0"},
        "simulated": {"category": "MSR"},
        "ssi_scanner": {"path": "/dev/ttyACM2"},
    }

    for name, row in DRIVERS.items():
        device = build(DeviceSetup("x", name, settings.get(name, {})), DRIVERS)
        assert device.category in row.categories


def test_the_table_loads_no_driver() -> None:
    code = "import sys, drivers; print([m for m in sys.modules if m.startswith(('drivers.', 'serial', 'escpos'))])"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_an_unknown_driver_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown driver 'simulatd'; did you mean 'simulated'\?"):
        build(DeviceSetup("till scanner", "simulatd", {}), DRIVERS)


def test_settings_are_checked_when_the_driver_is_built() -> None:
    with pytest.raises(ConfigError, match=r"device 'scanner': unknown setting 'pth'; did you mean 'path'\?"):
        build(DeviceSetup("scanner", "serial_scanner", {"pth": "/dev/ttyACM0"}), DRIVERS)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("tests.devices.no_such_module:Driver", "No module named"),
        (f"{HERE}:NotADevice", "is not a device: it lacks category, check_health"),
        (f"{HERE}:NotAPrinter", "is not a POSPrinter: it lacks encode, send, status"),
        (f"{HERE}:Quiet", "is set up as Scanner but can be POSPrinter"),
    ],
)
def test_what_is_no_driver_is_refused(target: str, said: str) -> None:
    with pytest.raises(NoServiceError) as raised:
        build(DeviceSetup("x", "odd", {}), {"odd": DriverRow((Category.POS_PRINTER,), target)})

    assert said in str(raised.value)
