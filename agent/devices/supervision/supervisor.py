"""All devices of the till: starts a thread for each, watches them, and hands out what they read.

Nothing here knows a driver: they come as a table of import strings, and are loaded when a setup names them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from agent.devices.categories import Category, Health, HealthLevel, POSPrinter, PrinterStatus
from agent.devices.document import Document
from agent.devices.loading import DeviceSetup, DriverRow
from agent.devices.supervision.inbox import Inbox, Sighting
from agent.devices.supervision.intake import Intake
from agent.devices.supervision.pace import Pace
from agent.devices.supervision.report import DeviceReport
from agent.devices.supervision.worker import Worker
from agent.errors import ConfigError, IllegalError, UnknownError
from agent.loyalty.cards import CardRange

WATCH_S = 0.1

_log = logging.getLogger(__name__)


class PrinterHandle:
    """A printer as the spool sees it: every call goes through the printer's own thread and is bounded in time."""

    def __init__(self, worker: Worker, pace: Pace) -> None:
        self._worker = worker
        self._pace = pace

    def encode(self, document: Document) -> bytes:
        """Turn a slip into the printer's bytes; needs no printer, only its driver. NoServiceError without one."""
        return self._printer().encode(document)

    def send(self, data: bytes) -> None:
        """Hand a slip to the printer. OfflineError: nothing was sent. DeviceTimeoutError: perhaps it was."""
        printer = self._printer()
        self._worker.jobs.ask("send", lambda: printer.send(data), limit_s=self._pace.send_s)

    def status(self) -> PrinterStatus:
        """Ask the printer how it is; OfflineError if it cannot be asked."""
        printer = self._printer()
        return self._worker.jobs.ask("status", printer.status, limit_s=self._pace.answer_s)

    def _printer(self) -> POSPrinter:
        device = self._worker.device()
        if device.category is not Category.POS_PRINTER:
            raise IllegalError(f"device {self._worker.report.name!r} is a {device.category}, not a POSPrinter")
        return cast("POSPrinter", device)


class Supervisor:
    """Runs the devices named by `setups`.

    `ranges` returns the programme's own cards of the moment; it and `on_change` are called from the devices' threads.
    ConfigError if two setups have the same name; what is wrong with a single device becomes its status word.
    """

    def __init__(
        self,
        setups: Sequence[DeviceSetup],
        drivers: Mapping[str, DriverRow],
        *,
        ranges: Callable[[], Sequence[CardRange]],
        on_change: Callable[[DeviceReport], None],
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._inbox = Inbox()
        intake = Intake(self._inbox, ranges)
        self._workers: dict[str, Worker] = {}
        for setup in setups:
            if setup.name in self._workers:
                raise ConfigError(f"two devices are called {setup.name!r}", hint="give each device its own name")
            self._workers[setup.name] = Worker(setup, drivers, intake=intake, pace=self._pace, on_change=on_change)
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
        return self._inbox.take(timeout_s)

    def reports(self) -> tuple[DeviceReport, ...]:
        """Every device as it is now, in the order of the setups."""
        return tuple(worker.report for worker in self._workers.values())

    def printer(self, name: str) -> PrinterHandle:
        """Return the printer called `name`, whether it is enabled or not; UnknownError if no device has that name."""
        return PrinterHandle(self._worker(name), self._pace)

    def check_health(self, name: str, level: HealthLevel) -> Health:
        """Have a device check itself. OfflineError if it is not enabled; UnknownError if there is none of that name."""
        worker = self._worker(name)
        device = worker.device()
        limit_s = self._pace.interactive_s if level is HealthLevel.INTERACTIVE else self._pace.answer_s
        return worker.jobs.ask("check health", lambda: device.check_health(level), limit_s=limit_s)

    def _worker(self, name: str) -> Worker:
        if name not in self._workers:
            raise UnknownError(f"no device is called {name!r}", hint="`tally devices` lists them")
        return self._workers[name]

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_S):
            for worker in self._workers.values():
                worker.watch()
