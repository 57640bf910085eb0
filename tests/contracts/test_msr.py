"""MSR: the simulated driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.devices.categories import Category
from tests.contracts.input_contract import InputBench, LineContract
from tests.contracts.simulated_bench import simulated_input


class TestSimulated(LineContract):
    samples = (b";9498010000012345?", b"%A9498010000012345^DOE/JANE^?;9498010000012345?")

    @pytest.fixture
    def bench(self) -> Iterator[InputBench]:
        bench = simulated_input(Category.MSR)
        yield bench
        bench.device.close()
