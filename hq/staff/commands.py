"""`tally-hq staff`: who works at the tills of a shop, as the desk says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.journal.staff.people import Role
from hq import config
from hq.desk.terminal import Folder, Json, opened, print_json, read
from hq.work.commands import By

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from agent.loyalty.radar.detecting import Note

app = typer.Typer(no_args_is_help=True, help="Who works at the tills: ids, roles, PINs.")

Shop = Annotated[str, typer.Option(help="The shop at whose tills they work.")]
Id = Annotated[str, typer.Argument(help="An id of letters and digits, never a name.")]
Pin = Annotated[str | None, typer.Option(help="The PIN; without it you are asked for it, unseen.")]


@app.command("add")
def add(
    staff: Id,
    shop: Shop,
    by: By,
    pin: Pin = None,
    role: Annotated[Role, typer.Option(help="What may be done.")] = Role.CASHIER,
    folder: Folder = Path(),
) -> None:
    """Add somebody at the tills of a shop; the PIN is asked for.

    Example: tally-hq staff add vera7 --shop corner --role supervisor --by anna
    """
    from hq.staff import naming

    with _writing(folder, shop) as (conn, epoch):
        naming.add(conn, naming.Person(shop, staff, by), role=role, pin=_asked_pin(pin), epoch=epoch)
    typer.echo(f"{staff} is {role} in {shop}, as soon as its tills have heard of it")


@app.command("reset")
def reset(staff: Id, shop: Shop, by: By, pin: Pin = None, folder: Folder = Path()) -> None:
    """Give somebody another PIN; it unlocks the id at every till of the shop.

    Example: tally-hq staff reset vera7 --shop corner --by anna
    """
    from hq.staff import naming

    with _writing(folder, shop) as (conn, epoch):
        naming.reset(conn, naming.Person(shop, staff, by), pin=_asked_pin(pin), epoch=epoch)
    typer.echo(f"{staff} has another PIN in {shop}, as soon as its tills have heard of it")


@app.command("remove")
def remove(staff: Id, shop: Shop, by: By, folder: Folder = Path()) -> None:
    """Let somebody go: the id signs in no more once a till has heard of it.

    Example: tally-hq staff remove vera7 --shop corner --by anna
    """
    from hq.staff import naming

    with _writing(folder, shop) as (conn, epoch):
        naming.remove(conn, naming.Person(shop, staff, by), epoch=epoch)
    typer.echo(f"{staff} is no longer of {shop}")


@app.command("list")
def list_staff(folder: Folder = Path(), as_json: Json = False) -> None:
    """List who works at the tills, as the desk named them; a supervisor at a till may have named more.

    Example: tally-hq staff list
    """
    from hq.staff.naming import listed

    rows: list[tuple[str, str, str]] = read(folder, listed)
    if as_json:
        print_json([{"shop": shop, "staff": staff, "role": role} for shop, staff, role in rows])
    else:
        for shop, staff, role in rows:
            typer.echo(f"{shop:<16} {staff:<32} {role}")


@app.command("radar")
def radar(folder: Folder = Path(), as_json: Json = False) -> None:
    """Show what looks like collusion over all tills, by the first shop's [radar]; for supervisors' eyes.

    Example: tally-hq staff radar
    """
    from hq.staff.radar import notes
    from hq.work.terms import programmes

    def found(conn: Connection) -> tuple[Note, ...]:
        terms = next(iter(programmes(conn).values()), None)
        return () if terms is None else notes(conn, terms.radar)

    seen: tuple[Note, ...] = read(folder, found)
    if as_json:
        print_json([dataclasses.asdict(note) for note in seen])
        return
    for note in seen:
        typer.echo(
            f"{note.what:<12} {note.count:>4} of {note.of:<6} {note.staff:<16} {note.account or '-':<18}"
            f" {note.since} to {note.until}"
        )


@contextmanager
def _writing(folder: Path, shop: str) -> Iterator[tuple[Connection, str]]:
    """Give a connection for one commit, and the epoch; a shop that hq.toml does not name is refused."""
    from hq.database import Turn, take_turn

    known = [one.id for one in config.load(folder).shops]
    if shop not in known:
        raise typer.BadParameter(f"no shop {shop!r} in {config.FILE_NAME} (there are: {', '.join(known)})")
    with opened(folder) as database, database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        yield conn, database.epoch


def _asked_pin(pin: str | None) -> str:
    """Return the PIN that was given, or ask for it twice, unseen."""
    return pin or str(typer.prompt("PIN (4 to 8 digits)", hide_input=True, confirmation_prompt=True))
