"""`tally devices calibrate`: finds out how a reader is set, and writes its section of till.toml."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from agent.cli.devices.calibration.capture import BAUD, Source, source
from agent.cli.devices.calibration.outcome import Outcome, Wishes, finish
from agent.cli.devices.calibration.targets import SSI_DRIVER, Target, find_target
from agent.cli.devices.lines import say
from agent.cli.devices.opening import refuse_if_held
from agent.config import Config, load_config
from agent.devices.categories import INPUT_CATEGORIES, Category
from agent.devices.loading import DeviceSetup, DriverRow, Subsystem, build
from agent.errors import DeviceTimeoutError, FailureError, IllegalError
from agent.upkeep.calibration.bursts import Finding
from agent.upkeep.calibration.fitting import fitted
from agent.upkeep.calibration.labels import find_label
from agent.upkeep.calibration.swipes import find_swipe
from agent.upkeep.memory import keep_memory_private
from agent.upkeep.plugged.proposals import driver_for, free_name
from drivers import known_drivers

_UNKNOWN: Final[Mapping[Subsystem | None, str]] = MappingProxyType(
    {
        Subsystem.INPUT: "neither our label nor a card; if it was one, set the reader to the us layout",
        Subsystem.TTY: "neither our label nor a card; if it was one, try another speed: --baud 115200, say",
    }
)


def calibrate_device(path: Path, device: str | None, wishes: Wishes) -> None:
    """Calibrate the reader or printer that `device` names (see `find_target`)."""
    config = load_config(path)
    target = find_target(config, device)
    category = build(target.setup, known_drivers()).category
    if category is Category.POS_PRINTER:
        from agent.cli.devices.calibration.printers import calibrate_printer  # loads the printer's library

        calibrate_printer(config, target, wishes)
    elif category in INPUT_CATEGORIES and target.subsystem in _UNKNOWN:
        _calibrate_reader(config, target, wishes)
    else:
        raise IllegalError(
            f"{device or target.setup.name} is a {category} that needs no calibration",
            hint="`tally devices list` shows its section, `tally devices test` tests it",
        )


def _calibrate_reader(config: Config, target: Target, wishes: Wishes) -> None:
    keep_memory_private()  # what is swiped here may be a payment card
    if target.is_configured:
        refuse_if_held(config, target.setup.name)
    baud = wishes.baud or _number(target.setup.settings.get("baud"), BAUD)
    assert target.subsystem is not None
    with source(target.path, target.subsystem, baud=baud) as reader:
        say(f"for {wishes.wait_s:g} s: {target.path}", err=True)
        say("scan the label (`tally devices sheet`), or swipe a card with two tracks ...", err=True)
        finding = _find(reader, target, wait_s=wishes.wait_s)
    drivers = known_drivers()
    wanted = _wanted(config, target, finding, drivers)
    if wishes.baud is not None:
        wanted = DeviceSetup(wanted.name, wanted.driver, MappingProxyType({**wanted.settings, "baud": wishes.baud}))
    setup, advice = fitted(finding, wanted, _settings_of(wanted, drivers))
    finish(config, Outcome(setup, finding.facts, advice), wishes)


def _find(reader: Source, target: Target, *, wait_s: float) -> Finding:
    """Wait until something comes that tells; say of all else why it does not, without showing any of it."""
    deadline = time.monotonic() + wait_s
    while (left_s := deadline - time.monotonic()) > 0:
        try:
            came = reader.next(left_s)
            if came is None:
                continue
            readings, longest_gap_s = came
            finding = find_label(readings, longest_gap_s=longest_gap_s) or find_swipe(
                readings, longest_gap_s=longest_gap_s
            )
        except FailureError as error:
            say(str(error), err=True)
            continue
        if finding is not None:
            return finding
        say(_UNKNOWN[target.subsystem], err=True)
    raise DeviceTimeoutError(
        f"nothing that tells came from {target.path} within {wait_s:g} s",
        hint="is it this reader? `tally devices list` shows them all",
    )


def _wanted(config: Config, target: Target, finding: Finding, drivers: Mapping[str, DriverRow]) -> DeviceSetup:
    """Return the section to fill in: the driver for what was found, and a name, if there is none yet."""
    assert target.subsystem is not None
    setup = target.setup
    row = drivers[setup.driver]
    fits = finding.category in row.categories and not finding.in_packets and setup.driver != SSI_DRIVER
    driver = setup.driver if fits else driver_for(finding.category, target.subsystem, drivers)
    if finding.in_packets:
        driver = SSI_DRIVER
    assert driver is not None  # the table has one for every kind of reader that is looked for here
    names = [known.name for known in config.devices]
    name = setup.name if target.is_configured else free_name(finding.category, names)
    return DeviceSetup(name, driver, setup.settings)


def _settings_of(setup: DeviceSetup, drivers: Mapping[str, DriverRow]) -> type[Any]:
    module = importlib.import_module(drivers[setup.driver].target.partition(":")[0])
    kind: type[Any] = module.Settings
    return kind


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
