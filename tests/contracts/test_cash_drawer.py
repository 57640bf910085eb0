"""CashDrawer: the simulated driver."""

from __future__ import annotations

import pytest

from agent.devices.categories import CashDrawer, Category, HealthLevel
from agent.errors import IllegalError
from drivers.simulated import Settings, Simulated


class TestSimulated:
    @pytest.fixture
    def device(self) -> Simulated:
        return Simulated(Settings(Category.CASH_DRAWER))

    def test_a_drawer_that_is_not_enabled_stays_shut(self, device: CashDrawer) -> None:
        with pytest.raises(IllegalError, match="closed"):
            device.open_drawer()

    def test_every_call_opens_the_drawer_once(self, device: Simulated) -> None:
        device.open()
        device.claim()
        device.enable()
        device.open_drawer()
        device.open_drawer()
        health = device.check_health(HealthLevel.EXTERNAL)
        device.close()

        assert device.drawer_openings == 2
        assert health.ok
