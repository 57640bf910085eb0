"""Which device a command means: one of till.toml by its name, or whatever is plugged in by its path."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agent.config import Config
from agent.devices.loading import DeviceSetup, DriverRow, Subsystem
from agent.errors import InvalidError, NoHardwareError, UnknownError
from agent.upkeep.plugged.proposals import Proposal, configured_nodes, node_of, propose
from agent.upkeep.plugged.units import find_units
from drivers import known_drivers

SSI_DRIVER = "ssi_scanner"  # fits no plug of its own: a scanner in SSI mode looks like any on a serial line
_RAW = frozenset({Subsystem.INPUT, Subsystem.TTY})


@dataclass(frozen=True, slots=True)
class Target:
    """A device: its section, or the one that it could have, and where it is plugged in if that is known."""

    setup: DeviceSetup
    subsystem: Subsystem | None
    is_configured: bool

    @property
    def path(self) -> str:
        """Where it is."""
        return str(self.setup.settings.get("path", ""))


def find_target(config: Config, device: str | None) -> Target:
    """Return the device that is called `device` or is at that path; without either the only reader there is.

    UnknownError, NoHardwareError: there is none. InvalidError: there are several.
    """
    drivers = known_drivers()
    if device is None:
        return _only_reader(config, drivers)
    setup = next((setup for setup in config.devices if setup.name == device), None)
    if setup is not None:
        return _configured(setup, drivers)
    if not device.startswith("/"):
        raise UnknownError(f"no device is called {device!r}", hint="`tally devices list` shows names and paths")
    return _at(device, config, drivers)


def _configured(setup: DeviceSetup, drivers: Mapping[str, DriverRow]) -> Target:
    plugs = drivers[setup.driver].fits
    subsystem = Subsystem.TTY if setup.driver == SSI_DRIVER else plugs[0].subsystem if plugs else None
    return Target(setup, subsystem, is_configured=True)


def _at(path: str, config: Config, drivers: Mapping[str, DriverRow]) -> Target:
    node = node_of(path)
    for setup in config.devices:
        if node in configured_nodes([setup]) or setup.settings.get("path") == path:
            return _configured(setup, drivers)
    for proposal in propose(find_units(), drivers, config.devices):
        if proposal.unit.node == node:
            return _proposed(proposal, path)
    if not _is_serial_line(path):
        raise NoHardwareError(f"at {path!r} is nothing that we can talk to", hint="`tally devices list` shows paths")
    driver = next(name for name, row in drivers.items() if any(plug.subsystem is Subsystem.TTY for plug in row.fits))
    return Target(DeviceSetup("", driver, MappingProxyType({"path": path})), Subsystem.TTY, is_configured=False)


def _only_reader(config: Config, drivers: Mapping[str, DriverRow]) -> Target:
    known = [_configured(setup, drivers) for setup in config.devices]
    proposed = [
        _proposed(each, each.unit.path) for each in propose(find_units(), drivers, config.devices) if each.is_sure
    ]
    readers = [target for target in (*known, *proposed) if target.subsystem in _RAW]
    if len(readers) == 1:
        return readers[0]
    if not readers:
        raise NoHardwareError("there is no reader to calibrate", hint="plug it in; `tally devices list` shows what is")
    names = ", ".join(target.setup.name if target.is_configured else target.path for target in readers)
    raise InvalidError(f"there are {len(readers)} readers: {names}", hint="name one of them")


def _proposed(proposal: Proposal, path: str) -> Target:
    """The path as it was given: whoever names one means that one."""
    setup = proposal.setup
    settings = {**setup.settings, "path": path} if path else setup.settings
    setup = DeviceSetup(setup.name, setup.driver, MappingProxyType(dict(settings)))
    return Target(setup, proposal.unit.subsystem, is_configured=False)


def _is_serial_line(path: str) -> bool:
    """Say whether a serial port is at `path`, by opening it without waiting for a carrier."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.isatty(fd)
    finally:
        os.close(fd)
