"""`tally-hq forks | write-off | awaited`: deciding which machine is the till, and whom nobody waits for."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from hq import config
from hq.desk.terminal import Folder, Json, moment, opened, print_json, read

forks_app = typer.Typer(help="Machines that speak as one till.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(forks_app, name="forks")
    app.command("write-off")(write_off)
    app.command("awaited")(awaited)


@forks_app.callback(invoke_without_command=True)
def forks_list(context: typer.Context, folder: Folder = Path(), as_json: Json = False) -> None:
    """List the machines that speak as one till, because a disk was copied or restored; exits 1 if there are any.

    Example: tally-hq forks --json
    """
    if context.invoked_subcommand is not None:
        return
    from hq.apart.forks import machines

    rows = read(folder, machines)
    if as_json:
        print_json([dataclasses.asdict(row) for row in rows])
    else:
        for row in rows:
            said = "another machine is the till" if row.lost else "to be decided"
            typer.echo(
                f"{row.till:<24} epoch {row.epoch[:8]}  seq {row.seq}  head {row.head[:16]}  "
                f"own entries {row.entries}  since {moment(row.at_ms)}  {said}"
            )
    if any(not row.lost for row in rows):
        raise typer.Exit(1)


@forks_app.command("decide")
def forks_decide(
    till: Annotated[str, typer.Option(help="The till, as `shop/till`.")],
    keep: Annotated[str, typer.Option(help="The head of the machine that is the till; its beginning is enough.")],
    folder: Folder = Path(),
) -> None:
    """Decide which machine is the till: it goes on, the others must be enrolled anew, and no sale of theirs is lost.

    Example: tally-hq forks decide --till corner/1 --keep 1f3a9c0e
    """
    from hq import keys
    from hq.apart.forks import keep as decide

    loaded = keys.load(config.load(folder).keys)
    with opened(folder) as database, database.write() as conn:
        others = decide(conn, till, keep, epoch=database.epoch, keys=loaded)
    typer.echo(f"till {till} goes on at head {keep}")
    for one in others:
        typer.echo(f"not the till: the machine at head {one.head[:16]}; enrol it anew under another name", err=True)


def write_off(
    till: Annotated[str, typer.Option(help="The till, as `shop/till`.")],
    by: Annotated[str, typer.Option(help="Who answers for it.")],
    folder: Folder = Path(),
) -> None:
    """Wait no more for a till that will not report; should it do so after all, it counts again.

    Example: tally-hq write-off --till corner/1 --by "Grace Hopper"
    """
    from hq.apart import epochs

    with opened(folder) as database, database.write() as conn:
        epochs.write_off(conn, till, by=by, epoch=database.epoch)
    typer.echo(f"till {till} is written off")


def awaited(folder: Folder = Path(), as_json: Json = False) -> None:
    """After a recovery: list the tills that have not reported since, and own entries that none of them has heard of.

    Exits 1 as long as a till is waited for.

    Example: tally-hq awaited --json
    """
    from hq.apart import epochs, witness

    with opened(folder) as database, database.read() as conn:
        since_ms = epochs.begun_ms(conn)
        tills = [] if since_ms is None else epochs.awaited(conn, since_ms)
        unheard = witness.never_left(conn, database.epoch)
    if as_json:
        print_json({"tills": [dataclasses.asdict(one) for one in tills], "never_left": unheard})
    else:
        for till in tills:
            typer.echo(f"{till.till:<24} last heard of {moment(till.contact_ms)}")
        for epoch, seq, kind, op in unheard:
            typer.echo(f"no till has heard of own entry {seq} of epoch {epoch[:8]}: {kind} {op}")
    if tills:
        raise typer.Exit(1)
