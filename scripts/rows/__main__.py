"""Run the rows that are named, or all of them, and print them for people or as JSON."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import orjson
import typer

from rows.house import agent_rss, agent_start, replay, sale_while_busy
from rows.large.till import sale_at_10m, start_at_10m
from rows.large.verify import verify
from rows.line.crowd import crowd_answer
from rows.line.growth import sync_growth
from rows.line.sending import sync_vs_ceiling, sync_vs_copy, sync_vs_pouchdb
from rows.pages.rows import first_paint, panel_p95
from rows.programme import backtest_row, evaluate_growth, evaluate_row
from rows.reads import READINGS, read_row
from rows.row import Row, bare_commits_per_s
from rows.sales import sale_durable
from rows.slips import slip_render

ROWS: dict[str, Callable[[Path], list[Row]]] = {
    "sale_durable": sale_durable,
    "sale_at_10m": sale_at_10m,
    "start_at_10m": start_at_10m,
    "verify": verify,
    "sale_while_busy": sale_while_busy,
    "replay": replay,
    "sync_vs_ceiling": sync_vs_ceiling,
    "sync_vs_copy": sync_vs_copy,
    "sync_vs_pouchdb": sync_vs_pouchdb,
    "sync_growth": sync_growth,
    "crowd_answer": crowd_answer,
    "agent_start": agent_start,
    "agent_rss": agent_rss,
    "evaluate": evaluate_row,
    "evaluate_growth": evaluate_growth,
    "backtest": backtest_row,
    **{f"read_{driver}": read_row(driver) for driver in READINGS},
    "slip_render": slip_render,
    "panel_p95": panel_p95,
    "first_paint": first_paint,
}
JUDGE_ABOVE = 5_000  # bare commits a second below which the disk is too slow today to judge absolute limits


def bench(
    rows: Annotated[list[str] | None, typer.Argument(help="Rows to run; all if none is named.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Measure rows of the bench, each as a ratio to a baseline of the same run."""
    names = rows or list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise typer.BadParameter(f"no row {unknown[0]!r}; there are {', '.join(ROWS)}")
    gc.freeze()  # as the agent does
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-", dir=Path.cwd() / ".cache") as name:
        folder = Path(name)
        bare = bare_commits_per_s(folder, [bytes(1000)] * 2000)
        measured = [row for number, name in enumerate(names) for row in ROWS[name](_own(folder / str(number)))]
    if as_json:
        sys.stdout.write(orjson.dumps(measured, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    verdict = "" if bare > JUDGE_ABOVE else f" (below {JUDGE_ABOVE:,}: too slow today to judge absolute limits)"
    print(f"bare durable commits: {bare:,.0f}/s{verdict}")
    print(f"{'row':<18}{'value':>14}{'baseline':>14}{'ratio':>9}  unit")
    for row in measured:
        print(f"{row.name:<18}{row.value:>14,.1f}{row.baseline:>14,.1f}{row.ratio:>9.3f}  {row.unit}")


def _own(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    Path(".cache").mkdir(exist_ok=True)
    typer.run(bench)
