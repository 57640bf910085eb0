"""One device and the thread that drives it: load, open, serve; after any trouble close, wait, and open again.

Whatever a driver does ends here as a status word: it may raise anything, return rubbish, or not come back at all. A
call that does not come back cannot be ended from outside; the watchdog says so, and the session ends when it returns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from agent.devices.categories import (
    INPUT_CATEGORIES,
    Category,
    Device,
    Health,
    HealthLevel,
    InputDevice,
    POSPrinter,
    PrinterStatus,
)
from agent.devices.firewall.payment import wipe
from agent.devices.loading import DeviceSetup, DriverRow, build
from agent.devices.supervision.calls import Calls
from agent.devices.supervision.intake import Intake
from agent.devices.supervision.jobs import Job, Jobs
from agent.devices.supervision.pace import Pace, Pauses
from agent.devices.supervision.report import Counters, DeviceReport, DeviceStatus
from agent.errors import ConfigError, DeviceError, FailureError, IllegalError, NoServiceError

AFTER_FAILURE_S = 0.05  # a reader that fails without pause must not take the whole processor
HURRY_S = 0.01  # a driver that returns None sooner than this did not wait
TEXT_MAX = 200  # characters of a driver's own words
NO_WAY_BACK = "this printer does not say how it is: what is printed is not confirmed"

_log = logging.getLogger(__name__)


class Worker:
    """Drives one device; `on_change` is called, from any thread, whenever its report changes."""

    def __init__(
        self,
        setup: DeviceSetup,
        drivers: Mapping[str, DriverRow],
        *,
        intake: Intake,
        pace: Pace,
        on_change: Callable[[DeviceReport], None],
    ) -> None:
        self.jobs = Jobs(setup.name)
        self._setup = setup
        self._drivers = drivers
        self._intake = intake
        self._pace = pace
        self._on_change = on_change
        self._calls = Calls()
        self._device: Device | None = None
        self._is_built = threading.Event()
        self._stopping = threading.Event()
        self._was_enabled = False
        self._lock = threading.Lock()
        self._report = DeviceReport(setup.name, setup.driver, None, DeviceStatus.DISABLED, "", Counters())
        # A daemon thread: a driver that hangs for ever must not keep the agent from ending.
        self._thread = threading.Thread(target=self._run, name=f"device-{setup.name}", daemon=True)

    @property
    def report(self) -> DeviceReport:
        """The device as it is now."""
        return self._report

    def start(self) -> None:
        """Begin; the driver is loaded in its own thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stopping.set()
        self.jobs.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if the driver still holds it."""
        if self._thread.ident is not None:
            self._thread.join(max(timeout_s, 0))
        return not self._thread.is_alive()

    def device(self) -> Device:
        """Return the driver, waiting until it is loaded; NoServiceError if it cannot be."""
        if not self._is_built.wait(self._pace.answer_s) or self._device is None:
            raise NoServiceError(f"device {self._setup.name!r} has no driver: {self._report.text or 'still loading'}")
        return self._device

    def watch(self) -> None:
        """Say so if the driver does not come back; called from the watchdog's thread."""
        overdue = self._calls.overdue()
        if overdue is not None:
            self.jobs.close()
            self._say(DeviceStatus.OFFLINE, overdue)

    def _run(self) -> None:
        device = self._load()
        pauses = Pauses(self._pace)
        while device is not None and not self._stopping.is_set():
            begun = time.monotonic()
            try:
                self._session(device)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # the device loop: a driver may raise anything
                status, text = _verdict(error)
                self._say(status, text)
                self._shut(device)
                if time.monotonic() - begun > self._pace.longest_pause_s:
                    pauses.reset()
                is_ill = status is DeviceStatus.OFFLINE
                self._stopping.wait(pauses.next_s() if is_ill else pauses.longest_s())
            else:
                self._shut(device)
                self._say(DeviceStatus.DISABLED, "")

    def _load(self) -> Device | None:
        try:
            self._device = build(self._setup, self._drivers)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # so may a third party's module
            status, text = _verdict(error)
            self._say(status if isinstance(error, ConfigError) else DeviceStatus.STOPPED_BY_LOAD_ERROR, text)
        else:
            self._report = replace(self._report, category=self._device.category)
        self._is_built.set()
        return self._device

    def _session(self, device: Device) -> None:
        """Bring the device up and serve it; returns when the agent stops, raises when the device has to be reopened."""
        answer_s = self._pace.answer_s
        self._calls.make("open", device.open, limit_s=answer_s)
        self._calls.make("claim", device.claim, limit_s=answer_s)
        self._calls.make("enable", device.enable, limit_s=answer_s)
        self._require_health(device)
        self.jobs.open()
        self._say(DeviceStatus.ENABLED, "")
        self._count(reopens=int(self._was_enabled))
        self._was_enabled = True
        if device.category in INPUT_CATEGORIES:
            self._serve_input(cast("InputDevice", device))
        else:
            self._serve_output(device)

    def _require_health(self, device: Device) -> None:
        health = self._calls.make(
            "check_health", lambda: device.check_health(HealthLevel.INTERNAL), limit_s=self._pace.answer_s
        )
        if not isinstance(health, Health):
            raise FailureError(f"the driver returned {type(health).__name__} in place of its Health")
        if not health.ok:
            raise FailureError(health.text)

    def _serve_input(self, device: InputDevice) -> None:
        while not self._stopping.is_set():
            if job := self.jobs.next(0):
                self._do(job)
            self._read(device)

    def _read(self, device: InputDevice) -> None:
        pace, name, category = self._pace, self._setup.name, device.category
        asked = time.monotonic()
        try:
            seen = self._calls.make("read", lambda: device.read(pace.read_s), limit_s=pace.read_s + pace.answer_s)
        except FailureError as error:  # this read went wrong, the device is well
            self._intake.refuse(name, category, error)
            self._count(failed_reads=1)
            self._stopping.wait(AFTER_FAILURE_S)
            return
        if seen is not None:
            good = self._intake.accept(name, category, seen)
            self._count(good_reads=int(good), failed_reads=int(not good))
        elif time.monotonic() - asked < min(HURRY_S, pace.read_s):
            self._stopping.wait(HURRY_S)

    def _serve_output(self, device: Device) -> None:
        while not self._stopping.is_set():
            self._look(device)
            if job := self.jobs.next(self._pace.status_s):
                self._do(job)

    def _look(self, device: Device) -> None:
        if device.category is not Category.POS_PRINTER:
            return
        printer = cast("POSPrinter", device)
        status = self._calls.make("status", printer.status, limit_s=self._pace.answer_s)
        if not isinstance(status, PrinterStatus):
            raise FailureError(f"the driver returned {type(status).__name__} in place of a PrinterStatus")
        self._say(DeviceStatus.ENABLED, NO_WAY_BACK if status.silent else status.trouble)

    def _do(self, job: Job) -> None:
        try:
            result = self._calls.make(job.name, job.call, limit_s=job.limit_s)
        except (FailureError, IllegalError) as error:  # this job failed, the device is well
            job.outcome.set_exception(error)
        except (Exception, SystemExit) as error:
            _, text = _verdict(error)
            job.outcome.set_exception(error if isinstance(error, DeviceError) else FailureError(text))
            raise
        else:
            job.outcome.set_result(result)

    def _shut(self, device: Device) -> None:
        self.jobs.close()
        for step in (device.disable, device.release, device.close):
            try:
                self._calls.make(step.__name__, step, limit_s=self._pace.answer_s)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # what is let go of may complain
                _log.debug("device=%s step=%s error=%r", self._setup.name, step.__name__, _verdict(error)[1])

    def _count(self, *, good_reads: int = 0, failed_reads: int = 0, reopens: int = 0) -> None:
        with self._lock:
            was = self._report.counters
            counters = Counters(was.good_reads + good_reads, was.failed_reads + failed_reads, was.reopens + reopens)
            self._report = replace(self._report, counters=counters)

    def _say(self, status: DeviceStatus, text: str) -> None:
        with self._lock:
            if (status, text) == (self._report.status, self._report.text):
                return
            self._report = report = replace(self._report, status=status, text=text)
        _log.info("device=%s status=%s text=%r", report.name, status, text)
        try:
            self._on_change(report)
        except Exception:  # noqa: BLE001  # whoever listens must not stop a device
            _log.exception("device=%s the listener failed", report.name)


def _verdict(error: BaseException) -> tuple[DeviceStatus, str]:
    """Return the status word for what a driver raised, and its text without any card's digits."""
    if not isinstance(error, (DeviceError, ConfigError)):
        return DeviceStatus.OFFLINE, wipe(f"the driver failed with {type(error).__name__}: {error}")[:TEXT_MAX]
    text = wipe(str(error))[:TEXT_MAX]
    if isinstance(error, (ConfigError, IllegalError)):
        return DeviceStatus.STOPPED_BY_CONFIG_ERROR, text
    if isinstance(error, NoServiceError):
        return DeviceStatus.STOPPED_BY_LOAD_ERROR, text
    if isinstance(error, FailureError):
        return DeviceStatus.STOPPED_BY_SELF_CHECK, text
    return DeviceStatus.OFFLINE, text
