"""Loading drivers by their row in a table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.devices.categories import Category
from agent.devices.loading import DeviceSetup, DriverRow, build, serves_as
from agent.errors import ConfigError, NoServiceError
from drivers import DRIVERS, known_drivers

HERE = "tests.devices.odd_drivers"


def test_every_row_of_the_table_can_be_loaded() -> None:
    settings: dict[str, dict[str, object]] = {
        "cash_drawer": {"transport": "file", "path": "drawer"},
        "escpos_printer": {"transport": "file", "path": "slips"},
        "hid_msr": {"path": "/dev/hidraw0"},
        "hid_pos": {"path": "/dev/hidraw1"},
        "keyboard_wedge": {"path": "/dev/input/event0", "category": "MSR"},
        "line_display": {"transport": "file", "path": "display"},
        "serial_msr": {"path": "/dev/ttyACM1"},
        "serial_scanner": {"path": "/dev/ttyACM0"},
        "simulated": {"category": "MSR"},
        "ssi_scanner": {"path": "/dev/ttyACM2"},
        "star_printer": {"transport": "file", "path": "slips"},
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


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install packages that hold nothing but entry points."""

    def install(**packages: str) -> None:
        for package, entry in packages.items():
            folder = tmp_path / f"{package}-1.0.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
            (folder / "entry_points.txt").write_text(f"[tallystick.drivers]\n{entry}\n")
        monkeypatch.syspath_prepend(tmp_path)

    return install


def test_a_driver_of_another_package_is_found_by_its_entry_point(offer: Callable[..., None]) -> None:
    offer(acme=f"acme_reader = {HERE}:Quiet")

    device = build(DeviceSetup("gate", "acme_reader", {}), known_drivers())

    assert device.category is Category.SCANNER
    assert set(known_drivers()) == {*DRIVERS, "acme_reader"}
    assert len(known_drivers()) == len(DRIVERS) + 1


def test_no_package_takes_a_name_of_ours(offer: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    offer(evil=f"pcsc = {HERE}:Quiet")

    assert dict(known_drivers()) == DRIVERS
    assert "driver=pcsc of 'tests.devices.odd_drivers:Quiet' is not used: the name is taken" in caplog.text


def test_of_two_packages_with_one_name_the_same_one_always_counts(
    offer: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    offer(zeta="acme_reader = zeta:Reader", alpha="acme_reader = alpha:Reader")

    assert known_drivers()["acme_reader"].target == "alpha:Reader"
    assert "driver=acme_reader of 'zeta:Reader' is not used" in caplog.text


@pytest.mark.parametrize("target", ["no_such_module:Reader", "tests.devices.odd_drivers:NoSuchClass", "tests.devices"])
def test_a_package_that_cannot_be_loaded_is_named(offer: Callable[..., None], target: str) -> None:
    offer(acme=f"acme_reader = {target}")

    with pytest.raises(NoServiceError, match="device 'gate': driver 'acme_reader' cannot be loaded"):
        build(DeviceSetup("gate", "acme_reader", {}), known_drivers())


def test_a_module_without_settings_is_no_driver() -> None:
    row = DriverRow((Category.SCANNER,), "tests.devices.supervision:Reader")

    with pytest.raises(NoServiceError, match=r"AttributeError: .* no attribute 'Settings'"):
        build(DeviceSetup("x", "odd", {}), {"odd": row})


def test_a_drawer_is_whatever_opens_one() -> None:
    printer = build(DeviceSetup("x", "simulated", {"category": "POSPrinter"}), DRIVERS)
    scanner = build(DeviceSetup("x", "odd", {}), {"odd": DriverRow(tuple(Category), f"{HERE}:Quiet")})

    assert serves_as(Category.POS_PRINTER, printer)
    assert serves_as(Category.CASH_DRAWER, printer)
    assert not serves_as(Category.LINE_DISPLAY, printer)
    assert not serves_as(Category.CASH_DRAWER, scanner)
