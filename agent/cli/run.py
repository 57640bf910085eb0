"""`tally run`, `status`, `doctor` and `replay`: the agent as a whole."""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, is_terminal, open_ledger, show
from agent.config import load_config
from agent.upkeep.running import require_running


class Reader(StrEnum):
    """Through which driver a replayed card reaches the till."""

    SERIAL = "serial"
    CHIP = "chip"
    SIMULATED = "simulated"


def run(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run the agent until it is told to stop (SIGTERM or Ctrl-C).

    Example: tally run --config till.toml
    """
    from agent.daemon import run as run_till
    from agent.upkeep.memory import keep_memory_private

    keep_memory_private()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    run_till(load_config(config))


def status(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show how the running agent is.

    Its journal, clock, devices, slips and sync.

    Example: tally status
    """
    show(require_running(load_config(config).till.folder).ask("GET", "/v1/status"), as_json=as_json)


def doctor(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Look the till over and say what to do about what is wrong.

    Exit status 1 if anything is.

    Example: tally doctor
    """
    from agent.upkeep.doctor import examine

    settings = load_config(config)
    till = settings.till
    findings = examine(till.folder, till.ledger, lambda: open_ledger(settings, read_only=True))
    if as_json:
        show([asdict(finding) for finding in findings], as_json=True)
    else:
        for finding in findings:
            typer.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.check}: {finding.text}")
            if not finding.ok:
                typer.echo(f"      {finding.hint}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def replay(
    file: Annotated[Path, typer.Argument(help="Baskets: Parquet or CSV, as agent/upkeep/replay/README.md says.")],
    reader: Annotated[Reader, typer.Option(help="Through which reader driver the cards are read.")] = Reader.SIMULATED,
    feed: Annotated[
        Path | None, typer.Option(help="Where the reader listens: the simulated driver's feed, or the port's path.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Play real baskets through the running agent.

    Cards are read, sales come in, returns become refunds.

    Example: tally replay config/demo/baskets.csv --feed /tmp/cards
    """
    from agent.upkeep.replay.baskets import count_baskets, read_baskets
    from agent.upkeep.replay.feed import open_feeder
    from agent.upkeep.replay.plan import plan
    from agent.upkeep.replay.player import ReplaySummary, play

    running = require_running(load_config(config).till.folder)
    whole = count_baskets(file)

    def say(summary: ReplaySummary) -> None:
        done = summary.sales + summary.refunds + summary.write_offs + summary.a_invoices
        if done % 100 == 0 or done == whole:
            sys.stderr.write(f"\r{done:,} of {whole:,} invoices, {summary.sales_per_s:,.0f} sales/s ")

    with open_feeder(str(reader), feed) as feeder:
        summary = play(
            plan(read_baskets(file)),
            url=running.url,
            token=running.token,
            feeder=feeder,
            on_progress=say if is_terminal() else None,
        )
    show({**asdict(summary), "sales_per_s": round(summary.sales_per_s, 1)}, as_json=as_json)
