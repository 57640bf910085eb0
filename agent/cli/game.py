"""`tally game`: the days of the games, and whether a draw was what the slip says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.errors import InvalidError, ProgrammeError, UnknownError
from agent.journal.entry import decode_entry
from agent.loyalty.judging.games import commitment_of, drawn
from agent.loyalty.programme import Programme, load

app = typer.Typer(help="Check the draws of games.", no_args_is_help=True)

_DAYS = """
    SELECT bytes FROM entry WHERE json_extract(CAST(bytes AS TEXT), '$.kind') IN ('game_day', 'game_day_closed')
    ORDER BY n
"""


@app.command("days")
def days(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the days of games.

    With the seed of each that is over.

    Example: tally game days
    """
    ledger = read_ledger(config)
    try:
        with ledger.reading() as conn:
            entries = [decode_entry(data) for (data,) in conn.execute(_DAYS)]
    finally:
        ledger.close()
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        row = {"day": entry.body["day"], "till": entry.till, "draws": None, "seed": None}
        told = {key: entry.body[key] for key in ("draws", "seed") if key in entry.body}
        rows[entry.body["commitment"]] = {**row, **told, "sealed": entry.body["commitment"]}
    show(list(rows.values()), as_json=as_json)


@app.command("check")
def check(
    game: Annotated[str, typer.Argument(help="The game's id in the programme.")],
    seed: Annotated[str, typer.Option(help="The day's seed, as the till shows it when the day is over.")],
    till: Annotated[str, typer.Option(help="The till, as the slip names it.")],
    day: Annotated[str, typer.Option(help="The day of the draw, as on the slip: YYYY-MM-DD.")],
    draw: Annotated[int, typer.Option(min=1, help="The number of the draw, as on the slip.")],
    file: Annotated[Path | None, typer.Option(help="The programme's file; without it, the one in force here.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Draw again, to compare with a slip.

    Tells what the slip must say was sealed, and what was won.

    Example: tally game check scratch --seed 5f0c...9a --till corner/1 --day 2026-11-22 --draw 7 --file shop.toml
    """
    rules = _programme(file, config)
    found = next((one for one in rules.games if one.id == game), None)
    if found is None:
        raise UnknownError(f"no game {game!r} in programme {rules.name!r}", hint="name a game of the programme")
    try:
        secret = bytes.fromhex(seed)
    except ValueError:
        raise InvalidError("the seed must be hexadecimal", hint="`tally game days` shows it") from None
    prize = drawn(found, secret, till=till, day=day, number=draw)
    show({"sealed": commitment_of(secret), "odds": found.odds, "won": prize and prize.label}, as_json=as_json)


def _programme(file: Path | None, config: Path) -> Programme:
    if file is not None:
        try:
            return load(file.read_bytes())
        except OSError as error:
            raise ProgrammeError(f"{str(file)!r} cannot be read: {error.strerror}") from error
    from agent.ledger.kept import programmes

    ledger = read_ledger(config)
    try:
        programme = programmes.current(ledger)
    finally:
        ledger.close()
    if programme is None:
        raise ProgrammeError("this till has no programme yet", hint="name one with --file")
    return programme
