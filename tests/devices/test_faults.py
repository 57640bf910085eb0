"""The operating system's refusals as members of the error family."""

from __future__ import annotations

import errno
import os

import pytest

from agent.devices.faults import device_error
from agent.errors import ClaimedError, DeviceError, DeviceTimeoutError, NoHardwareError, OfflineError


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOENT, NoHardwareError),
        (errno.ENODEV, NoHardwareError),
        (errno.EBUSY, ClaimedError),
        (errno.EACCES, OfflineError),
        (errno.EIO, OfflineError),
        (errno.ECONNREFUSED, OfflineError),
        (errno.ETIMEDOUT, DeviceTimeoutError),
    ],
)
def test_an_errno_becomes_the_error_that_the_supervisor_acts_on(number: int, expected: type[DeviceError]) -> None:
    error = device_error(OSError(number, os.strerror(number)), "printer /dev/usb/lp0")

    assert type(error) is expected
    assert "printer /dev/usb/lp0" in str(error)
    assert os.strerror(number) in str(error)


def test_an_error_without_a_number_still_names_its_kind() -> None:
    assert "TimeoutError" in str(device_error(TimeoutError(), "till drawer"))
