"""`tally devices sheet`: the sheet for the screen, a file, or the till's printer."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from agent.cli.devices.opening import opened, refuse_if_held
from agent.cli.output import show
from agent.config import Config, load_config
from agent.errors import ConfigError, InvalidError
from agent.upkeep.calibration.labels import LABEL
from agent.upkeep.calibration.sheet import sheet_document, sheet_file, sheet_text

_SUFFIXES = (".png", ".pdf")


def make_sheet(path: Path, *, file: Path | None, to_printer: bool, as_json: bool) -> None:
    """Print the sheet on the till's printer, write it to `file`, or show it; only the first needs a till.toml."""
    if to_printer:
        printed_on = _print(load_config(path))
        _tell({"label": LABEL, "printed_on": printed_on}, f"printed on {printed_on}", as_json=as_json)
    elif file is not None:
        if file.suffix.lower() not in _SUFFIXES:
            raise InvalidError(f"{str(file)!r} is neither a .png nor a .pdf", hint="name the file sheet.pdf, say")
        file.write_bytes(sheet_file(file.suffix.lower()))
        _tell({"label": LABEL, "file": str(file)}, f"written to {file}; print it in its own size", as_json=as_json)
    else:
        _tell({"label": LABEL}, "\n".join(sheet_text(is_painted=sys.stdout.isatty())), as_json=as_json)


def _print(config: Config) -> str:
    name = config.till.printer
    setup = next((device for device in config.devices if device.name == name), None)
    if setup is None:
        raise ConfigError("[till] names no printer", hint="print it elsewhere: `tally devices sheet sheet.pdf`")
    refuse_if_held(config, setup.name)
    with opened([setup]) as supervisor:
        printer = supervisor.printer(setup.name)
        printer.send(printer.encode(sheet_document(config.slips.columns)))
    return setup.name


def _tell(facts: dict[str, str], text: str, *, as_json: bool) -> None:
    if as_json:
        show(facts, as_json=True)
    else:
        typer.echo(text)
