"""What a driver's exception says of its device: the status word, a sentence, and what a person does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from agent.devices.firewall.payment import wipe
from agent.devices.supervision.report import DeviceStatus
from agent.errors import ConfigError, DeviceError, FailureError, IllegalError, NoServiceError

TEXT_MAX = 200  # characters of a driver's own words
SEARCHED_MAX = 4 * TEXT_MAX  # of these are searched for a card's digits, so that none is cut in two


@dataclass(frozen=True, slots=True)
class Verdict:
    """`hint` is empty where the error brings no advice of its own."""

    status: DeviceStatus
    text: str
    hint: str


def verdict(error: BaseException) -> Verdict:
    """Judge what came out of a driver, whatever it is; nothing of a card is in the words."""
    text, hint = _words(error)
    if not isinstance(error, (DeviceError, ConfigError)):
        kind = type(error).__name__
        return Verdict(DeviceStatus.OFFLINE, shown(f"the driver failed with {kind}: {text}"), "")
    return Verdict(_status(error), shown(text), "" if hint == DeviceError.hint else shown(hint))


def restated(error: BaseException) -> DeviceError:
    """Return what came out of a driver as an error of our own family, in words that may be shown."""
    judged = verdict(error)
    if not isinstance(error, DeviceError):
        return FailureError(judged.text)
    ours = next(kind for kind in type(error).__mro__ if kind.__module__ == DeviceError.__module__)
    return cast("DeviceError", ours(judged.text, hint=judged.hint or None))


def shown(text: str) -> str:
    """Return a driver's own words as they may be shown: short, and without a card's digits."""
    return wipe(text[:SEARCHED_MAX])[:TEXT_MAX]


def _status(error: DeviceError | ConfigError) -> DeviceStatus:
    if isinstance(error, (ConfigError, IllegalError)):
        return DeviceStatus.STOPPED_BY_CONFIG_ERROR
    if isinstance(error, NoServiceError):
        return DeviceStatus.STOPPED_BY_LOAD_ERROR
    if isinstance(error, FailureError):
        return DeviceStatus.STOPPED_BY_SELF_CHECK
    return DeviceStatus.OFFLINE


def _words(error: BaseException) -> tuple[str, str]:
    """Return an exception's text and hint; both are a driver's code, which may fail in its turn."""
    try:
        text, hint = str(error), getattr(error, "hint", "")
    except BaseException:  # noqa: BLE001  # an exception that cannot even be shown
        return "(no words)", ""
    return text, hint if isinstance(hint, str) else ""
