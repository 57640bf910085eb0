"""HID reports through a file: whole ones, in time, and the device's going; features."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import NoHardwareError, OfflineError
from drivers._hidraw import HidRaw
from tests.drivers.device_file import DeviceFile
from tests.drivers.hid_features import play_features


@pytest.fixture
def device(tmp_path: Path) -> Iterator[DeviceFile]:
    with DeviceFile(tmp_path, "hidraw0") as device:
        yield device


@pytest.fixture
def hid(device: DeviceFile) -> Iterator[HidRaw]:
    hid = HidRaw(device.path)
    hid.open()
    yield hid
    hid.close()


def test_reports_are_read_one_by_one_and_whole(device: DeviceFile, hid: HidRaw) -> None:
    device.send(b"a" * 337)
    device.send(b"b" * 4096)

    assert hid.read(1) == b"a" * 337
    assert hid.read(1) == b"b" * 4096


def test_waiting_for_a_report_ends_in_time(hid: HidRaw) -> None:
    begun = time.monotonic()

    assert hid.read(0.05) == b""
    assert 0.03 < time.monotonic() - begun < 0.5


def test_reports_that_nobody_read_can_be_dropped(device: DeviceFile, hid: HidRaw) -> None:
    for _ in range(3):
        device.send(b"stale")
    hid.drop_stale()
    device.send(b"fresh")

    assert hid.read(1) == b"fresh"


def test_an_unplugged_device_is_offline(device: DeviceFile, hid: HidRaw) -> None:
    device.unplug()

    with pytest.raises(OfflineError, match="unplugged"):
        hid.read(1)


def test_a_device_that_reports_an_error_is_offline() -> None:
    far, near = os.openpty()
    hid = HidRaw(os.ttyname(near))
    hid.open()
    os.close(near)
    os.close(far)

    with pytest.raises(OfflineError, match="unplugged"):  # EIO, as from a hidraw device that has gone
        hid.read(1)
    hid.close()
    assert not hid.is_open


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHardwareError, match="hidraw7 is not there"):
        HidRaw(str(tmp_path / "hidraw7")).open()


def test_a_device_says_whose_it_is_and_takes_the_setting_of_a_feature(
    hid: HidRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = play_features(monkeypatch, vendor=0x0C2E)

    assert hid.vendor == 0x0C2E
    assert hid.set_feature(254, b"\x01")
    assert features == [b"\xfe\x01"]


def test_a_device_without_that_feature_refuses(hid: HidRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    features = play_features(monkeypatch, vendor=0x0801, refuses=True)

    assert not hid.set_feature(254, b"\x01")
    assert features == []


def test_a_file_that_is_no_hid_device_has_no_maker_and_no_features(hid: HidRaw) -> None:
    assert hid.vendor == 0
    assert not hid.set_feature(254, b"\x01")
