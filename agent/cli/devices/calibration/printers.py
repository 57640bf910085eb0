"""`tally devices calibrate` for a printer: prints the code pages that it may have, and takes what was picked."""

from __future__ import annotations

import sys
from types import MappingProxyType

import typer

from agent.cli.devices.calibration.outcome import Outcome, Wishes, finish
from agent.cli.devices.calibration.targets import Target
from agent.cli.devices.lines import say
from agent.cli.devices.opening import opened, refuse_if_held
from agent.config import Config
from agent.devices.escpos.model import load_model
from agent.devices.loading import DeviceSetup
from agent.devices.settings import parse_settings
from agent.errors import IllegalError
from agent.upkeep.calibration.pages import candidate_lines, candidate_slip, read_picks
from drivers.escpos_printer import Settings

_DRIVER = "escpos_printer"


def calibrate_printer(config: Config, target: Target, wishes: Wishes) -> None:
    """Print the candidates and ask which lines read right; picks that came with the command are asked for no more."""
    setup = target.setup
    if setup.driver != _DRIVER:
        raise IllegalError(
            f"driver {setup.driver!r} has no code pages: there is nothing to calibrate",
            hint=f"`tally devices test {setup.name} --level interactive` prints a line",
        )
    picks = list(wishes.picks)
    if not picks:
        _print(config, target)
        if not sys.stdin.isatty():
            say(f"next: tally devices calibrate {setup.name} --pick CP852=18, a --pick for each line that reads right")
            return
        picks = _ask()
    pages = read_picks(picks)
    if not pages:
        typer.echo("nothing was picked: till.toml stays as it is")
        return
    found = {name: f"ESC t {number}" for name, number in pages.items()}
    calibrated = DeviceSetup(setup.name, setup.driver, MappingProxyType({**setup.settings, "code_pages": dict(pages)}))
    finish(config, Outcome(calibrated, found, ()), wishes)


def _print(config: Config, target: Target) -> None:
    if target.is_configured:
        refuse_if_held(config, target.setup.name)
    settings = parse_settings(Settings, target.setup.settings, where=f"device {target.setup.name!r}")
    model = load_model(settings.profile, code_pages={}, font=settings.font)
    with opened([target.setup]) as supervisor:
        supervisor.printer(target.setup.name).send(candidate_slip(model, config.slips.columns))
    say("printed; right are the lines that read as these:", err=True)
    for line in candidate_lines():
        say(line, indent="  ", err=True)


def _ask() -> list[str]:
    answer: str = typer.prompt("Which read right? (CP852=18 CP866=17 ...; none: Enter)", default="", show_default=False)
    return answer.replace(",", " ").split()
