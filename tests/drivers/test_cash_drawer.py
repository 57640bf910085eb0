"""cash_drawer: settings, and the trigger."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.devices.categories import DrawerState, HealthLevel
from agent.devices.settings import parse_settings
from agent.errors import ConfigError
from drivers._link import Transport
from drivers.cash_drawer import Settings, TriggeredDrawer
from tests.drivers.serial_line import SerialLine


@pytest.mark.parametrize("trigger", ["", "7", "bell", "00" * 17])
def test_a_trigger_that_is_no_bytes_is_refused(trigger: str) -> None:
    table = {"transport": "serial", "path": "/dev/ttyS0", "trigger": trigger}

    with pytest.raises(ConfigError, match=r"'trigger' is .* 1 to 16 bytes"):
        parse_settings(Settings, table, where="device 'drawer'")


def test_a_pause_cannot_be_negative() -> None:
    with pytest.raises(ConfigError, match="'pause_s' is -1"):
        Settings(Transport.SERIAL, path="/dev/ttyS0", pause_s=-1)


def test_the_trigger_is_sent_as_it_stands_and_not_too_often(tmp_path: Path) -> None:
    with SerialLine(tmp_path) as line:
        settings = Settings(Transport.SERIAL, path=line.path, trigger="1b 70", pause_s=0.05)
        drawer = TriggeredDrawer(settings)
        drawer.open()
        drawer.claim()
        drawer.enable()
        drawer.open_drawer()
        begun = time.monotonic()
        health = drawer.check_health(HealthLevel.INTERACTIVE)
        took_s = time.monotonic() - begun
        state = drawer.drawer_state()
        sent = b""
        while data := line.receive(0.05):
            sent += data
        drawer.close()

    assert sent == b"\x1bp\x1bp"
    assert took_s >= 0.04
    assert health.ok
    assert state is DrawerState.UNKNOWN
