"""`tally devices list`: what till.toml names, and what is plugged in besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from agent.cli.devices.lines import say
from agent.cli.output import show
from agent.config import Config, load_config
from agent.devices.loading import Subsystem
from agent.upkeep.plugged.proposals import Proposal, propose
from agent.upkeep.plugged.units import find_units
from agent.upkeep.running import find_running
from agent.upkeep.sections import section_text
from drivers import known_drivers

_RULES = "install config/udev/60-tallystick.rules and plug it in again"
_NO_LASTING_NAME = {
    Subsystem.HIDRAW: f"it has no lasting name: {_RULES}",
    Subsystem.USBMISC: f"with a second printer its number may change: {_RULES}",
}
_OTHERWISE = "its name may change when it is plugged in again"
_TYPES = "the agent may use it once it has its line in config/udev/61-tallystick-wedge.rules"


def show_devices(path: Path, *, as_json: bool, root: Path = Path("/")) -> None:
    """Print the devices and the proposals; `root` is where /sys and /dev are."""
    config = load_config(path)
    devices = device_rows(config)
    proposals = propose(find_units(root), known_drivers(), config.devices, root)
    if as_json:
        show({"devices": devices, "plugged_in": [_proposal_map(proposal) for proposal in proposals]}, as_json=True)
        return
    _print_devices(devices)
    _print_proposals(proposals)


def device_rows(config: Config) -> list[dict[str, Any]]:
    """Return the devices of till.toml as the running agent sees them, or without one as they are configured."""
    running = find_running(config.till.folder)
    if running is not None:
        rows: list[dict[str, Any]] = running.ask("GET", "/v1/status")["devices"]
        return rows
    drivers = known_drivers()
    return [
        {
            "name": device.name,
            "category": device.settings.get("category") or ", ".join(drivers[device.driver].categories),
            "driver": device.driver,
            "status": "agent not running",
            "text": "",
            "hint": "",
        }
        for device in config.devices
    ]


def _print_devices(devices: Sequence[Mapping[str, Any]]) -> None:
    columns = ("name", "driver", "category", "status")
    if not devices:
        typer.echo("no device is in till.toml")
        return
    lines = [columns, *[tuple(str(device[column] or "-") for column in columns) for device in devices]]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    for line, device in zip(lines, [{}, *devices], strict=True):
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
        for text in (device.get("text"), device.get("hint")):
            say(text or "", indent="    ")


def _print_proposals(proposals: Sequence[Proposal]) -> None:
    sure = [proposal for proposal in proposals if proposal.is_sure]
    perhaps = [proposal for proposal in proposals if not proposal.is_sure]
    if sure:
        typer.echo("\nplugged in, and not in till.toml; paste what you need, or calibrate it:")
    for proposal in sure:
        typer.echo()
        for text in (_called(proposal), *_notes(proposal)):
            say(text, indent="# ")
        typer.echo(section_text(proposal.setup).rstrip())
    if perhaps:
        typer.echo("\nplugged in, and perhaps for the till; `tally devices calibrate PATH` finds out:")
    for proposal in perhaps:
        typer.echo(f"    {proposal.unit.path}")
        for text in (_called(proposal), *_notes(proposal)):
            say(text, indent="        ")


def _called(proposal: Proposal) -> str:
    unit = proposal.unit
    numbers = "" if unit.vendor is None or unit.product is None else f" ({unit.vendor:04x}:{unit.product:04x})"
    return f"{unit.label}{numbers}"


def _notes(proposal: Proposal) -> list[str]:
    """Return what a person has to know who uses this proposal."""
    unit = proposal.unit
    notes = [] if unit.is_stable else [_NO_LASTING_NAME.get(unit.subsystem, _OTHERWISE)]
    return [*notes, _TYPES] if unit.subsystem is Subsystem.INPUT and proposal.is_sure else notes


def _proposal_map(proposal: Proposal) -> dict[str, Any]:
    unit = proposal.unit
    return {
        "label": unit.label,
        "vendor": None if unit.vendor is None else f"{unit.vendor:04x}",
        "product": None if unit.product is None else f"{unit.product:04x}",
        "path": unit.path or None,
        "has_lasting_name": unit.is_stable,
        "sure": proposal.is_sure,
        "notes": _notes(proposal),
        "section": section_text(proposal.setup),
    }
