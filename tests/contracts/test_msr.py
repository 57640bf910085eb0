"""MSR: the simulated driver; keyboard_wedge and hid_msr on files, serial_msr on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.categories import Category
from drivers import hid_msr, keyboard_wedge, serial_msr
from drivers.hid_msr import HidMsr
from drivers.keyboard_wedge import KeyboardWedge
from drivers.serial_msr import SerialMsr
from tests.contracts.input_contract import InputBench, LineContract, WireContract
from tests.contracts.simulated_bench import simulated_input
from tests.drivers.device_file import DeviceFile
from tests.drivers.keyboard import Keyboard, play_grabs
from tests.drivers.serial_line import SerialLine

SAMPLES = (b";9498010000012345?", b"%A9498010000012345^DOE/JANE^?;9498010000012345?")


class TestSimulated(LineContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self) -> Iterator[InputBench]:
        bench = simulated_input(Category.MSR)
        yield bench
        bench.device.close()


class TestKeyboardWedge(WireContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InputBench]:
        play_grabs(monkeypatch)
        with Keyboard(tmp_path, "event0") as keyboard:
            settings = keyboard_wedge.Settings(keyboard.path, Category.MSR, one_line=True, settle_s=0.02)
            device = KeyboardWedge(settings)
            yield InputBench(
                device, lambda data: keyboard.type(f"{data.decode()}\n"), keyboard.unplug, keyboard.plug_in
            )
            device.close()


class TestHidMsr(WireContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[InputBench]:
        with DeviceFile(tmp_path, "hidraw0") as reader:
            device = HidMsr(hid_msr.Settings(reader.path))
            yield InputBench(device, lambda data: reader.send(magtek_report(data)), reader.unplug, reader.plug_in)
            device.close()


class TestSerialMsr(WireContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[InputBench]:
        with SerialLine(tmp_path) as line:
            device = SerialMsr(serial_msr.Settings(line.path, one_line=True, settle_s=0.02))
            yield InputBench(device, lambda data: line.send(data + b"\r"), line.unplug, line.plug_in)
            device.close()


def magtek_report(swipe: bytes) -> bytes:
    """Make the 337 bytes that a MagTek reader sends for a swipe of tracks 1 and 2."""
    at = swipe.index(b";")
    tracks = (swipe[:at], swipe[at:], b"")
    lengths = bytes(len(track) for track in tracks)
    return b"\0\0\0" + lengths + b"\0" + b"".join(track.ljust(110, b"\0") for track in tracks)
