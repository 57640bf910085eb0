"""`tally ledger`: look the till's book over."""

from __future__ import annotations

import sys
from dataclasses import asdict

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, open_ledger, read_ledger, show
from agent.config import load_config

app = typer.Typer(help="Verify, rebuild and export the ledger.", no_args_is_help=True)


@app.command("verify")
def verify(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Verify every entry of the chain.

    The first that was changed, removed, added or moved is named.

    Example: tally ledger verify
    """
    from agent.ledger import audit

    ledger = read_ledger(config)
    try:
        rows = [asdict(seen) for seen in audit.verify(ledger)]
    finally:
        ledger.close()
    show(rows, as_json=as_json)


@app.command("rebuild")
def rebuild(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Drop what is derived from the entries and fold them anew.

    The agent must be stopped.

    Example: tally ledger rebuild
    """
    from agent.ledger import audit

    ledger = open_ledger(load_config(config), read_only=False)
    try:
        folded = audit.rebuild(ledger)
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
