"""`tally devices`: what is configured, and how each device is."""

from __future__ import annotations

from typing import Any

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, show
from agent.config import load_config
from agent.upkeep.running import find_running
from drivers import DRIVERS


def devices(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the devices.

    As the running agent sees them, or without one as they are configured.

    Example: tally devices --json
    """
    settings = load_config(config)
    running = find_running(settings.till.folder)
    if running is not None:
        show(running.ask("GET", "/v1/status")["devices"], as_json=as_json)
        return
    rows: list[dict[str, Any]] = [
        {
            "name": device.name,
            "driver": device.driver,
            "category": ", ".join(str(category) for category in DRIVERS[device.driver].categories),
            "status": "agent not running",
            "text": "",
        }
        for device in settings.devices
    ]
    show(rows, as_json=as_json)
