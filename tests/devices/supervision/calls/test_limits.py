"""Calls with a limit."""

from __future__ import annotations

import threading
import time

import pytest

from agent.devices.supervision.calls.limits import Calls
from agent.errors import DeviceTimeoutError
from tests.drivers.wait import wait_until


def test_a_call_in_time_returns_its_answer() -> None:
    calls = Calls()

    assert calls.make("status", lambda: 7, limit_s=1) == 7
    assert calls.overdue() is None


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    with pytest.raises(DeviceTimeoutError, match=r"took over 0.01 s for status"):
        Calls().make("status", lambda: time.sleep(0.05), limit_s=0.01)


def test_a_call_that_does_not_come_back_is_named_while_it_lasts() -> None:
    calls, let_go = Calls(), threading.Event()

    def hang() -> None:
        with pytest.raises(DeviceTimeoutError):
            calls.make("close", lambda: let_go.wait(5), limit_s=0.01)

    thread = threading.Thread(target=hang)
    thread.start()
    wait_until(lambda: calls.overdue() is not None, "it is overdue")

    assert calls.overdue() == "the driver has not come back from close for over 0.01 s"
    let_go.set()
    thread.join()
    assert calls.overdue() is None
