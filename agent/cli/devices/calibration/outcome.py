"""What a calibration came to: told, and written into till.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from agent.cli.devices.lines import say
from agent.cli.output import show
from agent.config import Config, load_config
from agent.devices.loading import DeviceSetup, build
from agent.upkeep.sections import section_text, write_section
from drivers import known_drivers


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command was called with besides the device."""

    wait_s: float
    baud: int | None
    picks: tuple[str, ...]
    dry_run: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a device was found to do, the section that says so, and what to change at the device itself."""

    setup: DeviceSetup
    found: Mapping[str, str]
    advice: tuple[str, ...]


def finish(config: Config, outcome: Outcome, wishes: Wishes) -> None:
    """Write the section, unless the wish is to see it only, and tell what was found.

    ConfigError: the till.toml that would result cannot be used; it stays as it was.
    """
    is_news = outcome.setup not in config.devices
    if is_news and not wishes.dry_run:
        write_section(config.path, outcome.setup, check=_check)
    section = section_text(outcome.setup)
    if wishes.as_json:
        written = str(config.path) if is_news and not wishes.dry_run else None
        facts = {"found": outcome.found, "advice": outcome.advice, "section": section, "written": written}
        show(facts, as_json=True)
        return
    show(outcome.found, as_json=False)
    for advice in outcome.advice:
        say(advice, indent="- ", hanging="  ")
    typer.echo(f"\n{section}")
    if wishes.dry_run:
        typer.echo("nothing was written (--dry-run)")
    elif is_news:
        typer.echo(f"written to {config.path}; the agent reads it when it starts")
    else:
        typer.echo(f"{config.path} says so already")


def _check(path: Path) -> None:
    drivers = known_drivers()
    for setup in load_config(path).devices:
        build(setup, drivers)
