"""`tally-hq tills | reconcile | books`: the tills, a day till by till, the books in sum."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hq import config
from hq.desk.terminal import Folder, Json, moment, opened, print_json, read

_HOUR_MS = 3600 * 1000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("tills")(tills)
    app.command("reconcile")(reconcile)
    app.command("books")(books)


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

    rows: list[TillRow] = read(folder, read_tills)
    if silent_hours is not None:
        rows = silent(rows, since_ms=now_ms() - silent_hours * _HOUR_MS)
    _print_tills(rows, as_json=as_json)
    if silent_hours is not None and rows:
        raise typer.Exit(1)


def _print_tills(rows: Sequence[Any], *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(row) for row in rows])
        return
    for row in rows:
        head = f"{row.seq} {row.head[:12]}" if row.head else "-"
        money = ", ".join(f"{one.sales_money - one.returns_money} {one.currency}" for one in row.takings) or "-"
        flags = f"  look at: {', '.join(row.flags)}" if row.flags else ""
        typer.echo(
            f"{row.till:<24} {moment(row.contact_ms)}  entries {row.entries}  waiting {row.waiting}  "
            f"quarantined {row.quarantined}  net {money}  head {head}{flags}"
        )
        for one in row.replaced:
            typer.echo(
                f"  replaced {moment(one.at_ms)}: held up to seq {one.seq} head {one.head}; "
                "the dead machine's slips carry heads beyond it"
            )


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

    rows: list[TillDay] = read(folder, lambda conn: read_day(conn, day.date()))
    if as_json:
        print_json([{**dataclasses.asdict(row), "settled": row.settled} for row in rows])
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
        f"waiting {row.waiting}  quarantined {row.quarantined}  last heard of {moment(row.contact_ms)}{flags}"
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
    summed: Books = read(folder, read_books)
    if as_json:
        units = [{**dataclasses.asdict(unit), "balanced": unit.balanced} for unit in summed.units]
        print_json({**dataclasses.asdict(summed), "units": units, "balanced": summed.balanced})
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

    with opened(folder) as database:
        database.claim()
        count = rebuild(database, keys.load(config.load(folder).keys))
    typer.echo(f"booked {count} entries anew", err=True)
