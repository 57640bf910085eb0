"""From what was found out about a reader to its section of till.toml, as far as its driver has settings for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final

from agent.devices.loading import DeviceSetup
from agent.upkeep.calibration.bursts import Finding
from agent.upkeep.calibration.labels import shown

_NOTHING: Final = (None, False, "none")  # values that ask nothing of a driver
_LACKING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "prefix": "switch the prefix {} off in the reader: this driver cannot take it off",
        "suffix": "set the suffix {} to CR or Enter in the reader: this driver cannot take it off",
        "lrc": "switch the check characters (LRC) off in the reader: this driver does not look at them",
    }
)


def fitted(finding: Finding, setup: DeviceSetup, settings: type[Any]) -> tuple[DeviceSetup, tuple[str, ...]]:
    """Return `setup` with what was found, and advice on what its driver cannot be told.

    `settings` is the driver's own dataclass: only its keys are set, and none that would say what it does anyway.
    """
    defaults = {each.name: each.default for each in fields(settings)}
    wanted = {key: value for key, value in setup.settings.items() if key in defaults}
    found = {"category": str(finding.category), **finding.settings} if "category" in defaults else finding.settings
    advice = list(finding.advice)
    for key, value in found.items():
        if key not in defaults:
            if value not in _NOTHING:
                advice.append(_LACKING[key].format(shown(str(value))))
        elif value is None or value == defaults[key]:
            wanted.pop(key, None)
        else:
            wanted[key] = value
    return DeviceSetup(setup.name, setup.driver, MappingProxyType(wanted)), tuple(advice)
