"""`tally slip`: what a slip looks like on paper, without printing one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, read_ledger, show
from agent.config import Config, load_config
from agent.devices.categories import POSPrinter
from agent.devices.loading import build
from agent.errors import ConfigError, InvalidError, NotAllowedError, UnknownError
from agent.slips.facts import Addressee, SlipFacts
from agent.slips.settings import COLUMNS
from agent.slips.texts import LANGUAGES
from drivers import known_drivers

app = typer.Typer(help="Look at slips.", no_args_is_help=True)


@app.callback()
def _slip() -> None:
    pass


@app.command("preview")
def preview(
    picture: Annotated[Path, typer.Argument(help="The PNG file to write.")],
    op: Annotated[str | None, typer.Option(help="The slip of this receipt number.")] = None,
    kind: Annotated[str | None, typer.Option(help="A sample of this kind: sale, voucher, consent, closure ...")] = None,
    lang: Annotated[str | None, typer.Option(help="en, fr, ro or ru; else the member's, or the till's.")] = None,
    columns: Annotated[int | None, typer.Option(help="32, 42 or 48; else those of the till's paper.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Draw the slip of a receipt, or a sample of a kind.

    From the very bytes the printer gets; nothing is printed.

    Example: tally slip preview sample.png --kind voucher --lang ro --columns 32
    """
    from agent.slips.preview import preview_png

    if (op is None) == (kind is None):
        raise typer.BadParameter("give one of --op and --kind")
    settings = load_config(config)
    on = settings.slips
    if columns is not None and columns not in COLUMNS:
        raise InvalidError(f"--columns is {columns} but must be one of {', '.join(map(str, COLUMNS))}")
    letterhead = replace(on, columns=columns or on.columns).letterhead()
    if lang is not None and lang not in LANGUAGES:
        raise InvalidError(f"--lang is {lang!r} but must be one of {', '.join(LANGUAGES)}")
    printer = _printer(settings)
    facts, to = _sample(kind) if kind is not None else _slip_of(str(op), config)
    if lang is not None:
        to = replace(to, language=lang)
    picture.write_bytes(preview_png(facts, letterhead, to, printer))
    show({"picture": str(picture), "op": facts.op, "kind": facts.kind}, as_json=as_json)


def _sample(kind: str) -> tuple[SlipFacts, Addressee]:
    from agent.slips.preview.samples import KINDS, sample

    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise InvalidError(f"there is no kind of slip {kind!r}", hint=f"--kind is one of {', '.join(KINDS)}")
    return sample(known), Addressee("Maria")


def _slip_of(op: str, config: Path) -> tuple[SlipFacts, Addressee]:
    from agent.ledger.kept.slip_queue import SlipQueue
    from agent.ledger.members import addressed

    ledger = read_ledger(config)
    try:
        job = SlipQueue(ledger).slip_of(op)
        if job is None:
            raise UnknownError(f"no slip belongs to {op!r} on this till")
        if job.is_emptied:
            hint = "`tally sale show` says what the journal has of it; [slips] keep_days says how long slips are kept"
            raise NotAllowedError(f"what the slip of {op!r} said is gone", hint=hint)
        facts = SlipFacts.from_json(job.facts)
        return facts, Addressee() if facts.account is None else Addressee(*addressed(ledger, facts.account))
    finally:
        ledger.close()


def _printer(settings: Config) -> POSPrinter:
    """The till's printer, built and not opened: encoding needs no device."""
    setup = next((device for device in settings.devices if device.name == settings.till.printer), None)
    if setup is None:
        raise ConfigError("[till] names no printer", hint='set printer = "..." to the name of a [[device]]')
    device = build(setup, known_drivers())
    if not isinstance(device, POSPrinter):
        raise ConfigError(f"device {setup.name!r} is a {device.category}, not a POSPrinter")
    return device
