"""All devices of the till: starts a thread for each, watches them, and hands out what they read.

Nothing here knows a driver: they come as a table of import strings, and are loaded when a setup names them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from agent.devices.categories import Health, HealthLevel
from agent.devices.chips.sun.keys import SunKeys
from agent.devices.gs1.numbers import Numbering
from agent.devices.gs1.settings import WORLD
from agent.devices.loading import DeviceSetup, DriverRow
from agent.devices.supervision.calls.answers import as_health, asking
from agent.devices.supervision.handles import DisplayHandle, DrawerHandle, PrinterHandle
from agent.devices.supervision.hotplug import Hotplug
from agent.devices.supervision.inbox import Inbox, Sighting
from agent.devices.supervision.intake import Intake
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.report import DeviceReport
from agent.devices.supervision.worker import Worker
from agent.errors import ConfigError, UnknownError
from agent.loyalty.cards import CardRange

WATCH_S = 0.1  # how soon a driver that hangs is noticed, and a device that was plugged in

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs the devices named by `setups`.

    `ranges` returns the programme's own cards of the moment; it and `on_change` are called from the devices' threads.
    `numbering` says what other labels of this shop are, `sun` are the keys with which its chips prove themselves.
    ConfigError if two setups have the same name; what is wrong with a single device becomes its status word.
    """

    def __init__(
        self,
        setups: Sequence[DeviceSetup],
        drivers: Mapping[str, DriverRow],
        *,
        ranges: Callable[[], Sequence[CardRange]],
        on_change: Callable[[DeviceReport], None],
        numbering: Numbering = WORLD,
        sun: SunKeys | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._inbox = Inbox()
        intake = Intake(self._inbox, ranges, numbering, sun)
        self._workers: dict[str, Worker] = {}
        for setup in setups:
            if setup.name in self._workers:
                raise ConfigError(f"two devices are called {setup.name!r}", hint="give each device its own name")
            self._workers[setup.name] = Worker(setup, drivers, intake=intake, pace=self._pace, on_change=on_change)
        self._hotplug = Hotplug()
        self._stopping = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="devices-watchdog", daemon=True)

    def start(self) -> None:
        """Start every device; returns at once, drivers load and open in their own threads."""
        self._watchdog.start()
        for worker in self._workers.values():
            worker.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Close every device; returns after `timeout_s` at the latest, leaving behind a driver that hangs."""
        deadline = time.monotonic() + timeout_s
        self._stopping.set()
        for worker in self._workers.values():
            worker.stop()
        for name, worker in self._workers.items():
            if not worker.join(deadline - time.monotonic()):
                _log.warning("device=%s did not close within %g s", name, timeout_s)

    def take(self, timeout_s: float) -> Sighting | None:
        """Return the next card that was read, waiting up to `timeout_s`; None if there was none."""
        sighting = self._inbox.take(timeout_s)
        if sighting is not None:
            self._workers[sighting.device].meter.handed_out(time.monotonic_ns() - sighting.at_ns)
        return sighting

    def reports(self) -> tuple[DeviceReport, ...]:
        """Every device as it is now, in the order of the setups."""
        return tuple(worker.report for worker in self._workers.values())

    def printer(self, name: str) -> PrinterHandle:
        """Return the printer called `name`, whether it is enabled or not; UnknownError if no device has that name."""
        return PrinterHandle(self._worker(name), self._pace)

    def drawer(self, name: str) -> DrawerHandle:
        """Return the cash drawer called `name`, or the one that hangs on the printer of that name; UnknownError."""
        return DrawerHandle(self._worker(name), self._pace)

    def display(self, name: str) -> DisplayHandle:
        """Return the customer display called `name`; UnknownError."""
        return DisplayHandle(self._worker(name), self._pace)

    def check_health(self, name: str, level: HealthLevel) -> Health:
        """Have a device check itself. OfflineError if it is not enabled; UnknownError if there is none of that name."""
        worker = self._worker(name)
        device = worker.device()
        limit_s = self._pace.interactive_s if level is HealthLevel.INTERACTIVE else self._pace.answer_s
        check = asking(lambda: device.check_health(level), as_health)
        return worker.jobs.ask("check health", check, limit_s=limit_s)

    def _worker(self, name: str) -> Worker:
        if name not in self._workers:
            raise UnknownError(f"no device is called {name!r}", hint="`tally devices` lists them")
        return self._workers[name]

    def _watch(self) -> None:
        self._hotplug.open()
        while not self._stopping.wait(WATCH_S):
            was_added = self._hotplug.was_added()
            for worker in self._workers.values():
                worker.watch()
                if was_added:
                    worker.retry_now()
        self._hotplug.close()
