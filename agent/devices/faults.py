"""What the operating system's refusals mean for a device."""

from __future__ import annotations

import errno

from agent.errors import ClaimedError, DeviceError, DeviceTimeoutError, NoHardwareError, OfflineError

_MISSING = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR})
_TAKEN = frozenset({errno.EBUSY, errno.EAGAIN})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


def device_error(error: OSError, device: str) -> DeviceError:
    """Translate `error` into the member of the error family that the supervisor acts on; `device` names the device."""
    reason = error.strerror or str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        return DeviceTimeoutError(f"{device} did not answer in time: {reason}")
    if error.errno in _MISSING:
        return NoHardwareError(f"{device} is not there: {reason}", hint="plug it in and switch it on")
    if error.errno in _TAKEN:
        return ClaimedError(f"{device} is in use by another program: {reason}", hint="close the other program")
    if error.errno in _FORBIDDEN:
        # Not a settings error: after a replug udev may set the permissions a moment later than the device appears.
        return OfflineError(f"{device} may not be used: {reason}", hint="give the agent's account the device's group")
    return OfflineError(f"{device} does not answer: {reason}")
