"""LineDisplay: the simulated driver."""

from __future__ import annotations

import pytest

from agent.devices.categories import Category, LineDisplay
from agent.errors import IllegalError
from drivers.simulated import Settings, Simulated


class TestSimulated:
    @pytest.fixture
    def device(self) -> Simulated:
        return Simulated(Settings(Category.LINE_DISPLAY))

    def test_a_display_that_is_not_enabled_shows_nothing(self, device: LineDisplay) -> None:
        with pytest.raises(IllegalError, match="closed"):
            device.show(["1.20"])

    def test_what_is_shown_replaces_what_was_shown(self, device: Simulated) -> None:
        device.open()
        device.claim()
        device.enable()
        device.show(["Jane", "120 points"])
        device.show(["Thank you"])
        device.close()

        assert device.shown == ("Thank you",)
