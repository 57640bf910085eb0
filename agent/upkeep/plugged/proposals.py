"""Which driver fits what is plugged in, and the section of till.toml that says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent.devices.categories import Category
from agent.devices.loading import DeviceSetup, DriverRow, Plug, Subsystem
from agent.upkeep.plugged.units import Unit

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Category.MSR: "card-reader",
        Category.SCANNER: "scanner",
        Category.SMART_CARD_RW: "chip",
        Category.POS_PRINTER: "printer",
        Category.CASH_DRAWER: "drawer",
        Category.LINE_DISPLAY: "display",
    }
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What till.toml could say about a unit. Not `is_sure`: it may be something else, the till's own keyboard say."""

    unit: Unit
    setup: DeviceSetup
    is_sure: bool


def propose(
    units: Iterable[Unit], drivers: Mapping[str, DriverRow], configured: Collection[DeviceSetup], root: Path = Path("/")
) -> tuple[Proposal, ...]:
    """Return a proposal for every unit that a driver fits and no section of till.toml (`configured`) names.

    Those that are sure come first, so that they get the plain names.
    """
    names = {setup.name for setup in configured}
    nodes = configured_nodes(configured, root)
    in_use = {setup.driver for setup in configured}
    proposals: list[Proposal] = []
    fits = [(unit, fit) for unit in units if (fit := best_fit(unit, drivers))]
    for unit, (driver, plug) in sorted(fits, key=lambda each: not _is_sure(each[0], each[1][1])):
        if unit.node in nodes or (not unit.node and driver in in_use):
            continue
        proposals.append(_proposal(unit, driver, plug, drivers, names))
        names.add(proposals[-1].setup.name)
    return tuple(proposals)


def best_fit(unit: Unit, drivers: Mapping[str, DriverRow]) -> tuple[str, Plug] | None:
    """Return the driver, and the plug of its row, that says most about `unit`; of equals the first in the table."""
    fits = [(name, plug) for name, row in drivers.items() for plug in row.fits if _fits(unit, plug)]
    return max(fits, key=lambda fit: _weight(fit[1]), default=None)


def configured_nodes(configured: Iterable[DeviceSetup], root: Path = Path("/")) -> frozenset[str]:
    """Return the device files that sections of till.toml lead to, by the kernel's names: of a link its target."""
    paths = (value for setup in configured for value in setup.settings.values() if isinstance(value, str))
    return frozenset(node_of(path, root) for path in paths if path.startswith("/dev/"))


def node_of(path: str, root: Path = Path("/")) -> str:
    """Return the device file that `path` under /dev leads to."""
    target = (root / path.lstrip("/")).resolve()
    return "/" + str(target.relative_to(root.resolve())) if target.is_relative_to(root.resolve()) else path


def _fits(unit: Unit, plug: Plug) -> bool:
    asked = ((plug.vendor, unit.vendor), (plug.product, unit.product), (plug.usage_page, unit.usage_page))
    return plug.subsystem is unit.subsystem and all(wanted in {None, there} for wanted, there in asked)


def _weight(plug: Plug) -> int:
    return sum(value is not None for value in (plug.vendor, plug.product, plug.usage_page))


def _is_sure(unit: Unit, plug: Plug) -> bool:
    return _weight(plug) > 0 or unit.subsystem is Subsystem.SMART_CARD


def _proposal(
    unit: Unit, driver: str, plug: Plug, drivers: Mapping[str, DriverRow], names: Collection[str]
) -> Proposal:
    category = plug.settings.get("category", str(drivers[driver].categories[0]))
    settings = {"path": unit.path, **plug.settings} if unit.path else dict(plug.settings)
    setup = DeviceSetup(free_name(category, names), driver, MappingProxyType(settings))
    return Proposal(unit, setup, _is_sure(unit, plug))


def free_name(category: str, taken: Collection[str]) -> str:
    """Return a name for a device of this category that none of `taken` has: scanner, scanner-2."""
    name = _NAMES[category]
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)


def driver_for(category: Category, subsystem: Subsystem, drivers: Mapping[str, DriverRow]) -> str | None:
    """Return the first driver in the table for such a device that is plugged in there; None if there is none."""
    for name, row in drivers.items():
        if category in row.categories and any(plug.subsystem is subsystem for plug in row.fits):
            return name
    return None
