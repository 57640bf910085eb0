"""`tally-hq members`: looking at a member, merging accounts and parting them."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path
from typing import Annotated

import typer

from hq import config
from hq.desk.terminal import Folder, Json, moment, opened, print_json

Account = Annotated[str, typer.Option(help="The account's id.")]
Reason = Annotated[str, typer.Option(help="Why, in a word such as same-person; nothing of a person.")]
Name = Annotated[str, typer.Option("--name", help="Who says so: a login, for no person's name stands in a journal.")]
Op = Annotated[str, typer.Option(help="Names the decision: the same again changes nothing.")]

members_app = typer.Typer(no_args_is_help=True, help="Members: what is known of them, and what people decide.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(members_app, name="members")


@members_app.command("show")
def members_show(account: Account, folder: Folder = Path(), as_json: Json = False) -> None:
    """Show a member: balances, profile, and values that other tills told without knowing of each other.

    Example: tally-hq members show --account 0b1c
    """
    from hq import keys
    from hq.members.showing import show

    loaded = keys.load(config.load(folder).keys)
    with opened(folder) as database, database.read() as conn:
        found = show(conn, account, keys=loaded)
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    typer.echo(f"account {found.account}  {found.status}  joined {', '.join(found.joined) or '-'}")
    for unit, amount in found.balances.items():
        typer.echo(f"  {unit:<12} {amount}")
    for subject, content in found.profiles.items():
        typer.echo(f"  {'profile' if subject == found.account else subject}")
        for name, value in content.items():
            typer.echo(f"    {name:<12} {'-' if value is None else value}")
            for other in found.others:
                if (other.subject, other.field) == (subject, name):
                    typer.echo(f"    {'':<12} till {other.till} said {other.value} ({moment(other.at_ms)})")


@members_app.command("contradicted")
def members_contradicted(folder: Folder = Path(), as_json: Json = False) -> None:
    """List the members of whom tills said what does not go together; exits 1 if there are any.

    Example: tally-hq members contradicted
    """
    from hq.members.showing import contradicted

    with opened(folder) as database, database.read() as conn:
        found = contradicted(conn)
    if as_json:
        print_json(found)
    else:
        for one in found:
            typer.echo(one)
    if found:
        raise typer.Exit(1)


@members_app.command("merge")
def members_merge(
    account: Account,
    into: Annotated[str, typer.Option(help="The account that stays.")],
    reason: Reason,
    name: Name,
    folder: Folder = Path(),
    op: Op = "",
) -> None:
    """Make an account part of another: both are of one member.

    Example: tally-hq members merge --account 7c2e --into 0b1c --reason same-person --name anna
    """
    from hq.database import Turn, take_turn
    from hq.members.merging import Word, merge

    word = Word(op or secrets.token_hex(8), reason, name)
    with opened(folder) as database, database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        done = merge(conn, account, into, word, epoch=database.epoch)
    typer.echo(f"{account} is part of {into}" if done else f"op {word.op} was decided before")


@members_app.command("unmerge")
def members_unmerge(account: Account, reason: Reason, name: Name, folder: Folder = Path(), op: Op = "") -> None:
    """Let an account be on its own again, with what its cards brought since it was merged.

    Example: tally-hq members unmerge --account 7c2e --reason two-people --name anna
    """
    from hq.database import Turn, take_turn
    from hq.members.merging import Word, unmerge

    word = Word(op or secrets.token_hex(8), reason, name)
    with opened(folder) as database, database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        done = unmerge(conn, account, word, epoch=database.epoch)
    typer.echo(f"{account} is on its own" if done else f"op {word.op} was decided before")
