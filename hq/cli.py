"""`tally-hq`: parse, call, print."""

from __future__ import annotations

import dataclasses
import logging
import secrets
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from agent.errors import ConfigError, TallyError, file_text
from agent.journal.trust import Role
from hq import config
from hq.apart import commands as apart_commands
from hq.desk import commands as desk_commands
from hq.desk.terminal import Folder, Json, moment, opened, print_json
from hq.members import commands as members_commands
from hq.staff import commands as staff_commands
from hq.work import commands as work_commands

Root = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The root key, where it is kept; only read.")]
Serial = Annotated[int | None, typer.Option(help="The new serial, if the clock's time is none above the last.", min=1)]

_MEND: Final = "correct what it names; config/hq.toml of the project shows every key"  # the till has a command for it

app = typer.Typer(no_args_is_help=True, help="Headquarters: receives the tills' journals and keeps the members' books.")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that speak for this headquarters.")
stick_app = typer.Typer(no_args_is_help=True, help="Meet a till of a shop without a line, by stick.")


@app.command()
def init(
    folder: Folder,
    shop: Annotated[str, typer.Option(help="The first shop's name: a-z, 0-9 and '-'.")],
    programme: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The shop's programme file; it is copied.")
    ],
    name: Annotated[str, typer.Option(help="What pages call this headquarters.")] = "Headquarters",
    database: Annotated[
        str, typer.Option(help="A file in the folder, or the address of an empty PostgreSQL database.")
    ] = "hq.sqlite",
) -> None:
    """Make a headquarters: hq.toml, its database and its keys.

    Example: tally-hq init --dir /srv/tally --shop corner --programme general-shop.toml
    """
    from hq import founding

    root = founding.found(folder, name=name, shop=shop, programme=programme, database=database)
    typer.echo(f"made {folder}")
    typer.echo(f"take the root key off this machine now and keep it safe: {root}")
    typer.echo("it speaks for every later key of this headquarters; nobody can make it again")


@app.command()
def serve(
    folder: Folder = Path(),
    workers: Annotated[int, typer.Option(help="Processes beside each other; more than 1 need PostgreSQL.", min=1)] = 1,
) -> None:
    """Serve tills and the desk's page until stopped.

    Example: tally-hq serve --dir /srv/tally
    """
    from hq.serve import Serving

    with Serving(folder, workers=workers) as serving:
        typer.echo(f"listening on {serving.address}")
        serving.run()


@app.command("enrol-code")
def enrol_code(
    shop: Annotated[str, typer.Option(help="The shop the till stands in.")],
    till: Annotated[str, typer.Option(help="The till's name in its shop.")],
    folder: Folder = Path(),
    hours: Annotated[int, typer.Option(help="How long the code lasts.", min=1, max=24 * 30)] = 48,
    replace: Annotated[
        bool, typer.Option("--replace", help="Approve another machine in the place of an enrolled till's.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a one-off code that enrols one till.

    With --replace a new machine takes the place of one that is dead, whose key is refused from then on.

    Example: tally-hq enrol-code --shop corner --till 1
    """
    from hq.books.own import Decision, decide
    from hq.receive.enrol import make_code

    settings = config.load(folder)
    if shop not in {one.id for one in settings.shops}:
        known = ", ".join(one.id for one in settings.shops)
        raise typer.BadParameter(f"no shop {shop!r} in {config.FILE_NAME} (there are: {known})")
    with opened(folder) as database, database.write() as conn:
        code = make_code(conn, shop=shop, name=till, lasts_s=hours * 3600, replace=replace)
        if replace:
            op = f"replacement:{secrets.token_hex(16)}"
            decide(conn, database.epoch, Decision(op, "till_replacement_approved", {"till": code.till}))
    if as_json:
        print_json(dataclasses.asdict(code))
    else:
        typer.echo(code.code)
        typer.echo(f"for till {code.till}, until {moment(code.expires_ms)}", err=True)


@keys_app.command("show")
def keys_show(folder: Folder = Path(), as_json: Json = False) -> None:
    """List the online keys by role: serial, fingerprint, since when. The root key is named on stderr.

    Example: tally-hq keys show --json
    """
    from hq import keys
    from hq.keys.online import fingerprint, read_root_public

    where = config.load(folder).keys
    rows = list(keys.show(where))
    if as_json:
        print_json([dataclasses.asdict(row) for row in rows])
        return
    typer.echo(f"root key {fingerprint(read_root_public(where))}", err=True)
    for row in rows:
        _print_key(row)


@keys_app.command("rotate")
def keys_rotate(
    role: Annotated[Role, typer.Option(help="Whose key: the role it signs for.")],
    root: Root,
    folder: Folder = Path(),
    serial: Serial = None,
) -> None:
    """Replace a role's online key, as a habit or because it was stolen: the old one is believed no more.

    Example: tally-hq keys rotate --role feed --root /media/safe/root.key
    """
    from hq import keys

    _print_key(keys.rotate(config.load(folder).keys, role, root_file=root, serial=serial))
    typer.echo("begin `tally-hq serve` anew, with this key on every machine that serves", err=True)


@app.command()
def recover(root: Root, folder: Folder = Path(), serial: Serial = None) -> None:
    """Make the keys of a burnt headquarters anew, beside its hq.toml and a copy of its database; no till is touched.

    Example: tally-hq recover --dir /srv/tally --root /media/safe/root.key
    """
    from hq import founding, keys

    founding.recover(folder, root_file=root, serial=serial)
    for row in keys.show(config.load(folder).keys):
        _print_key(row)


@stick_app.command("take")
def stick_take(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `tally sync export` wrote.")],
    out: Annotated[Path, typer.Option(help="The file to write for `tally sync import`.")],
    folder: Folder = Path(),
) -> None:
    """Take a till's stick and write the answer to carry back; the same stick again does no harm.

    Example: tally-hq stick take /media/stick/corner-1.tally --out /media/stick/corner-1.answer
    """
    from hq import keys, stick

    settings = config.load(folder)
    with opened(folder) as database:
        taken = stick.take(database, keys.load(settings.keys), file.read_bytes())
    typer.echo(f"till {taken.till}: {taken.entries} new entries")
    if taken.trouble is not None:
        typer.echo(f"not all could be taken: {taken.trouble}; see `tally-hq tills`", err=True)
    if taken.answer is None:
        typer.echo("another machine took this one's place: its entries are kept, nothing goes back", err=True)
        return
    stick.write(out, taken.answer)
    typer.echo(f"wrote {out}: {len(taken.answer)} bytes")


def _print_key(row: Any) -> None:
    typer.echo(f"{row.role:<10} serial {row.serial}  {row.fingerprint}  since {moment(row.serial)}")


app.add_typer(keys_app, name="keys")
app.add_typer(stick_app, name="stick")
app.add_typer(staff_commands.app, name="staff")
desk_commands.register(app)
apart_commands.register(app)
work_commands.register(app)
members_commands.register(app)


def main() -> None:
    """Run `tally-hq`: 0 done, 1 failed, 2 misused."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name not in {"sqlalchemy", "psycopg"}:
            raise
        typer.echo("headquarters needs more than a till has: pip install 'tallystick[hq]'", err=True)
        raise SystemExit(1) from None
    except TallyError as error:
        _fail(str(error), _MEND if error.hint == ConfigError.hint else error.hint)
    except OSError as error:
        _fail(file_text(error), "check the path, and whether this account may read and write there")


def _fail(text: str, hint: str) -> NoReturn:
    typer.echo(f"tally-hq: {text}\n  {hint}", err=True)
    raise SystemExit(1) from None
