"""`tally closure`: X and Z reports, made and shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import orjson
import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show, take_ledger
from agent.config import load_config
from agent.upkeep.running import find_running

if TYPE_CHECKING:
    from agent.counter import ClosureAnswer, Counter
    from agent.ledger.ledger import Ledger

app = typer.Typer(help="Make and show X and Z reports.", no_args_is_help=True)

_BY = "cli"
_LIMIT_S = 120.0  # the entries of a till that was never closed take a while to count
Op = Annotated[str | None, typer.Option(help="A name of your own for this report; the same again is the same report.")]


@app.command("x")
def x(op: Op = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Print what happened since the last Z; the period goes on.

    Example: tally closure x
    """
    _close("X", op, config, as_json=as_json)


@app.command("z")
def z(op: Op = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Close the business day: print what happened since the last Z.

    The next period begins after it. Through the running agent if there is one.

    Example: tally closure z --op Z-2026-11-22
    """
    _close("Z", op, config, as_json=as_json)


@app.command("show")
def show_closure(
    number: Annotated[int | None, typer.Argument(min=1, help="The number of a Z report; without it the last.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show the last Z report, or that of a number.

    Example: tally closure show 12
    """
    from agent.counter.closing.reporting import last_z

    ledger = read_ledger(config)
    try:
        answer = last_z(ledger, number)
    finally:
        ledger.close()
    _show(_plain(answer), as_json=as_json)


def _close(report: str, op: str | None, config: Path, *, as_json: bool) -> None:
    from agent.counter import ClosureAsk
    from agent.loyalty.closures import Report

    settings, op = load_config(config), op or str(uuid4())
    running = find_running(settings.till.folder)
    if running is not None:
        answer = running.ask("POST", "/v1/closures", {"op": op, "report": report}, limit_s=_LIMIT_S)
    else:
        ledger = take_ledger(settings)
        try:
            answer = _plain(_counter(ledger).day.close(ClosureAsk(op, Report(report)), by=_BY))
        finally:
            ledger.close()
    _show(answer, as_json=as_json)


def _counter(ledger: Ledger) -> Counter:
    from agent.counter import Counter
    from agent.ledger.kept import programmes

    return Counter(ledger, programmes.current(ledger), recorded=lambda: None)


def _plain(answer: ClosureAnswer) -> dict[str, Any]:
    """The answer as the local API gives it."""
    value: dict[str, Any] = orjson.loads(orjson.dumps(answer))
    return value


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(answer, as_json=True)
        return
    closure = answer["closure"]
    period = closure["period"]
    show(
        {
            "report": closure["report"] if closure["number"] is None else f"{closure['report']} {closure['number']}",
            "days": " - ".join(dict.fromkeys(filter(None, (closure["first_day"], closure["last_day"])))) or None,
            "entry": answer["entry"]["seq"],
            "entries": period["entries"],
            "drawer": period["drawer"],
            "unsynced": answer["unsynced"],
            "slips waiting": answer["slips_waiting"],
            "clock unconfirmed": period["unconfirmed"],
            "head": closure["head"],
        },
        as_json=False,
    )
    for part in ("takings", "units", "vouchers", "cards"):
        if period[part]:
            typer.echo("")
            show([{part: key, **counted} for key, counted in period[part].items()], as_json=False)
