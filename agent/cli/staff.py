"""`tally staff`: who works at this till; the first supervisor is made here, by whoever installs it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show, take_ledger
from agent.config import load_config
from agent.journal.staff.people import Role
from agent.upkeep.running import find_running

app = typer.Typer(help="Name who works at this till.", no_args_is_help=True)

_BY = "cli"

Id = Annotated[str, typer.Argument(help="An id of letters and digits, never a name.")]
Op = Annotated[str | None, typer.Option(help="A name of your own for this; the same again changes nothing.")]
Pin = Annotated[str | None, typer.Option(help="The PIN; without it you are asked for it, unseen.")]


@app.command("add")
def add(
    staff: Id,
    pin: Pin = None,
    role: Annotated[Role, typer.Option(help="What may be done.")] = Role.CASHIER,
    op: Op = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add somebody; the PIN is asked for.

    Through the running agent if there is one.

    Example: tally staff add vera7 --role supervisor
    """
    _name(config, {"change": "add", "named": staff, "role": str(role), "pin": _asked_pin(pin)}, op, as_json=as_json)


@app.command("reset")
def reset(
    staff: Id, pin: Pin = None, op: Op = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False
) -> None:
    """Give somebody another PIN.

    It unlocks an id after too many wrong ones, too.

    Example: tally staff reset vera7
    """
    _name(config, {"change": "reset", "named": staff, "pin": _asked_pin(pin)}, op, as_json=as_json)


@app.command("remove")
def remove(staff: Id, op: Op = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Let somebody go: the id signs in no more.

    Example: tally staff remove vera7
    """
    _name(config, {"change": "remove", "named": staff}, op, as_json=as_json)


@app.command("list")
def list_staff(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List who works here; of PINs it says nothing.

    Example: tally staff list
    """
    from agent.counter.staff.signing import Signing

    ledger = read_ledger(config)
    try:
        people = Signing(ledger).people()
    finally:
        ledger.close()
    rows = [
        {"staff": kept.staff, "role": str(kept.role), "by_hq": kept.by_hq, "locked": locked} for kept, locked in people
    ]
    show(rows, as_json=as_json)


def _name(config: Path, asked: dict[str, str], op: str | None, *, as_json: bool) -> None:
    """Ask the running agent, or take the ledger oneself: whoever may write its files is asked for no PIN of his own."""
    import uuid

    settings = load_config(config)
    body = {"op": op or str(uuid.uuid4()), **asked}
    running = find_running(settings.till.folder)
    answer = running.ask("POST", "/v1/staff", body) if running is not None else _named_here(config, body)
    show({key: str(answer[key]) for key in ("staff", "role", "change")}, as_json=as_json)


def _named_here(config: Path, body: dict[str, str]) -> dict[str, Any]:
    from agent.counter import Change, Counter, StaffAsk

    role, pin = Role(body.get("role", Role.CASHIER)), body.get("pin")
    ask = StaffAsk(body["op"], Change(body["change"]), body["named"], role, pin)
    ledger = take_ledger(load_config(config))
    try:
        counter = Counter(ledger, None, recorded=lambda: None)
        counter.signing.vouch(ask.op, f"token:{_BY}")
        return asdict(counter.name_staff(ask, by=_BY))
    finally:
        ledger.close()


def _asked_pin(pin: str | None) -> str:
    """Return the PIN that was given, or ask for it twice, unseen."""
    return pin or str(typer.prompt("PIN (4 to 8 digits)", hide_input=True, confirmation_prompt=True))
