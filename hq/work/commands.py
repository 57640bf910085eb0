"""`tally-hq work | adjust | clock`: what headquarters decides, by itself or by a person's word."""

from __future__ import annotations

import dataclasses
import secrets
import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hq import config
from hq.desk.terminal import Folder, Json, moment, opened, print_json, read

if TYPE_CHECKING:
    from hq.work.due import Work

By = Annotated[str, typer.Option(help="Who says so: a login, for no person's name stands in a journal.")]
clock_app = typer.Typer(no_args_is_help=True, help="Headquarters' clock, which is doubted when it jumps.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("work")(work)
    app.command("adjust")(adjust)
    app.add_typer(clock_app, name="clock")


def work(
    folder: Folder = Path(),
    job: Annotated[str | None, typer.Option(help="Only this one; `--status` lists them.")] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A business day; today's if it is left out.")
    ] = None,
    every: Annotated[int | None, typer.Option(help="Go on until stopped, looking every N minutes.", min=1)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would expire.")] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Let expire what was halted; look at its sum first.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Only show the last runs; exits 1 if one went wrong.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Do what is due and was not done yet on this business day; exits 1 if a job failed or waits for somebody.

    Example: tally-hq work --dir /srv/tally --every 15
    """
    if status:
        from hq.work.jobs import last_runs

        _show(read(folder, last_runs), as_json=as_json)
    elif dry_run:
        _preview(folder, day, as_json=as_json)
    else:
        _work(folder, job, day, every=every, confirmed=confirm, as_json=as_json)


def _work(
    folder: Path, job: str | None, day: datetime | None, *, every: int | None, confirmed: bool, as_json: bool
) -> None:
    from hq.work.due import Work

    with opened(folder) as database:
        todo = Work(database, config.load(folder), confirmed=confirmed)
        if every is not None:
            _go_on(todo, job, every * 60)
            return
        _show(todo.run(only=job, day=_day(day)), as_json=as_json)


def _go_on(todo: Work, job: str | None, pause_s: int) -> None:
    """Look again and again until SIGTERM, which waits for the run at hand: the database is closed as it should be."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    while not stopped.is_set():
        todo.run(only=job)  # what becomes of it stands in the log and in --status
        stopped.wait(pause_s)


def _day(day: datetime | None) -> Any:
    """Return the business day asked for; one that is not over elsewhere yet is refused."""
    from hq.clock import day_at, now_ms

    today = day_at(now_ms())
    if day is not None and day.date() > today:
        raise typer.BadParameter(f"the business day is {today}: {day.date()} has not begun everywhere")
    return today if day is None else day.date()


def _preview(folder: Path, day: datetime | None, *, as_json: bool) -> None:
    from hq.work.expiry import Sum, preview

    sums: list[Sum] = read(folder, lambda conn: preview(conn, _day(day)))
    if as_json:
        print_json([{**dataclasses.asdict(one), "percent": one.percent} for one in sums])
        return
    for one in sums:
        typer.echo(f"{one.unit:<12} {one.expiring} of {one.held} would expire ({one.percent:.1f} %)")


def _show(runs: Any, *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(run) for run in runs])
    else:
        for run in runs:
            typer.echo(f"{run.job:<20} {run.day}  {run.outcome:<8} {moment(run.started_ms)}  {run.detail}")
            if run.outcome != "done":
                typer.echo(f"  last done for {run.last_done or 'no day yet'}")
    if any(run.outcome in {"failed", "halted"} for run in runs):
        raise typer.Exit(1)


def adjust(
    account: Annotated[str, typer.Option(help="The account's id.")],
    unit: Annotated[str, typer.Option(help="Of what: points, or another unit.")],
    amount: Annotated[int, typer.Option(help="How many more; below 0: fewer.")],
    reason: Annotated[str, typer.Option(help="Why, in a word such as wrong-article; nothing of a person.")],
    by: By,
    folder: Folder = Path(),
    op: Annotated[str, typer.Option(help="Names the adjustment: the same again changes nothing.")] = "",
) -> None:
    """Give a member units, or take some, by an entry with a reason and a name.

    Example: tally-hq adjust --account 0b1c --unit points --amount 50 --reason complaint --by anna
    """
    from hq.database import Turn, take_turn
    from hq.work.adjusting import Adjustment
    from hq.work.adjusting import adjust as write

    asked = Adjustment(op or secrets.token_hex(8), account, unit, amount, reason, by)
    with opened(folder) as database, database.write() as conn:
        take_turn(conn, Turn.BOOKS)
        written = write(conn, asked, epoch=database.epoch)
    typer.echo(f"adjusted {account}: {amount:+} {unit}" if written else f"op {asked.op} was adjusted before")


@clock_app.command("show")
def clock_show(folder: Folder = Path()) -> None:
    """Say whether headquarters trusts its clock; exits 1 if it does not.

    Example: tally-hq clock show
    """
    from hq.clock import Noted, now_ms

    noted = read(folder, Noted.read)
    doubt = None if noted is None else noted.doubt or noted.jump_to(Noted.now())
    typer.echo(f"{moment(now_ms())}  {'trusted' if doubt is None else f'DOUBTED: {doubt}'}")
    if doubt is not None:
        raise typer.Exit(1)


@clock_app.command("confirm")
def clock_confirm(by: By, folder: Folder = Path()) -> None:
    """Trust the clock as it stands now: tills hear the time again, and units expire.

    Example: tally-hq clock confirm --by anna
    """
    from hq.clock import now_ms
    from hq.work.clock import confirm

    with opened(folder) as database, database.write() as conn:
        confirm(conn, by=by)
    typer.echo(f"trusted: {moment(now_ms())}")
