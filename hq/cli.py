"""`tally-hq`: parse, call, print."""

from __future__ import annotations

import dataclasses
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.errors import TallyError
from agent.journal.trust import Role
from hq import config
from hq.desk.terminal import Folder, Json
from hq.desk.terminal import moment as _moment
from hq.desk.terminal import opened as _opened
from hq.desk.terminal import print_json as _print_json
from hq.desk.terminal import read as _read
from hq.members import commands as members_commands
from hq.staff import commands as staff_commands
from hq.work import commands

_HOUR_MS = 3600 * 1000

Root = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The root key, where it is kept; only read.")]
Serial = Annotated[int | None, typer.Option(help="The new serial, if the clock's time is none above the last.", min=1)]

app = typer.Typer(no_args_is_help=True, help="Headquarters: receives the tills' journals and keeps the members' books.")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that speak for this headquarters.")
app.add_typer(keys_app, name="keys")
forks_app = typer.Typer(help="Machines that speak as one till.")
app.add_typer(forks_app, name="forks")
stick_app = typer.Typer(no_args_is_help=True, help="Meet a till of a shop without a line, by stick.")
app.add_typer(staff_commands.app, name="staff")
app.add_typer(stick_app, name="stick")
commands.register(app)
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
    with _opened(folder) as database, database.write() as conn:
        code = make_code(conn, shop=shop, name=till, lasts_s=hours * 3600, replace=replace)
        if replace:
            op = f"replacement:{secrets.token_hex(16)}"
            decide(conn, database.epoch, Decision(op, "till_replacement_approved", {"till": code.till}))
    if as_json:
        _print_json(dataclasses.asdict(code))
    else:
        typer.echo(code.code)
        typer.echo(f"for till {code.till}, until {_moment(code.expires_ms)}", err=True)


@app.command()
def tills(
    folder: Folder = Path(),
    silent_hours: Annotated[
        int | None, typer.Option(help="Only tills not heard of for so many hours; exits 1 if there are any.", min=0)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the tills: last contact, head, entries, money, and what to look at.

    Example: tally-hq tills --silent-hours 24
    """
    from hq.books.reconcile import silent
    from hq.books.totals import TillRow
    from hq.books.totals import tills as read_tills
    from hq.clock import now_ms

    rows: list[TillRow] = _read(folder, read_tills)
    if silent_hours is not None:
        rows = silent(rows, since_ms=now_ms() - silent_hours * _HOUR_MS)
    _print_tills(rows, as_json=as_json)
    if silent_hours is not None and rows:
        raise typer.Exit(1)


def _print_tills(rows: Sequence[Any], *, as_json: bool) -> None:
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
        for one in row.replaced:
            typer.echo(
                f"  replaced {_moment(one.at_ms)}: held up to seq {one.seq} head {one.head}; "
                "the dead machine's slips carry heads beyond it"
            )


@app.command()
def reconcile(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The business day.")],
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Show a day till by till: entries, money, head, gaps, clock, what to look at; exits 1 if there is any of that.

    Example: tally-hq reconcile --day 2026-03-31 --json
    """
    from hq.books.reconcile import TillDay
    from hq.books.reconcile import reconcile as read_day

    rows: list[TillDay] = _read(folder, lambda conn: read_day(conn, day.date()))
    if as_json:
        _print_json([{**dataclasses.asdict(row), "settled": row.settled} for row in rows])
    else:
        for row in rows:
            _print_day(row)
    if not all(row.settled for row in rows):
        raise typer.Exit(1)


def _print_day(row: Any) -> None:
    share = f"{100 * row.unconfirmed / row.entries:.1f} %" if row.entries else "-"
    flags = f"  look at: {', '.join(row.flags)}" if row.flags else ""
    typer.echo(
        f"{row.till:<24} {row.day}  entries {row.entries}  clock unconfirmed {share}  gaps {row.gaps}  "
        f"waiting {row.waiting}  quarantined {row.quarantined}  last heard of {_moment(row.contact_ms)}{flags}"
    )
    for one in row.takings:
        net = one.sales_money - one.returns_money
        typer.echo(
            f"  {one.currency}: {one.sales} sales of {one.sales_money}, "
            f"{one.refunds} refunds of {one.returns_money}, net {net}"
        )
    for part in row.stretches:
        typer.echo(f"  epoch {part.epoch[:8]}: entries {part.first} to {part.last}, head {part.head}")
    for one in row.closures:
        typer.echo(f"  {'X' if one.number is None else f'Z {one.number}'}: head {one.head}")


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
        _print_json([dataclasses.asdict(row) for row in rows])
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
    with _opened(folder) as database:
        taken = stick.take(database, keys.load(settings.keys), file.read_bytes())
    typer.echo(f"till {taken.till}: {taken.entries} new entries")
    if taken.trouble is not None:
        typer.echo(f"not all could be taken: {taken.trouble}; see `tally-hq tills`", err=True)
    if taken.answer is None:
        typer.echo("another machine took this one's place: its entries are kept, nothing goes back", err=True)
        return
    stick.write(out, taken.answer)
    typer.echo(f"wrote {out}: {len(taken.answer)} bytes")


@forks_app.callback(invoke_without_command=True)
def forks_list(context: typer.Context, folder: Folder = Path(), as_json: Json = False) -> None:
    """List the machines that speak as one till, because a disk was copied or restored; exits 1 if there are any.

    Example: tally-hq forks --json
    """
    if context.invoked_subcommand is not None:
        return
    from hq.apart.forks import machines

    rows = _read(folder, machines)
    if as_json:
        _print_json([dataclasses.asdict(row) for row in rows])
    else:
        for row in rows:
            said = "another machine is the till" if row.lost else "to be decided"
            typer.echo(
                f"{row.till:<24} epoch {row.epoch[:8]}  seq {row.seq}  head {row.head[:16]}  "
                f"own entries {row.entries}  since {_moment(row.at_ms)}  {said}"
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
    with _opened(folder) as database, database.write() as conn:
        others = decide(conn, till, keep, epoch=database.epoch, keys=loaded)
    typer.echo(f"till {till} goes on at head {keep}")
    for one in others:
        typer.echo(f"not the till: the machine at head {one.head[:16]}; enrol it anew under another name", err=True)


@app.command("write-off")
def write_off(
    till: Annotated[str, typer.Option(help="The till, as `shop/till`.")],
    by: Annotated[str, typer.Option(help="Who answers for it.")],
    folder: Folder = Path(),
) -> None:
    """Wait no more for a till that will not report; should it do so after all, it counts again.

    Example: tally-hq write-off --till corner/1 --by "Grace Hopper"
    """
    from hq.apart import epochs

    with _opened(folder) as database, database.write() as conn:
        epochs.write_off(conn, till, by=by, epoch=database.epoch)
    typer.echo(f"till {till} is written off")


@app.command("awaited")
def awaited(folder: Folder = Path(), as_json: Json = False) -> None:
    """After a recovery: list the tills that have not reported since, and own entries that none of them has heard of.

    Exits 1 as long as a till is waited for.

    Example: tally-hq awaited --json
    """
    from hq.apart import epochs, witness

    with _opened(folder) as database, database.read() as conn:
        since_ms = epochs.begun_ms(conn)
        tills = [] if since_ms is None else epochs.awaited(conn, since_ms)
        unheard = witness.never_left(conn, database.epoch)
    if as_json:
        _print_json({"tills": [dataclasses.asdict(one) for one in tills], "never_left": unheard})
    else:
        for till in tills:
            typer.echo(f"{till.till:<24} last heard of {_moment(till.contact_ms)}")
        for epoch, seq, kind, op in unheard:
            typer.echo(f"no till has heard of own entry {seq} of epoch {epoch[:8]}: {kind} {op}")
    if tills:
        raise typer.Exit(1)


def _print_key(row: Any) -> None:
    typer.echo(f"{row.role:<10} serial {row.serial}  {row.fingerprint}  since {_moment(row.serial)}")


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
        database.claim()
        count = rebuild(database, keys.load(config.load(folder).keys))
    typer.echo(f"booked {count} entries anew", err=True)
