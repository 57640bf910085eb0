"""`tally devices`: list, watch, test and calibrate them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath
from agent.devices.categories import HealthLevel

_DEVICE = "A device of till.toml by its name, or what is plugged in by its path."


class _ListsByDefault(TyperGroup):
    """A group that lists when no command is named: `tally devices --json` is `tally devices list --json`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in."""
        is_named = bool(args) and (not args[0].startswith("-") or args[0] == "--help")
        return super().parse_args(ctx, args if is_named else ["list", *args])


app = typer.Typer(cls=_ListsByDefault, help="List, watch, test and calibrate the devices.")


@app.command("list")
def list_devices(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the devices, and what is plugged in besides.

    Devices of till.toml as the running agent sees them, or without one as they are configured. Whatever else is plugged
    in comes with the section to paste into till.toml.

    Example: tally devices list
    """
    from agent.cli.devices.listing import show_devices

    show_devices(config, as_json=as_json)


@app.command("watch")
def watch(
    for_s: Annotated[float | None, typer.Option("--for", min=0, help="End after so many seconds.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show what the devices do, as it happens.

    Changes of status, and of what is read the kind and how long it took; never a card's number. Ctrl-C ends it.

    Example: tally devices watch --for 60
    """
    from agent.cli.devices.watching import watch_devices

    watch_devices(config, for_s=for_s, as_json=as_json)


@app.command("test")
def check(
    name: Annotated[str | None, typer.Argument(help="The device's name; all of them if none is given.")] = None,
    level: Annotated[
        HealthLevel,
        typer.Option(help="internal: look only; external: ask the device; interactive: swipe, scan, print."),
    ] = HealthLevel.EXTERNAL,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Test the devices and say what to do.

    Through the running agent, or without one by opening them. Exit status 1 if one is not well.

    Example: tally devices test scanner --level interactive
    """
    from agent.cli.devices.testing import test_devices

    test_devices(config, name=name, level=level, as_json=as_json)


@app.command("sheet")
def sheet(
    file: Annotated[Path | None, typer.Argument(help="A .png or .pdf for an office printer; none: the screen.")] = None,
    to_printer: Annotated[bool, typer.Option("--print", help="Print it on the till's own printer.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make the sheet that scanners are calibrated with.

    Example: tally devices sheet sheet.pdf
    """
    from agent.cli.devices.sheets import make_sheet

    make_sheet(config, file=file, to_printer=to_printer, as_json=as_json)


@app.command("calibrate")
def calibrate(
    device: Annotated[str | None, typer.Argument(help=_DEVICE)] = None,
    wait_s: Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for a scan or swipe.")] = 60.0,
    baud: Annotated[int | None, typer.Option(min=1, help="The speed of a serial reader.")] = None,
    pick: Annotated[
        list[str] | None, typer.Option(help="A line that read right on a printer: CP852=18. May stand several times.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the section; change no file.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Find out how a device is set, and write its section.

    A reader: scan the sheet, or swipe any card; nothing of a card is kept. A printer: it prints the code pages that it
    may have, and you pick the lines that read right.

    Example: tally devices calibrate /dev/ttyACM0 --dry-run
    """
    from agent.cli.devices.calibration.outcome import Wishes
    from agent.cli.devices.calibration.readers import calibrate_device

    wishes = Wishes(wait_s=wait_s, baud=baud, picks=tuple(pick or ()), dry_run=dry_run, as_json=as_json)
    calibrate_device(config, device, wishes)
