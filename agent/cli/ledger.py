"""`tally ledger`: look the till's book over."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, progress_of, read_ledger, show, take_ledger
from agent.config import load_config

app = typer.Typer(help="Verify, rebuild and export the ledger.", no_args_is_help=True)


@app.command("verify")
def verify(
    head: Annotated[str | None, typer.Option(help="The proof on a slip: its place in this ledger is shown.")] = None,
    entry: Annotated[int | None, typer.Option(min=1, help="The number of the entry on that slip.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Verify every entry of the chain, its closures and tables.

    The first entry that was changed, removed, added or moved is named; a closure or a table that differs from the
    entries too. A cut end and a chain rewritten to its end show against what headquarters said it holds, and against a
    slip: give the proof that is printed on it.

    Example: tally ledger verify --head "7f3a 9c2e 11d0 4b55"
    """
    from agent.ledger import audit

    if entry is not None and head is None:
        raise typer.BadParameter("--entry is the number of the entry whose --head is on the slip")
    ledger = read_ledger(config)
    try:
        epochs = audit.verify(ledger)
        audit.check_held(ledger)
        audit.check_derived(ledger)
        audit.check_closures(ledger)
        found = None if head is None else audit.find_head(ledger, head, seq=entry)
    finally:
        ledger.close()
    if found is None:
        show([asdict(seen) for seen in epochs], as_json=as_json)
    else:
        show(asdict(found), as_json=as_json)


@app.command("rebuild")
def rebuild(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Drop what is derived from the entries and fold them anew.

    The agent must be stopped: this holds the ledger for as long as it takes, and changes nothing until it is done.

    Example: tally ledger rebuild
    """
    from agent.ledger import audit

    ledger = take_ledger(load_config(config))
    try:
        folded = audit.rebuild(ledger, progress=progress_of("entries"))
    finally:
        ledger.close()
    show({"entries_folded": folded}, as_json=as_json)


@app.command("export")
def export(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Write every entry to standard output.

    A line of JSON each, with its hash.

    Example: tally ledger export > entries.jsonl
    """
    from agent.ledger import audit

    ledger = read_ledger(config)
    try:
        for line in audit.export(ledger):
            sys.stdout.buffer.write(line)
    finally:
        ledger.close()
