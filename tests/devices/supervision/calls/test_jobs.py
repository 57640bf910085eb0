"""Jobs that other threads give to a device's thread."""

from __future__ import annotations

import threading

import pytest

from agent.devices.supervision.calls.jobs import Jobs
from agent.errors import DeviceTimeoutError, OfflineError
from tests.drivers.wait import wait_until


def test_a_job_that_had_not_begun_is_withdrawn() -> None:
    jobs = Jobs("printer")
    jobs.open()

    with pytest.raises(DeviceTimeoutError, match="busy"):
        jobs.ask("send", lambda: None, limit_s=0.01)

    assert jobs.next(0) is None


def test_a_job_that_had_begun_may_still_be_done() -> None:
    jobs = Jobs("printer")
    jobs.open()
    begun = threading.Thread(target=jobs.next, args=(2,))
    begun.start()

    with pytest.raises(DeviceTimeoutError, match="may still do so"):
        jobs.ask("send", lambda: None, limit_s=0.05)

    begun.join()


def test_what_waits_when_the_device_goes_is_refused() -> None:
    jobs = Jobs("printer")
    jobs.open()
    closing = threading.Timer(0.3, jobs.close)  # long after `ask` has begun to wait, whatever else runs
    closing.start()

    with pytest.raises(OfflineError, match="cannot send: device 'printer' went offline"):
        jobs.ask("send", lambda: None, limit_s=2)

    closing.join()
    with pytest.raises(OfflineError, match="not enabled"):
        jobs.ask("send", lambda: None, limit_s=2)


def test_an_answer_comes_back_and_so_does_an_error() -> None:
    jobs = Jobs("printer")
    jobs.open()

    def work() -> None:
        for _ in range(2):
            job = jobs.next(2)
            assert job is not None
            try:
                job.outcome.set_result(job.call())
            except TimeoutError as error:
                job.outcome.set_exception(error)

    def late() -> None:
        raise TimeoutError("the call's own")

    worker = threading.Thread(target=work)
    worker.start()

    assert jobs.ask("count", lambda: 7, limit_s=2) == 7
    with pytest.raises(TimeoutError, match="the call's own"):
        jobs.ask("be late", late, limit_s=2)
    worker.join()


def test_an_urgent_job_goes_before_those_that_wait() -> None:
    jobs = Jobs("printer")
    jobs.open()
    asking = [
        threading.Thread(target=jobs.ask, args=(name, lambda: None), kwargs={"limit_s": 2, "is_urgent": is_urgent})
        for name, is_urgent in (("send", False), ("status", False), ("open the drawer", True))
    ]
    for number, thread in enumerate(asking, 1):
        thread.start()
        wait_until(lambda number=number: len(jobs._urgent) + len(jobs._waiting) == number, "it waits")  # type: ignore[misc]

    done = []
    for _ in asking:
        job = jobs.next(0)
        assert job is not None
        done.append(job.name)
        job.outcome.set_result(None)

    assert done == ["open the drawer", "send", "status"]
    for thread in asking:
        thread.join()


def test_an_urgent_job_that_came_too_late_is_not_done_later() -> None:
    jobs = Jobs("printer")
    jobs.open()

    with pytest.raises(DeviceTimeoutError, match="will not be done later"):
        jobs.ask("open the drawer", lambda: None, limit_s=0.01, is_urgent=True)

    assert jobs.next(0) is None
