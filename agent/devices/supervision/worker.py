"""One device and the thread that drives it: load, open, serve; after any trouble close, wait, and open again.

Whatever a driver does ends here as a status word: it may raise anything, return rubbish, flood, or not come back. A
call that does not come back cannot be ended from outside; the watchdog says so, and the session ends when it returns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from agent.devices.categories import INPUT_CATEGORIES, Category, Device, HealthLevel, InputDevice, POSPrinter
from agent.devices.loading import DeviceSetup, DriverRow, build
from agent.devices.supervision.calls.answers import as_health, as_status, asking
from agent.devices.supervision.calls.jobs import Job, Jobs
from agent.devices.supervision.calls.limits import Calls
from agent.devices.supervision.calls.verdict import Verdict, restated, verdict
from agent.devices.supervision.intake import Intake
from agent.devices.supervision.pace import Flood, Pace, Pauses
from agent.devices.supervision.report import DeviceReport, DeviceStatus, Statistics
from agent.devices.supervision.statistics import Meter, printer_advice
from agent.errors import ConfigError, FailureError, IllegalError, NoServiceError

AFTER_FAILURE_S = 0.05  # a reader that fails without pause must not take the whole processor
HURRY_S = 0.01  # a driver that returns None sooner than this did not wait
NOT_BACK = "wait; if it lasts, unplug the device and plug it in again, or restart the agent"

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
        self.name = setup.name
        self.jobs = Jobs(setup.name)
        self.meter = Meter()
        self._setup = setup
        self._drivers = drivers
        self._intake = intake
        self._pace = pace
        self._on_change = on_change
        self._calls = Calls()
        self._device: Device | None = None
        self._is_built = threading.Event()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._was_enabled = False
        self._lock = threading.Lock()
        self._report = DeviceReport(setup.name, setup.driver, None, DeviceStatus.DISABLED, "", "", Statistics())
        # A daemon thread: a driver that hangs for ever must not keep the agent from ending.
        self._thread = threading.Thread(target=self._run, name=f"device-{setup.name}", daemon=True)

    @property
    def report(self) -> DeviceReport:
        """The device as it is now."""
        return replace(self._report, statistics=self.meter.statistics())

    def start(self) -> None:
        """Begin; the driver is loaded in its own thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stopping.set()
        self._hurry.set()
        self.jobs.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if the driver still holds it."""
        if self._thread.ident is not None:
            self._thread.join(max(timeout_s, 0))
        return not self._thread.is_alive()

    def retry_now(self) -> None:
        """Try a device that is away at once: something was plugged in."""
        self._hurry.set()

    def device(self) -> Device:
        """Return the driver, waiting until it is loaded; NoServiceError if it cannot be."""
        if not self._is_built.wait(self._pace.answer_s) or self._device is None:
            raise NoServiceError(f"device {self.name!r} has no driver: {self._report.text or 'still loading'}")
        return self._device

    def watch(self) -> None:
        """Say so if the driver does not come back; called from the watchdog's thread."""
        with self._lock:  # or the device could come back in between, and stand there with its jobs closed
            overdue = self._calls.overdue()
            if overdue is None:
                return
            self.jobs.close()
            changed = self._set(DeviceStatus.OFFLINE, overdue, NOT_BACK)
        self._tell(changed)

    def _run(self) -> None:
        device = self._load()
        pauses = Pauses(self._pace)
        while device is not None:
            self._hurry.clear()
            if self._stopping.is_set():
                break
            begun = time.monotonic()
            try:
                self._session(device)
            except BaseException as error:  # noqa: BLE001  # the device loop: a driver may raise anything
                judged = verdict(error)
                self._say_verdict(judged)
                self._shut(device)
                if time.monotonic() - begun > self._pace.longest_pause_s:
                    pauses.reset()
                is_ill = judged.status is DeviceStatus.OFFLINE
                if self._hurry.wait(pauses.next_s() if is_ill else pauses.longest_s()):
                    pauses.reset()
            else:
                self._shut(device)
        if device is not None:
            self._say(DeviceStatus.DISABLED, "")

    def _load(self) -> Device | None:
        try:
            device = self._calls.make("loading", lambda: build(self._setup, self._drivers), limit_s=self._pace.load_s)
            self._report = replace(self._report, category=Category(device.category))
        except BaseException as error:  # noqa: BLE001  # so may a third party's module
            judged = verdict(error)
            is_config = isinstance(error, ConfigError)
            self._say_verdict(judged if is_config else replace(judged, status=DeviceStatus.STOPPED_BY_LOAD_ERROR))
        else:
            self._device = device
        self._is_built.set()
        return self._device

    def _session(self, device: Device) -> None:
        """Bring the device up and serve it; returns when the agent stops, raises when the device has to be reopened."""
        answer_s = self._pace.answer_s
        self._calls.make("open", device.open, limit_s=answer_s)
        self._calls.make("claim", device.claim, limit_s=answer_s)
        self._calls.make("enable", device.enable, limit_s=answer_s)
        check = asking(lambda: device.check_health(HealthLevel.INTERNAL), as_health)
        health = self._calls.make("check_health", check, limit_s=answer_s)
        if not health.ok:
            raise FailureError(health.text)
        self._is_up()
        if self._report.category in INPUT_CATEGORIES:
            self._serve_input(cast("InputDevice", device))
        else:
            self._serve_output(device)

    def _is_up(self) -> None:
        if self._was_enabled:
            self.meter.reopened()
        self._was_enabled = True
        with self._lock:
            self.jobs.open()
            changed = self._set(DeviceStatus.ENABLED, *self.meter.swipes_advice())
        self._tell(changed)

    def _serve_input(self, device: InputDevice) -> None:
        flood = Flood()
        while not self._stopping.is_set():
            if job := self.jobs.next(0):
                self._do(job)
            self._read(device, flood)

    def _read(self, device: InputDevice, flood: Flood) -> None:
        pace, category = self._pace, cast("Category", self._report.category)
        asked = time.monotonic()
        try:
            seen = self._calls.make("read", lambda: device.read(pace.read_s), limit_s=pace.read_s + pace.answer_s)
        except FailureError as error:  # this read went wrong, the device is well
            self._intake.refuse(self.name, category, error, meter=self.meter)
            flood.failed()
            self._stopping.wait(AFTER_FAILURE_S)
            return
        if seen is not None:
            self._intake.accept(self.name, category, seen, meter=self.meter)
            self._say(DeviceStatus.ENABLED, *self.meter.swipes_advice())
            flood.read()
            return
        flood.quiet()
        if time.monotonic() - asked < min(HURRY_S, pace.read_s):
            self._stopping.wait(HURRY_S)

    def _serve_output(self, device: Device) -> None:
        while not self._stopping.is_set():
            self._look(device)
            if job := self.jobs.next(self._pace.status_s):
                self._do(job)

    def _look(self, device: Device) -> None:
        if self._report.category is not Category.POS_PRINTER:
            return
        asked = asking(cast("POSPrinter", device).status, as_status)
        status = self._calls.make("status", asked, limit_s=self._pace.answer_s)
        self.meter.paper(status.paper)
        self._say(DeviceStatus.ENABLED, *printer_advice(status))

    def _do(self, job: Job) -> None:
        try:
            result = self._calls.make(job.name, job.call, limit_s=job.limit_s)
        except (FailureError, IllegalError) as error:  # this job failed, the device is well
            job.outcome.set_exception(restated(error))
        except BaseException as error:
            job.outcome.set_exception(restated(error))
            raise
        else:
            job.outcome.set_result(result)

    def _shut(self, device: Device) -> None:
        self.jobs.close()
        for step in ("disable", "release", "close"):
            try:
                self._calls.make(step, getattr(device, step), limit_s=self._pace.answer_s)
            except BaseException as error:  # noqa: BLE001  # what is let go of may complain
                _log.debug("device=%s step=%s error=%r", self.name, step, verdict(error).text)

    def _say_verdict(self, judged: Verdict) -> None:
        self._say(judged.status, judged.text, judged.hint)

    def _say(self, status: DeviceStatus, text: str, hint: str = "") -> None:
        with self._lock:
            changed = self._set(status, text, hint)
        self._tell(changed)

    def _set(self, status: DeviceStatus, text: str, hint: str) -> DeviceReport | None:
        """Note how the device is, under the lock; return the report if that is news."""
        if (status, text) == (self._report.status, self._report.text):
            return None
        self._report = replace(self._report, status=status, text=text, hint=hint)
        return self._report

    def _tell(self, changed: DeviceReport | None) -> None:
        if changed is None:
            return
        _log.info("device=%s status=%s text=%r", changed.name, changed.status, changed.text)
        try:
            self._on_change(replace(changed, statistics=self.meter.statistics()))
        except Exception:  # noqa: BLE001  # whoever listens must not stop a device
            _log.exception("device=%s the listener failed", changed.name)
