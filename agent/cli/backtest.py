"""`tally programme backtest` and `closing`: what a programme would have done to sales that happened."""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.errors import ArticlesError, ProgrammeError

if TYPE_CHECKING:
    from agent.loyalty.backtest.figures import Figures
    from agent.upkeep.backtest.run import Report

_PERCENT = 100  # basis points in a percent

Draft = Annotated[Path, typer.Argument(help="A programme file.")]
Baskets = Annotated[
    Path | None, typer.Argument(help="Baskets: Parquet or CSV; without them this till's own ledger is read.")
]
ArticlesFile = Annotated[Path | None, typer.Option("--articles", help="An articles.csv: categories, brands, costs.")]


def backtest(
    programme: Draft,
    baskets: Baskets = None,
    against: Annotated[Path | None, typer.Option(help="The programme in force: who wins and who loses.")] = None,
    articles: ArticlesFile = None,
    margin: Annotated[
        float | None, typer.Option(min=0, max=100, help="Percent of turnover that is margin, if no cost is known.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Judge past sales under a draft: cost, reach, winners and losers.

    Members take every reward as soon as they can, and buy what they bought.

    Example: tally programme backtest config/programmes/coffee-shop.toml config/demo/baskets.csv --margin 40
    """
    report = _ask(programme, baskets, against=against, articles=articles, margin=margin, config=config)
    if as_json:
        sys.stdout.write(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    _print_head(report)
    _print_figures(report)
    if report.changes:
        typer.echo("\nagainst the programme in force, by segment (benefit: given and owed)")
        _print_table([_money(asdict(change), report.currency, ("gained", "lost")) for change in report.changes])


def closing(
    programme: Draft,
    baskets: Baskets = None,
    articles: ArticlesFile = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say who holds how much when a programme closes, by segment.

    Look at this before the day of notice: `stranded` belongs to members who hold too little for a reward.

    Example: tally programme closing config/programmes/general-shop.toml config/demo/baskets.csv
    """
    report = _ask(programme, baskets, against=None, articles=articles, margin=None, config=config)
    if as_json:
        show([asdict(holding) for holding in report.holdings], as_json=True)
        return
    _print_head(report)
    if report.closing is not None:
        days = report.closing
        typer.echo(f"told from {days.notice}, earned until {days.last_earn}, spent until {days.last_spend}")
    typer.echo(f"\nheld on {report.extent.last}, by segment (at the best rate of any reward)")
    _print_table([_money(asdict(holding), report.currency, ("owed", "stranded")) for holding in report.holdings])


def _ask(
    programme: Path,
    baskets: Path | None,
    *,
    against: Path | None,
    articles: Path | None,
    margin: float | None,
    config: Path,
) -> Report:
    from agent.upkeep.backtest.reading import BasketsFile, LedgerSales
    from agent.upkeep.backtest.run import Question, backtest

    source = LedgerSales(partial(read_ledger, config)) if baskets is None else BasketsFile(baskets)
    question = Question(
        _read(programme, ProgrammeError),
        source,
        None if against is None else _read(against, ProgrammeError),
        None if articles is None else _read(articles, ArticlesError),
    )
    return backtest(question, margin=None if margin is None else round(margin * _PERCENT))


def _read(file: Path, error: type[ProgrammeError | ArticlesError]) -> bytes:
    try:
        return file.read_bytes()
    except OSError as reason:
        raise error(f"{str(file)!r} cannot be read: {reason.strerror}") from reason


def _print_head(report: Report) -> None:
    goods, extent = report.goods, report.extent
    typer.echo(f"{report.programme} ({report.version[:12]})")
    typer.echo(f"{goods.sales:,} sales, {goods.lines:,} lines, {extent.first} to {extent.last}")
    if goods.unknown:
        typer.echo(f"{goods.unknown:,} lines of articles that the table of articles does not know")


def _print_figures(report: Report) -> None:
    shown = [_figures(report.figures, report.currency)]
    if report.current is not None:
        shown.append(_figures(report.current, report.currency))
        typer.echo(f"\n{'':<34}{'draft':>18}{'in force':>18}")
    else:
        typer.echo("")
    for label in shown[0]:
        typer.echo(f"{label:<34}" + "".join(f"{column[label]:>18}" for column in shown))
    if report.figures.margin is None:
        typer.echo("margin is not known: name --articles with costs, or --margin")


def _figures(figures: Figures, currency: str) -> dict[str, str]:
    from agent.loyalty.backtest.figures import CEILING
    from agent.slips.texts import money_text

    reach = figures.reach
    rows = {
        "turnover": money_text(figures.turnover, currency, "en"),
        "  of members": money_text(figures.member_turnover, currency, "en"),
        "given away": money_text(figures.given, currency, "en"),
        "still owed at the end": money_text(figures.owed, currency, "en"),
        "expired unspent": money_text(figures.expired, currency, "en"),
        f"cost of turnover (ceiling {_percent(CEILING)})": _percent(figures.cost_rate)
        + (" OVER" if figures.over_ceiling else ""),
        "cost of members' turnover": _percent(figures.member_rate),
        "members": f"{reach.members:,}",
        "reach a first reward": f"{reach.reached:,}",
        "  after days: half, nine of ten": f"{_some(reach.days_median)}, {_some(reach.days_most)}",
        "  after sales: half": _some(reach.sales_median),
    }
    if figures.margin is not None:
        rows["margin"] = _percent(figures.margin)
        rows["pays if members buy more by"] = "never" if figures.break_even is None else _percent(figures.break_even)
        for budget in figures.budgets:
            label = f"may be given if they buy {_percent(budget.uplift)} more"
            rows[label] = money_text(budget.amount, currency, "en")
    return rows


def _percent(basis_points: int) -> str:
    return f"{basis_points / _PERCENT:.2f} %"


def _some(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _money(row: dict[str, Any], currency: str, columns: tuple[str, ...]) -> dict[str, str]:
    from agent.slips.texts import money_text

    texts = {key: f"{value:,}" if isinstance(value, int) else value for key, value in row.items()}
    return texts | {column: money_text(row[column], currency, "en") for column in columns}


def _print_table(rows: list[dict[str, str]]) -> None:
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    for row in [{key: key for key in rows[0]}, *rows]:
        first, *others = row
        cells = [f"{row[first]:<{widths[first]}}", *(f"{row[key]:>{widths[key]}}" for key in others)]
        typer.echo("  ".join(cells).replace("_", " "))
