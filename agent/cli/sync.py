"""`tally enrol` and `tally sync`: joining headquarters, and how the two halves stand."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, open_ledger, show
from agent.config import load_config
from agent.errors import ConfigError
from agent.upkeep.running import require_running

app = typer.Typer(help="See and start the meeting with headquarters.", no_args_is_help=True)


def enrol(
    code: Annotated[str, typer.Argument(help="The one-off code that `tally-hq enrol-code` printed.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Enrol this till at headquarters.

    Makes the till's keys and pins headquarters' root key. The agent must be stopped.

    Example: tally enrol 7K2M-9QXD-4RTW
    """
    from agent.sync.enrol import enrol as enrol_till

    settings = load_config(config)
    if settings.sync is None:
        raise ConfigError(f"{config} has no [sync] section", hint="add it: hq = the address of headquarters")
    ledger = open_ledger(settings, read_only=False)
    try:
        enrolled = enrol_till(ledger, settings.sync, code)
    finally:
        ledger.close()
    show({"till": enrolled.till, "hq": settings.sync.hq, "root": enrolled.root}, as_json=as_json)


@app.command("status")
def status(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show how the two halves stand.

    What waits, when they last met, what is in the way.

    Example: tally sync status
    """
    running = require_running(load_config(config).till.folder)
    show(running.ask("GET", "/v1/status")["sync"], as_json=as_json)
