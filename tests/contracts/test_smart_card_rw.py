"""SmartCardRW: the simulated driver, and pcsc on a real pcscd with a virtual reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.devices.categories import Category
from drivers.pcsc import PcscReader, Settings
from tests.contracts.input_contract import InputBench, InputContract
from tests.contracts.simulated_bench import simulated_input
from tests.drivers.vpcd import PcscService, VirtualCard, why_not

SAMPLES = (bytes.fromhex("04a1b2c3d4e5f6"), bytes.fromhex("64010203"))


class TestSimulated(InputContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self) -> Iterator[InputBench]:
        bench = simulated_input(Category.SMART_CARD_RW)
        yield bench
        bench.device.close()


@pytest.mark.skipif(why_not() is not None, reason=why_not() or "")
class TestPcsc(InputContract):
    samples = SAMPLES

    @pytest.fixture
    def bench(self) -> Iterator[InputBench]:
        device = PcscReader(Settings())
        with PcscService() as service:
            hand = Hand(service)
            yield InputBench(device, hand.show, service.stop, service.start)
            device.close()
            hand.take_away()


class Hand:
    """Shows one card after the other to the reader."""

    def __init__(self, service: PcscService) -> None:
        self._service = service
        self._card: VirtualCard | None = None

    def show(self, uid: bytes) -> None:
        """Take the card before away and put this one there."""
        self.take_away()
        self._card = VirtualCard.with_uid(uid)
        self._card.insert(self._service)

    def take_away(self) -> None:
        """Take the card away and wait until the reader has noticed."""
        if self._card is not None:
            self._card.remove()
            self._service.wait_empty()
            self._card = None
