"""`tally programme`: check and lint a programme file, show the one in force, explain what it says to a sale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.errors import ArticlesError, ProgrammeError
from agent.loyalty.programme import Programme, load

if TYPE_CHECKING:
    from agent.ledger.ledger import Ledger
    from agent.loyalty.sale import Reason
    from agent.upkeep.explaining import SaleExplained

app = typer.Typer(help="Check and show loyalty programmes.", no_args_is_help=True)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="A programme file.")], as_json: AsJson = False) -> None:
    """Check a programme file and say what is in it.

    Example: tally programme check config/programmes/coffee-shop.toml
    """
    show(_summary(load(_read(file, ProgrammeError))), as_json=as_json)


def _read(file: Path, error: type[ProgrammeError | ArticlesError]) -> bytes:
    try:
        return file.read_bytes()
    except OSError as reason:
        raise error(f"{str(file)!r} cannot be read: {reason.strerror}") from reason


@app.command("lint")
def lint(
    file: Annotated[Path, typer.Argument(help="A programme file.")],
    articles: Annotated[
        Path | None, typer.Option("--articles", help="An articles.csv: the names in rules are looked up in it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a programme would do that nobody meant.

    Exit status 1 if there are errors: headquarters publishes no programme that has any.

    Example: tally programme lint config/programmes/grocery.toml
    """
    from agent.loyalty.articles import read_articles
    from agent.loyalty.lint.finding import Severity
    from agent.loyalty.lint.linting import lint

    sold = None if articles is None else read_articles(_read(articles, ArticlesError))
    findings = lint(_read(file, ProgrammeError), sold)
    if as_json:
        show([{"file": str(file), **asdict(finding)} for finding in findings], as_json=True)
    else:
        for finding in findings:
            typer.echo(finding.told(str(file)))
        counts = Counter(finding.severity for finding in findings)
        typer.echo(", ".join(f"{counts[severity]} {severity}s" for severity in Severity))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


@app.command("show")
def show_programme(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show the programme in force on this till.

    Example: tally programme show --json
    """
    ledger = read_ledger(config)
    try:
        programme = _in_force(ledger)
    finally:
        ledger.close()
    show(_summary(programme), as_json=as_json)


@app.command("explain")
def explain(
    op: Annotated[str | None, typer.Option(help="A recorded sale, by its receipt number.")] = None,
    sale: Annotated[Path | None, typer.Option(help="A sale that might be: JSON with its lines.")] = None,
    member: Annotated[str | None, typer.Option(help="Whose sale it might be; without it a new member's.")] = None,
    programme: Annotated[
        Path | None, typer.Option("--programme", help="A programme file, in place of the one in force.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say what every rule did to a sale, or what it lacked.

    A recorded sale is judged again by the version of the programme that judged it.

    Example: tally programme explain --op 536365
    """
    from agent.upkeep.explaining import explain_recorded

    if (op is None) == (sale is None):
        raise typer.BadParameter("give one of --op and --sale")
    if op is not None:
        if member is not None or programme is not None:
            raise typer.BadParameter("--op says whose sale it was and under which programme")
        ledger = read_ledger(config)
        try:
            _print_explained(explain_recorded(ledger, op), as_json=as_json)
        finally:
            ledger.close()
    elif sale is not None:
        _print_explained(_what_if(sale, member, programme, config), as_json=as_json)


def _what_if(sale: Path, member: str | None, programme: Path | None, config: Path) -> SaleExplained:
    """The ledger is opened only where it is asked: for the programme in force, or for a member."""
    from agent.loyalty.sale import Moment
    from agent.upkeep.explaining import explain_what_if

    data = sale.read_bytes()
    at = datetime.now().astimezone()
    now = Moment(at.date().isoformat(), confirmed=True, time=at.strftime("%H:%M"))
    ledger = None if programme is not None and member is None else read_ledger(config)
    try:
        judging = _in_force(ledger) if programme is None else load(_read(programme, ProgrammeError))
        return explain_what_if(ledger, judging, data, account=member, now=now)
    finally:
        if ledger is not None:
            ledger.close()


def _in_force(ledger: Ledger | None) -> Programme:
    from agent.ledger.kept import programmes

    programme = None if ledger is None else programmes.current(ledger)
    if programme is None:
        raise ProgrammeError("this till has no programme yet", hint="start the agent once, or sync with headquarters")
    return programme


def _print_explained(explained: SaleExplained, *, as_json: bool) -> None:
    from agent.slips.texts import reason_text

    def told(reasons: Iterable[Reason]) -> list[str]:
        currency = explained.programme.currency
        return [reason_text(reason.code, reason.numbers, currency, "en") for reason in reasons]

    rows = [{"rule": one.rule, "applied": told(one.applied), "missed": told(one.missed)} for one in explained.rules]
    if as_json:
        show({"programme": explained.programme.version, "same": explained.same, "rules": rows}, as_json=True)
        return
    for row in rows:
        typer.echo(row["rule"])
        for mark, key in (("+", "applied"), ("-", "missed")):
            for text in row[key]:
                typer.echo(f"  {mark} {text}")
    if not explained.same:
        typer.echo("the till knew more when it judged this sale: what did not apply is worked out with less")


def _summary(programme: Programme) -> dict[str, Any]:
    return {
        "name": programme.name,
        "version": programme.version,
        "currency": programme.currency,
        "cards": [f"{card.prefix}... ({card.length}, {card.source})" for card in programme.cards],
        "earn": [rule.id for rule in programme.earn],
        "punch_cards": [card.id for card in programme.punch_cards],
        "tiers": [tier.id for tier in programme.tiers],
        "rewards": [reward.id for reward in programme.rewards],
    }
