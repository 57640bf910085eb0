"""Scanner: the simulated driver; serial_scanner and ssi_scanner on a pseudo-terminal, hid_pos on a file of reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.categories import Category
from drivers import hid_pos, keyboard_wedge, ssi_scanner
from drivers.hid_pos import HidPos
from drivers.keyboard_wedge import KeyboardWedge
from drivers.serial_scanner import SerialScanner, Settings
from drivers.ssi_scanner import SsiScanner
from tests.contracts.input_contract import InputBench, LineContract, WireContract
from tests.contracts.simulated_bench import simulated_input
from tests.drivers.device_file import DeviceFile
from tests.drivers.hid_pos_peer import reports_of
from tests.drivers.keyboard import Keyboard, play_grabs
from tests.drivers.serial_line import SerialLine
from tests.drivers.ssi_decoder import SsiDecoder

SAMPLES = (b"]E05901234123457", b"9498010000012345")


class TestSimulated(LineContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self) -> Iterator[InputBench]:
        bench = simulated_input(Category.SCANNER)
        yield bench
        bench.device.close()


class TestSerialScanner(WireContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[InputBench]:
        with SerialLine(tmp_path) as line:
            device = SerialScanner(Settings(line.path, settle_s=0.02))
            yield InputBench(device, lambda data: line.send(data + b"\r"), line.unplug, line.plug_in)
            device.close()


class TestSsiScanner(WireContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[InputBench]:
        with SerialLine(tmp_path) as line:
            device = SsiScanner(ssi_scanner.Settings(line.path, settle_s=0.05))
            decoder = SsiDecoder(line)
            decoder.start()

            def show(label: bytes) -> None:
                decoder.scan(label)

            def unplug() -> None:
                decoder.stop()
                line.unplug()

            def plug_in() -> None:
                nonlocal decoder
                line.plug_in()
                decoder = SsiDecoder(line)
                decoder.start()

            yield InputBench(device, show, unplug, plug_in)
            decoder.stop()
            device.close()


class TestHidPos(WireContract):
    samples = (b"]E05901234123457", b"]Q1https://example.com/" * 6)

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[InputBench]:
        with DeviceFile(tmp_path, "hidraw0", packets=True) as file:
            device = HidPos(hid_pos.Settings(file.path))

            def show(label: bytes) -> None:
                for report in reports_of(label):
                    file.send(report)

            yield InputBench(device, show, file.unplug, file.plug_in)
            device.close()


class TestKeyboardWedge(WireContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InputBench]:
        play_grabs(monkeypatch)
        with Keyboard(tmp_path, "event0") as keyboard:
            device = KeyboardWedge(keyboard_wedge.Settings(keyboard.path, Category.SCANNER, settle_s=0.02))
            yield InputBench(
                device, lambda data: keyboard.type(f"{data.decode()}\n"), keyboard.unplug, keyboard.plug_in
            )
            device.close()
