"""`tally ledger backup`, `backup-keys` and `restore`: copies of the till's book, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, progress_of, show, till_clock
from agent.config import load_config


def backup(
    file: Annotated[Path, typer.Argument(help="Where to, best on another disk; an older backup there is replaced.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy the ledger to a file, and verify the copy.

    The agent may be running and selling. The keys that names and card numbers are read with are not in it:
    see `tally ledger backup-keys`.

    Example: tally ledger backup /media/stick/till-1.backup
    """
    from agent.upkeep.backup.saving import save

    settings = load_config(config)
    till = settings.till
    saved = save(till.ledger, file, till=till.id, clock=till_clock(settings), progress=progress_of("pages"))
    show(asdict(saved), as_json=as_json)


def backup_keys(
    file: Annotated[Path, typer.Argument(help="Where to: not beside a backup of the ledger.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy the keys of names and card numbers to a file.

    Keep it apart from backups of the ledger, and destroy it after 30 days: `tally doctor` reminds you.

    Example: tally ledger backup-keys /media/safe/till-1.keys
    """
    from agent.upkeep.backup.saving import save_keys

    settings = load_config(config)
    now_ms = till_clock(settings).read().wall_ms
    show(asdict(save_keys(settings.till.ledger, file, now_ms=now_ms)), as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup of this till's ledger.")],
    keys: Annotated[
        Path | None, typer.Option("--keys", help="A backup of its keys, in place of those beside the ledger.")
    ] = None,
    new_keys: Annotated[
        bool, typer.Option("--new-keys", help="Begin with new keys: headquarters must tell all names again.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also when the ledger there holds more, or cannot be read.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the ledger.

    The agent must be stopped. The backup is verified first; what is there is moved aside, never deleted. The journal
    goes on in a new epoch.

    Example: tally ledger restore /media/stick/till-1.backup
    """
    from agent.upkeep.backup.restoring import Source
    from agent.upkeep.backup.restoring import restore as put_back

    if keys is not None and new_keys:
        raise typer.BadParameter("give one of --keys and --new-keys")
    settings = load_config(config)
    till = settings.till
    source = Source(file, keys, new_keys)
    done = put_back(source, till.ledger, till=till.id, clock=till_clock(settings), replace=replace)
    show(asdict(done), as_json=as_json)
