"""Devices of till.toml opened by a command, while no agent runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agent.config import Config
from agent.devices.loading import DeviceSetup
from agent.devices.supervision.report import DeviceStatus
from agent.devices.supervision.supervisor import Supervisor
from agent.errors import ClaimedError
from agent.upkeep.memory import keep_memory_private
from agent.upkeep.running import find_running
from drivers import known_drivers

OPEN_S = 10.0  # a driver that is not up by then will not be
_LOOK_S = 0.02


@contextmanager
def opened(setups: Sequence[DeviceSetup]) -> Iterator[Supervisor]:
    """Run these devices, each as far as it comes up; what is read meanwhile is forgotten."""
    keep_memory_private()  # it may be a payment card
    supervisor = Supervisor(setups, known_drivers(), ranges=tuple, on_change=lambda _: None)
    supervisor.start()
    try:
        deadline = time.monotonic() + OPEN_S
        while time.monotonic() < deadline and any(
            report.status is DeviceStatus.DISABLED for report in supervisor.reports()
        ):
            time.sleep(_LOOK_S)
        yield supervisor
    finally:
        supervisor.stop()


def refuse_if_held(config: Config, name: str) -> None:
    """Raise ClaimedError if an agent runs, which holds the device called `name`."""
    running = find_running(config.till.folder)
    if running is not None:
        raise ClaimedError(
            f"{name!r} is held by the running agent (process {running.pid})",
            hint=f"stop the agent meanwhile; `tally devices test {name}` tests it as it is",
        )
