"""`tally slip`: what was printed, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.config import Config, load_config
from agent.devices.categories import POSPrinter
from agent.devices.loading import build
from agent.errors import ConfigError, UnknownError
from agent.slips.facts import SlipFacts
from drivers import DRIVERS

app = typer.Typer(help="Look at slips.", no_args_is_help=True)


@app.command("preview")
def preview(
    op: Annotated[str, typer.Argument(help="The receipt number or whatever the sale was named.")],
    picture: Annotated[Path, typer.Argument(help="The PNG file to write.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Draw the slip of a sale, refund or redemption.

    From the very bytes the printer gets; nothing is printed.

    Example: tally slip preview 536365 slip.png
    """
    from agent.ledger.kept.slip_queue import SlipQueue
    from agent.ledger.members import first_name
    from agent.slips.preview import preview_png

    settings = load_config(config)
    printer = _printer(settings)
    ledger = read_ledger(config)
    try:
        job = SlipQueue(ledger).slip_of(op)
        if job is None:
            raise UnknownError(f"no slip belongs to {op!r} on this till")
        facts = SlipFacts.from_json(job.facts)
        name = None if facts.account is None else first_name(ledger, facts.account)
    finally:
        ledger.close()
    picture.write_bytes(preview_png(facts, settings.slips.letterhead(), name, printer))
    show({"op": op, "picture": str(picture), "state": job.state}, as_json=as_json)


def _printer(settings: Config) -> POSPrinter:
    """The till's printer, built and not opened: encoding needs no device."""
    setup = next((device for device in settings.devices if device.name == settings.till.printer), None)
    if setup is None:
        raise ConfigError("[till] names no printer", hint='set printer = "..." to the name of a [[device]]')
    device = build(setup, DRIVERS)
    if not isinstance(device, POSPrinter):
        raise ConfigError(f"device {setup.name!r} is a {device.category}, not a POSPrinter")
    return device
