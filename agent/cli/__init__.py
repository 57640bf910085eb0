"""`tally`: parse, call, print. Exit status: 0 done, 1 it said no or failed, 2 misused."""

from __future__ import annotations

import sys

import typer

from agent.cli import (
    audit,
    backtest,
    backup,
    closure,
    devices,
    game,
    ledger,
    member,
    programme,
    run,
    sale,
    setup,
    slip,
    staff,
    sync,
    token,
)
from agent.errors import TallyError, file_text

app = typer.Typer(
    name="tally",
    help="A shop's loyalty programme on the till: cards, points, slips, offline first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts in half the time and reads the same in a pipe
)
app.command("run")(run.run)
app.command("status")(run.status)
app.command("doctor")(run.doctor)
app.command("enrol")(sync.enrol)
app.command("replay")(run.replay)
app.add_typer(devices.app, name="devices")
app.add_typer(setup.app, name="config")
ledger.app.command("backup")(backup.backup)
ledger.app.command("backup-keys")(backup.backup_keys)
ledger.app.command("restore")(backup.restore)
app.add_typer(ledger.app, name="ledger")
app.add_typer(closure.app, name="closure")
app.add_typer(game.app, name="game")
app.add_typer(member.app, name="member")
app.add_typer(sale.app, name="sale")
app.add_typer(slip.app, name="slip")
app.add_typer(staff.app, name="staff")
app.add_typer(sync.app, name="sync")
programme.app.command("backtest")(backtest.backtest)
programme.app.command("closing")(backtest.closing)
app.add_typer(programme.app, name="programme")
app.add_typer(audit.app, name="audit")
app.add_typer(token.app, name="token")


def main() -> None:
    """Run the command line; an error of ours, or of the machine's files, is one line and a hint, never a traceback."""
    try:
        app()
    except TallyError as error:
        _fail(str(error), error.hint)
    except OSError as error:
        _fail(file_text(error), "check the path, and whether this account may read and write there")


def _fail(text: str, hint: str) -> None:
    sys.stderr.write(f"tally: {text}\n  {hint}\n")
    sys.exit(1)
