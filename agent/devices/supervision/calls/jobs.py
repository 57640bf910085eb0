"""Work that other threads want a device to do, done one at a time by the device's own thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition
from typing import TypeVar

from agent.errors import DeviceTimeoutError, OfflineError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One call: what it is called in an error, how long it may take once begun, and the call itself."""

    name: str
    limit_s: float
    call: Callable[[], object]
    outcome: Future[object]


class Jobs:
    """The jobs of one device. Closed until the device is enabled; what waits when it closes is refused, not kept."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._urgent: deque[Job] = deque()
        self._waiting: deque[Job] = deque()
        self._is_open = False
        self._arrival = Condition()

    def ask(self, name: str, call: Callable[[], T], *, limit_s: float, is_urgent: bool = False) -> T:
        """Have `call` done by the device's thread and return what it returns, or raise what it raises.

        `is_urgent` jobs are done before all others that wait. OfflineError: nothing was done. DeviceTimeoutError says
        whether it had begun; a job that had not is withdrawn and will not be done.
        """
        outcome: Future[T] = Future()
        job = Job(name, limit_s, call, outcome)  # type: ignore[arg-type]  # Future is invariant
        with self._arrival:
            if not self._is_open:
                raise OfflineError(f"cannot {name}: device {self._device!r} is not enabled")
            (self._urgent if is_urgent else self._waiting).append(job)
            self._arrival.notify()
        return self._result(name, outcome, limit_s)

    def open(self) -> None:
        """Accept jobs."""
        with self._arrival:
            self._is_open = True

    def close(self) -> None:
        """Accept no more jobs, refuse those that wait, and let a `next` that waits return."""
        with self._arrival:
            self._is_open = False
            refused = [*self._urgent, *self._waiting]
            self._urgent.clear()
            self._waiting.clear()
            self._arrival.notify_all()
        for job in refused:
            if job.outcome.set_running_or_notify_cancel():
                job.outcome.set_exception(OfflineError(f"cannot {job.name}: device {self._device!r} went offline"))

    def next(self, timeout_s: float) -> Job | None:
        """Return the next job that is still wanted, waiting up to `timeout_s`; the caller sets its outcome."""
        with self._arrival:
            if not (self._urgent or self._waiting) and timeout_s > 0:
                self._arrival.wait(timeout_s)
            while self._urgent or self._waiting:
                job = (self._urgent or self._waiting).popleft()
                if job.outcome.set_running_or_notify_cancel():
                    return job
        return None

    def _result(self, name: str, outcome: Future[T], limit_s: float) -> T:
        try:
            return outcome.result(limit_s)
        except TimeoutError as error:
            if outcome.done():  # the call itself raised it
                raise
            if outcome.cancel():
                raise DeviceTimeoutError(
                    f"cannot {name}: device {self._device!r} is busy with something else; it will not be done later"
                ) from error
            raise DeviceTimeoutError(
                f"device {self._device!r} did not finish to {name} within {limit_s:g} s: it may still do so"
            ) from error
