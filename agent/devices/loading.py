"""From a section of till.toml to a driver: the table of drivers, and loading one of them when it is named.

Other packages add drivers by an entry point of the group `tallystick.drivers` (PyPA, entry points specification):
`acme_reader = "acme_reader:AcmeReader"`.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

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
from agent.errors import ConfigError, NoServiceError, TallyError

DRIVERS_GROUP = "tallystick.drivers"

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

_log = logging.getLogger(__name__)


class Subsystem(StrEnum):
    """Where the kernel shows what is plugged in."""

    INPUT = "input"  # keyboards, and readers that type
    TTY = "tty"
    HIDRAW = "hidraw"
    USBMISC = "usbmisc"  # receipt printers (usblp)
    SMART_CARD = "smart card"  # USB interfaces of class 0Bh, which PC/SC serves


@dataclass(frozen=True, slots=True)
class Plug:
    """What fits a driver when it is plugged in; what is None may be anything.

    `vendor` and `product` are USB's, `usage_page` that of the first HID application collection. `settings` is what a
    section of till.toml needs besides the path.
    """

    subsystem: Subsystem
    vendor: int | None = None
    _: KW_ONLY
    product: int | None = None
    usage_page: int | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One row of the table of drivers: what it can be, and where it is, as "module:Class"; what fits it, best first.

    The module also has a dataclass `Settings`; the class takes one as its only argument and opens nothing yet.
    """

    categories: tuple[Category, ...]
    target: str
    fits: tuple[Plug, ...] = ()


class DriverTable(Mapping[str, DriverRow]):
    """Our own rows, and behind them what other packages offer; none of these can take a name of ours.

    The packages' list is read (not the packages) when a name is asked for that is not ours: that takes longer than most
    commands take.
    """

    def __init__(self, own: Mapping[str, DriverRow]) -> None:
        self._own = own

    def __getitem__(self, name: str) -> DriverRow:
        """Return the row of a driver; KeyError."""
        return self._own[name] if name in self._own else self._offered[name]

    def __iter__(self) -> Iterator[str]:
        """Every driver's name, ours first."""
        return iter({**self._own, **self._offered})

    def __len__(self) -> int:
        """How many drivers there are."""
        return len({**self._own, **self._offered})

    @cached_property
    def _offered(self) -> Mapping[str, DriverRow]:
        from importlib.metadata import entry_points

        rows: dict[str, DriverRow] = {}
        for entry in sorted(entry_points(group=DRIVERS_GROUP), key=lambda entry: (entry.name, entry.value)):
            if entry.name in self._own or entry.name in rows:
                _log.warning("driver=%s of %r is not used: the name is taken", entry.name, entry.value)
            else:
                rows[entry.name] = DriverRow(tuple(Category), entry.value)
        return rows


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
    who = f"{where}: driver {setup.driver!r}"
    module_name, _, class_name = row.target.partition(":")
    try:
        module = importlib.import_module(module_name)
        settings = parse_settings(module.Settings, setup.settings, where=where)
        device = getattr(module, class_name)(settings)
        return _checked(device, row, who)
    except TallyError:
        raise
    except (Exception, SystemExit) as error:  # a third party's module may fail in any way
        raise NoServiceError(
            f"{who} cannot be loaded: {type(error).__name__}: {error}",
            hint="install what the driver needs; its file says what",
        ) from error


def serves_as(category: Category, device: Device) -> bool:
    """Say whether `device` does what `category` promises: a drawer may hang on whatever opens one."""
    if category is not Category.CASH_DRAWER and device.category != category:
        return False
    return isinstance(device, PROTOCOLS[category])


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
