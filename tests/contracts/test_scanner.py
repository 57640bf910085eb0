"""Scanner: the simulated driver, and serial_scanner on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.categories import Category
from drivers.serial_scanner import SerialScanner, Settings
from tests.contracts.input_contract import InputBench, LineContract
from tests.contracts.simulated_bench import simulated_input
from tests.drivers.serial_line import SerialLine

SAMPLES = (b"]E05901234123457", b"9498010000012345")


class TestSimulated(LineContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self) -> Iterator[InputBench]:
        bench = simulated_input(Category.SCANNER)
        yield bench
        bench.device.close()


class TestSerialScanner(LineContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[InputBench]:
        with SerialLine(tmp_path) as line:
            device = SerialScanner(Settings(line.path, settle_s=0.02))
            yield InputBench(device, lambda data: line.send(data + b"\r"), line.unplug, line.plug_in)
            device.close()
