"""`tally programme`: check a programme file, show the one in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.errors import ProgrammeError
from agent.loyalty.programme import Programme, load

app = typer.Typer(help="Check and show loyalty programmes.", no_args_is_help=True)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="A programme file.")], as_json: AsJson = False) -> None:
    """Check a programme file and say what is in it.

    Example: tally programme check config/programmes/coffee-shop.toml
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ProgrammeError(f"{str(file)!r} cannot be read: {error.strerror}") from error
    show(_summary(load(data)), as_json=as_json)


@app.command("show")
def show_programme(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show the programme in force on this till.

    Example: tally programme show --json
    """
    from agent.ledger.kept import programmes

    ledger = read_ledger(config)
    try:
        programme = programmes.current(ledger)
    finally:
        ledger.close()
    if programme is None:
        raise ProgrammeError("this till has no programme yet", hint="start the agent once, or sync with headquarters")
    show(_summary(programme), as_json=as_json)


def _summary(programme: Programme) -> dict[str, Any]:
    return {
        "name": programme.name,
        "version": programme.version,
        "currency": programme.currency,
        "cards": [f"{card.prefix}... ({card.length}, {card.source})" for card in programme.cards],
        "earn": [rule.id for rule in programme.earn],
        "punch_cards": [card.id for card in programme.punch_cards],
        "tiers": [tier.id for tier in programme.tiers],
        "rewards": [reward.id for reward in programme.rewards],
    }
