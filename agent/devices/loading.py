"""From a section of till.toml to a driver: the table of drivers, and loading one of them when it is named."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

from agent.devices.categories import (
    MSR,
    CashDrawer,
    Category,
    Device,
    LineDisplay,
    POSPrinter,
    Scanner,
    SmartCardRW,
)
from agent.devices.settings import did_you_mean, parse_settings
from agent.errors import ConfigError, NoServiceError

PROTOCOLS: Mapping[Category, type[object]] = MappingProxyType(
    {
        Category.MSR: MSR,
        Category.SCANNER: Scanner,
        Category.SMART_CARD_RW: SmartCardRW,
        Category.POS_PRINTER: POSPrinter,
        Category.CASH_DRAWER: CashDrawer,
        Category.LINE_DISPLAY: LineDisplay,
    }
)


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One row of the table of drivers: what it can be, and where it is, as "module:Class".

    The module also has a dataclass `Settings`; the class takes one as its only argument and opens nothing yet.
    """

    categories: tuple[Category, ...]
    target: str


@dataclass(frozen=True, slots=True)
class DeviceSetup:
    """One [[device]] section of till.toml: the name the shop gave it, the driver's name, the driver's own settings."""

    name: str
    driver: str
    settings: Mapping[str, object]


def build(setup: DeviceSetup, drivers: Mapping[str, DriverRow]) -> Device:
    """Load the driver that `setup` names and hand it its settings; nothing is opened.

    ConfigError: there is no such driver, or the settings do not fit. NoServiceError: the driver cannot be loaded.
    """
    where = f"device {setup.name!r}"
    if setup.driver not in drivers:
        raise ConfigError(f"{where}: unknown driver {setup.driver!r}{did_you_mean(setup.driver, drivers)}")
    row = drivers[setup.driver]
    module_name, _, class_name = row.target.partition(":")
    module = _imported(module_name, f"{where}: driver {setup.driver!r}")
    settings = parse_settings(module.Settings, setup.settings, where=where)
    device = getattr(module, class_name)(settings)
    return _checked(device, row, f"{where}: driver {setup.driver!r}")


def _imported(name: str, who: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # a third party's module may fail in any way while it is imported
        raise NoServiceError(
            f"{who} cannot be loaded: {error}", hint="install what the driver needs; its file says what"
        ) from error


def _checked(device: object, row: DriverRow, who: str) -> Device:
    if not isinstance(device, Device):
        raise NoServiceError(f"{who} is not a device: it lacks {_lacking(device, Device)}")
    if device.category not in row.categories:
        raise NoServiceError(f"{who} is set up as {device.category} but can be {', '.join(row.categories)}")
    protocol = PROTOCOLS[device.category]
    if not isinstance(device, protocol):
        raise NoServiceError(f"{who} is not a {device.category}: it lacks {_lacking(device, protocol)}")
    return device


def _lacking(device: object, protocol: type[object]) -> str:
    wanted = {name for part in protocol.__mro__ for name in vars(part) if not name.startswith("_")}
    return ", ".join(sorted(name for name in wanted if not hasattr(device, name)))
