"""What commands share: the configuration they are given, and printing rows for people or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from agent.config import Config, load_config

if TYPE_CHECKING:
    from agent.ledger.clock import TillClock
    from agent.ledger.ledger import Ledger

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="TALLY_CONFIG", help="The till's configuration file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_CONFIG = Path("/etc/tallystick/till.toml")


def open_ledger(config: Config, *, read_only: bool) -> Ledger:
    """Open the till's ledger; writing takes its lock, so no agent may be running."""
    from agent.ledger.ledger import Ledger

    return Ledger.open(config.till.ledger, till=config.till.id, clock=till_clock(config), read_only=read_only)


def take_ledger(config: Config) -> Ledger:
    """Open for writing the ledger that a till has; raises LedgerError if it has none: the agent begins one."""
    from agent.errors import LedgerError
    from agent.ledger.opening import KEYS_FILE

    path = config.till.ledger
    if not path.exists() and not path.with_name(KEYS_FILE).exists():
        raise LedgerError(f"there is no ledger at {str(path)!r}", hint="start the agent once: `tally run`")
    return open_ledger(config, read_only=False)


def till_clock(config: Config) -> TillClock:
    """Return the till's clock."""
    from agent.ledger.clock import TillClock

    return TillClock(config.till.zone, alone=config.sync is None)


def read_ledger(path: Path) -> Ledger:
    """Open the ledger that a configuration file names, beside a running agent."""
    return open_ledger(load_config(path), read_only=True)


def show(value: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print one record, or rows as a table, for people or as JSON."""
    if as_json:
        sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
    elif isinstance(value, Mapping):
        _print_record(value)
    else:
        _print_rows(value)


def _print_record(record: Mapping[str, Any]) -> None:
    width = max((len(key) for key in record), default=0)
    for key, value in record.items():
        typer.echo(f"{key:<{width}}  {_text(value)}")


def _print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        typer.echo("none")
        return
    columns = list(rows[0])
    table = [columns, *[[_text(row[column]) for column in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if value in (None, "", [], ()):
        return "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    return str(value)


def progress_of(unit: str) -> Callable[[int, int], None]:
    """Return what tells the person who waits how many are done, of how many."""

    def say(done: int, whole: int) -> None:
        if is_terminal():
            sys.stderr.write(f"\r{done:,} of {whole:,} {unit} " + ("\n" if done == whole else ""))

    return say


def is_terminal() -> bool:
    """Say whether a person is watching the progress, which goes to standard error."""
    return sys.stderr.isatty()
