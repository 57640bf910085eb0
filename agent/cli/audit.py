"""`tally audit`: prove that what must not be written was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, open_ledger, show
from agent.config import Config, load_config
from agent.errors import TallyError
from agent.loyalty.cards import CardRange

if TYPE_CHECKING:
    from agent.upkeep.audit.search import Search

app = typer.Typer(help="Search what the agent wrote for what it must never write.", no_args_is_help=True)

OUT_OF_REACH = "the system's journal: journalctl -u tallystick > FILE, and name FILE here"


@app.callback()
def audit() -> None:
    """Keep `pan` a command of its own: another audit will stand beside it."""


@app.command("pan")
def pan(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="More files and folders to search: logs, backups, support bundles.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Search for payment card numbers.

    Everything the agent writes is read; exit status 1 if a number was found or a file could not be read.

    Example: tally audit pan /var/log/tallystick
    """
    from agent.upkeep.audit.search import Search

    settings = load_config(config)
    search = Search(_own_cards(settings))
    for place in (*_written_by(settings), *(paths or ())):
        search.search(place)
    if as_json:
        show(_report(search), as_json=True)
    else:
        _print(search)
    raise typer.Exit(0 if search.is_clean else 1)


def _own_cards(settings: Config) -> Sequence[CardRange]:
    """The programme's own cards; none if the ledger cannot be opened, which is no reason to search nothing."""
    from agent.ledger.kept.programmes import current

    try:
        ledger = open_ledger(settings, read_only=True)
    except TallyError:
        return ()
    try:
        programme = current(ledger)
    finally:
        ledger.close()
    return () if programme is None else programme.cards


def _written_by(settings: Config) -> list[Path]:
    """Where the agent writes: its folder, its configuration (`tally devices calibrate`), what plays a printer."""
    outputs = [Path(str(device.settings["output"])) for device in settings.devices if "output" in device.settings]
    return [settings.till.folder, settings.path, *(output for output in outputs if output.exists())]


def _report(search: Search) -> dict[str, object]:
    return {
        "files": search.files,
        "bytes": search.size,
        "numbers": search.numbers,
        "found": [asdict(found) for found in search.found],
        "unread": [{"file": file, "why": why} for file, why in search.unread],
        "out_of_reach": OUT_OF_REACH,
    }


def _print(search: Search) -> None:
    for found in search.found:
        typer.echo(f"FOUND {found.file}: {found.where}: {found.brand}, {found.digits} digits, as {found.encoding}")
    for file, why in search.unread:
        typer.echo(f"UNREAD {file}: {why}")
    typer.echo(f"{search.numbers} payment card numbers in {search.files} files of {search.size:,} bytes")
    typer.echo(f"not searched: {OUT_OF_REACH}")
