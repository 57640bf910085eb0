"""What every command of `tally-hq` does alike: its folder, its database, what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hq import config

if TYPE_CHECKING:
    from hq.database import Database

Folder = Annotated[Path, typer.Option("--dir", help="The folder that `tally-hq init` made.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def read(folder: Path, query: Callable[[Any], Any]) -> Any:
    """Return what a query finds at one moment."""
    with opened(folder) as database, database.read() as conn:
        return query(conn)


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """Open the database of a headquarters."""
    from hq.database import Database

    database = Database(config.load(folder).database)
    try:
        yield database
    finally:
        database.close()


def print_json(value: object) -> None:
    """Print JSON."""
    typer.echo(json.dumps(value, indent=2))


def moment(at_ms: int) -> str:
    """Return a time as people read it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
