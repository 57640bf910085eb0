"""The driver that drivers/README.md tells a stranger to write: it loads, and it reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import drivers
from agent.devices.categories import Category, InputDevice
from agent.devices.loading import DeviceSetup, DriverRow, build
from tests.drivers.serial_line import SerialLine

IMPORTS = """
from __future__ import annotations
from dataclasses import dataclass
from agent.devices.categories import Category, Health, HealthLevel, Input
from agent.devices.framing import label_frames
from agent.devices.lifecycle import Lifecycle
from drivers._serial import SerialPort
"""


@pytest.fixture
def row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DriverRow]:
    readme = (Path(drivers.__file__).parent / "README.md").read_text()
    block = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    (tmp_path / "my_reader.py").write_text(IMPORTS + block[1])
    monkeypatch.syspath_prepend(tmp_path)
    yield DriverRow((Category.SCANNER,), "my_reader:MyReader")
    sys.modules.pop("my_reader")


def test_the_driver_of_the_readme_reads(row: DriverRow, tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        device = build(DeviceSetup("counter", "my_reader", {"path": line.path}), {"my_reader": row})
        assert isinstance(device, InputDevice)
        device.open()
        device.claim()
        device.enable()
        line.send(b"123\r")
        seen = device.read(1)
        device.close()

    assert seen is not None
    assert seen.data == b"123"
