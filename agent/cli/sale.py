"""`tally sale`: the last sales, and one sale with its reasons."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.errors import UnknownError
from agent.journal.entry import Entry, decode_entry
from agent.slips.texts import reason_text

app = typer.Typer(help="List sales and show why each earned what it did.", no_args_is_help=True)

_LIST_MAX = 10_000
_NEWEST_FIRST = """
    SELECT bytes FROM entry
    WHERE json_extract(CAST(bytes AS TEXT), '$.kind') IN ('sale', 'refund', 'redemption', 'redemption_undone')
    ORDER BY n DESC LIMIT ?
"""


@app.command("list")
def list_sales(
    last: Annotated[int, typer.Option(min=1, max=_LIST_MAX, help="How many to list.")] = 20,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List the last sales, refunds and redemptions.

    The newest first; money in minor units, below 0 if the customer gets it.

    Example: tally sale list --last 5
    """
    ledger = read_ledger(config)
    try:
        with ledger.reading() as conn:
            found = conn.execute(_NEWEST_FIRST, (last,)).fetchall()
    finally:
        ledger.close()
    show([_row(decode_entry(data)) for (data,) in found], as_json=as_json)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "op": entry.op,
        "kind": entry.kind,
        "day": entry.day,
        "account": entry.body["account"],
        "money": _money(entry.kind, entry.body),
        "by": entry.by,
        "seq": entry.seq,
    }


def _money(kind: str, body: Any) -> int:
    """Minor units the customer pays (above 0) or gets (below 0)."""
    if kind == "sale":
        return int(body["due"])
    return -int(body["money"]) if kind == "refund" else 0


@app.command("show")
def show_sale(
    op: Annotated[str, typer.Argument(help="The receipt number or whatever the sale was named.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show one recorded sale, refund or redemption.

    With the reason for everything it did.

    Example: tally sale show 536365
    """
    ledger = read_ledger(config)
    try:
        recorded = ledger.find(op)
    finally:
        ledger.close()
    if recorded is None:
        raise UnknownError(f"nothing was recorded under {op!r} on this till")
    if as_json:
        show({"hash": recorded.hash.hex(), "entry": recorded.entry.to_map()}, as_json=True)
        return
    body = recorded.entry.body
    typer.echo(f"{recorded.entry.kind} {op} on {recorded.entry.day}, entry {recorded.entry.seq}")
    for line in body.get("lines", []):
        typer.echo(f"  {line['quantity'] / 1000:>8g} x {line['article']:<20} {line['amount']:>10}")
    if "reward" in body:
        typer.echo(f"  {body['label']}: {body['units']} {body['unit']}")
    for reason in [effect["reason"] for effect in body.get("effects", [])] + list(body.get("reasons", [])):
        typer.echo(f"  {reason_text(reason['code'], reason['numbers'], body['currency'], 'en')}")
