"""`tally-hq`: parse, call, print."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.errors import TallyError
from hq import config

if TYPE_CHECKING:
    from hq.database import Database

Folder = Annotated[Path, typer.Option("--dir", help="The folder that `tally-hq init` made.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(no_args_is_help=True, help="Headquarters: receives the tills' journals and keeps the members' books.")


def main() -> None:
    """Run `tally-hq`: 0 done, 1 failed, 2 misused."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        typer.echo("headquarters needs more than a till has: pip install 'tallystick[hq]'", err=True)
        raise SystemExit(1) from None
    except TallyError as error:
        typer.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(1) from None


@app.command()
def init(
    folder: Folder,
    shop: Annotated[str, typer.Option(help="The first shop's name: a-z, 0-9 and '-'.")],
    programme: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The shop's programme file; it is copied.")
    ],
    name: Annotated[str, typer.Option(help="What pages call this headquarters.")] = "Headquarters",
) -> None:
    """Make a headquarters: hq.toml, its database and its keys.

    Example: tally-hq init --dir /srv/tally --shop corner --programme general-shop.toml
    """
    from hq import founding

    root = founding.found(folder, name=name, shop=shop, programme=programme)
    typer.echo(f"made {folder}")
    typer.echo(f"take the root key off this machine now and keep it safe: {root}")
    typer.echo("it speaks for every later key of this headquarters; nobody can make it again")


@app.command()
def serve(folder: Folder = Path()) -> None:
    """Serve tills and the desk's page until stopped.

    Example: tally-hq serve --dir /srv/tally
    """
    from hq.serve import Serving

    with Serving(folder) as serving:
        typer.echo(f"listening on {serving.address}")
        serving.run()


@app.command("enrol-code")
def enrol_code(
    shop: Annotated[str, typer.Option(help="The shop the till stands in.")],
    till: Annotated[str, typer.Option(help="The till's name in its shop.")],
    folder: Folder = Path(),
    hours: Annotated[int, typer.Option(help="How long the code lasts.", min=1, max=24 * 30)] = 48,
    as_json: Json = False,
) -> None:
    """Print a one-off code that enrols one till.

    Example: tally-hq enrol-code --shop corner --till 1
    """
    from hq.receive.enrol import make_code

    settings = config.load(folder)
    if shop not in {one.id for one in settings.shops}:
        known = ", ".join(one.id for one in settings.shops)
        raise typer.BadParameter(f"no shop {shop!r} in {config.FILE_NAME} (there are: {known})")
    with _opened(folder) as database, database.write() as conn:
        code = make_code(conn, shop=shop, name=till, lasts_s=hours * 3600)
    if as_json:
        _print_json(dataclasses.asdict(code))
    else:
        typer.echo(code.code)
        typer.echo(f"for till {code.till}, until {_moment(code.expires_ms)}", err=True)


@app.command()
def tills(folder: Folder = Path(), as_json: Json = False) -> None:
    """List the tills: last contact, head, entries, money, and what to look at.

    Example: tally-hq tills --json
    """
    from hq.books.totals import TillRow
    from hq.books.totals import tills as read_tills

    rows: list[TillRow] = _read(folder, read_tills)
    if as_json:
        _print_json([dataclasses.asdict(row) for row in rows])
        return
    for row in rows:
        head = f"{row.seq} {row.head[:12]}" if row.head else "-"
        money = ", ".join(f"{one.sales_money - one.returns_money} {one.currency}" for one in row.takings) or "-"
        flags = f"  look at: {', '.join(row.flags)}" if row.flags else ""
        typer.echo(
            f"{row.till:<24} {_moment(row.contact_ms)}  entries {row.entries}  waiting {row.waiting}  "
            f"quarantined {row.quarantined}  net {money}  head {head}{flags}"
        )


@app.command()
def books(
    folder: Folder = Path(),
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Derive the books anew first.")] = False,
    as_json: Json = False,
) -> None:
    """Show the books in sum, and whether every unit's postings come to zero; exits 1 if one does not.

    Example: tally-hq books --rebuild
    """
    from hq.books.totals import Books
    from hq.books.totals import books as read_books

    if rebuild:
        _rebuild(folder)
    summed: Books = _read(folder, read_books)
    if as_json:
        units = [{**dataclasses.asdict(unit), "balanced": unit.balanced} for unit in summed.units]
        _print_json({**dataclasses.asdict(summed), "units": units, "balanced": summed.balanced})
    else:
        _print_books(summed)
    if not summed.balanced:
        raise typer.Exit(1)


def _print_books(summed: Any) -> None:
    typer.echo(f"entries {summed.entries}  waiting {summed.waiting}  quarantined {summed.quarantined}")
    typer.echo(f"members {summed.members}")
    for one in summed.takings:
        typer.echo(
            f"{one.currency}: {one.sales} sales of {one.sales_money}, {one.refunds} refunds of {one.returns_money}"
        )
    for unit in summed.units:
        parts = "  ".join(f"{account} {amount}" for account, amount in unit.accounts.items())
        verdict = "sums to 0" if unit.balanced else f"sums to {unit.total}, lots hold {unit.lots}: NOT EVEN"
        typer.echo(f"{unit.unit:<12} {parts}  {verdict}")


def _rebuild(folder: Path) -> None:
    from hq import keys
    from hq.books.worker import rebuild

    with _opened(folder) as database:
        database.serve_alone()
        count = rebuild(database, keys.load(config.load(folder).keys))
    typer.echo(f"booked {count} entries anew", err=True)


def _read(folder: Path, query: Callable[[Any], Any]) -> Any:
    with _opened(folder) as database, database.read() as conn:
        return query(conn)


@contextmanager
def _opened(folder: Path) -> Iterator[Database]:
    from hq.database import Database

    database = Database(config.load(folder).database)
    try:
        yield database
    finally:
        database.close()


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
