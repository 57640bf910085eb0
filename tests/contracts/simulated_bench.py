"""The simulated driver on the bench."""

from __future__ import annotations

from agent.devices.categories import Category
from drivers.simulated import Settings, Simulated
from tests.contracts.input_contract import InputBench
from tests.drivers.wait import wait_until

AWAY_S = 0.05


def simulated_input(category: Category) -> InputBench:
    """A simulated reader; it is away for AWAY_S once it is unplugged."""
    device = Simulated(Settings(category))

    def show(data: bytes) -> None:
        device.tell(data.hex() if category is Category.SMART_CARD_RW else data.decode("latin-1"))

    return InputBench(device, show, lambda: device.tell(f"!unplug {AWAY_S}"), lambda: wait_for_return(device))


def wait_for_return(device: Simulated) -> None:
    """Wait until the simulated device is plugged in again."""
    wait_until(lambda: device.is_plugged_in, "the simulated device is back")
