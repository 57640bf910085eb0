"""`tally enrol` and `tally sync`: joining headquarters, meeting it over the line or by stick."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.output import DEFAULT_CONFIG, AsJson, ConfigPath, is_terminal, open_ledger, read_ledger, show
from agent.config import Config, load_config
from agent.errors import ConfigError, SyncError, UnreachableError
from agent.upkeep.running import find_running

if TYPE_CHECKING:
    from agent.ledger.ledger import Ledger
    from agent.sync.meeting import Met
    from agent.sync.settings import SyncSettings

app = typer.Typer(help="Meet headquarters, over the line or by stick.", no_args_is_help=True)

_LIMIT_S = 45.0
_SAY_S = 0.5  # between two words on how far it is
_STICK_LIMIT_S = 600.0


def enrol(
    code: Annotated[str, typer.Argument(help="The one-off code that `tally-hq enrol-code` printed.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Enrol this till at headquarters.

    Makes the till's keys, pins headquarters' root key, and takes what headquarters has to tell; if that is cut short it
    goes on from there with the next meeting. The agent must be stopped.

    Example: tally enrol 7K2M-9QXD-4RTW-0E5P
    """
    from agent.sync.enrol import enrol as enrol_till

    settings = load_config(config)
    sync = _sync_of(settings)
    ledger = open_ledger(settings, read_only=False)
    try:
        enrolled = enrol_till(ledger, sync, code)
        filled = _filled(ledger, sync)
    except UnreachableError as error:
        hint = f"is {sync.hq} headquarters' address, and is it served there? the code stays good"
        raise UnreachableError(str(error), hint=hint) from error
    finally:
        ledger.close()
    show({"till": enrolled.till, "hq": sync.hq, "root": enrolled.root, **filled}, as_json=as_json)


@app.command("now")
def now(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Meet headquarters now, whatever the back-off or the window.

    Through the running agent if there is one. Exit status 1 if they could not meet.

    Example: tally sync now
    """
    settings = load_config(config)
    sync = _sync_of(settings)
    running = find_running(settings.till.folder)
    if running is not None:
        status = running.ask("POST", "/v1/sync", {}, limit_s=_LIMIT_S)
        if status["word"] == "failing":
            raise SyncError(status["error"], hint=status["hint"])
        show(status if as_json else _told(status), as_json=as_json)
        return
    ledger = open_ledger(settings, read_only=False)
    try:
        show(_meet(ledger, sync), as_json=as_json)
    finally:
        ledger.close()


@app.command("status")
def status(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show how the two halves stand.

    How old the news are, what waits, when they meet next, what is in the way.

    Example: tally sync status
    """
    from agent.sync.timing.window import Window

    settings = load_config(config)
    sync = settings.sync
    if sync is None:
        show({"word": "alone"}, as_json=as_json)
        return
    running = find_running(settings.till.folder)
    stands = _of_ledger(config, sync) if running is None else running.ask("GET", "/v1/status")["sync"]
    window = Window.parse(sync.window)
    slot = window.begin_min * 60 + int(window.slot_s(settings.till.id))
    own = {"hq": sync.hq, "window": sync.window, "slot": f"{slot // 3600 % 24:02}:{slot // 60 % 60:02}:{slot % 60:02}"}
    show({**own, **(stands if as_json else _told(stands))}, as_json=as_json)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write, on the stick.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write what headquarters lacks into a file to carry there.

    Beside a running agent or without one; nothing counts as delivered before headquarters' answer was imported.

    Example: tally sync export /media/stick/corner-1.tally
    """
    from agent.sync.enrol import require_pinned
    from agent.sync.keys import load_keys
    from agent.sync.stick.exporting import export as export_entries

    ledger = read_ledger(config)
    try:
        exported = export_entries(ledger, require_pinned(ledger), load_keys(ledger.path.parent))
    finally:
        ledger.close()
    _write(file, exported.data)
    show(
        {"file": str(file), "bytes": len(exported.data), "entries": exported.entries, "left": exported.left},
        as_json=as_json,
    )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The file that `tally-hq stick take` wrote.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Take headquarters' answer from a file.

    Through the running agent if there is one; the same file again changes nothing.

    Example: tally sync import /media/stick/corner-1.answer
    """
    settings = load_config(config)
    running = find_running(settings.till.folder)
    if running is not None:
        stands = running.ask("POST", "/v1/sync/stick", {"file": str(file.resolve())}, limit_s=_STICK_LIMIT_S)
        show({"waiting": stands["waiting"], "age_ms": stands["age_ms"]}, as_json=as_json)
        return
    from agent.sync.enrol import require_pinned
    from agent.sync.keys import load_keys
    from agent.sync.stick.importing import read_stick, take
    from agent.sync.timing.news import News

    ledger = open_ledger(settings, read_only=False)
    try:
        news, private = News(ledger), load_keys(ledger.path.parent).profile
        taken = take(ledger, require_pinned(ledger), private, read_stick(file), news=news)
        show({"waiting": taken.waiting, "age_ms": news.age_ms}, as_json=as_json)
    finally:
        ledger.close()


def _sync_of(settings: Config) -> SyncSettings:
    if settings.sync is None:
        raise ConfigError(f"{settings.path} has no [sync] section", hint="add it: hq = the address of headquarters")
    return settings.sync


def _filled(ledger: Ledger, sync: SyncSettings) -> dict[str, Any]:
    """Take the first fill and return what it was; whatever is missing of it comes with the next meetings."""
    try:
        return _meet(ledger, sync)
    except SyncError as error:
        return {"filled": f"not whole: {error}; it goes on with the next meeting"}


def _meet(ledger: Ledger, sync: SyncSettings) -> dict[str, Any]:
    """Hold one meeting without an agent and return what went, what came and how long it took."""
    from agent.daemon.clock import ClockWatch
    from agent.sync.enrol import require_pinned
    from agent.sync.keys import load_keys
    from agent.sync.line import Line
    from agent.sync.loop import hold
    from agent.sync.meeting import Meeting
    from agent.sync.timing.news import News

    enrolled, keys = require_pinned(ledger), load_keys(ledger.path.parent)
    begun = time.monotonic()
    with Line(ledger, enrolled, keys, sync) as line:
        met = hold(Meeting(ledger, enrolled, keys.profile), line, look=_Progress().say)
    if is_terminal():
        sys.stderr.write("\n")
    if met.hq_ms is not None:
        ClockWatch(ledger, recorded=lambda: None).heard(met.hq_ms)
        News(ledger).note(met.hq_ms)
    return {**met.counts(), "seconds": round(time.monotonic() - begun, 1)}


class _Progress:
    """Says how far a meeting is to the person who waits."""

    def __init__(self) -> None:
        self._said = self._begun = time.monotonic()

    def say(self, met: Met) -> None:
        """Say it, not too often."""
        at = time.monotonic()
        if is_terminal() and at - self._said > _SAY_S:
            self._said = at
            sys.stderr.write(
                f"\r{met.entries:,} entries sent, {met.members:,} members taken, "
                f"{met.taken:,} bytes, {at - self._begun:.0f} s "
            )


def _of_ledger(config: Path, sync: SyncSettings) -> dict[str, Any]:
    """Return how the halves stand as the ledger says, while no agent runs."""
    from agent.ledger.kept.held import unsynced
    from agent.sync.timing.news import News

    ledger = read_ledger(config)
    try:
        age_ms = News(ledger).age_ms
        return {
            "word": "no agent runs",
            "when": str(sync.when),
            "age_ms": age_ms,
            "stale": age_ms is not None and age_ms > sync.stale_ms,
            "waiting": unsynced(ledger),
        }
    finally:
        ledger.close()


def _told(stands: dict[str, Any]) -> dict[str, Any]:
    """Return how the halves stand for people: spans of time in words, moments as such."""
    told = {key: value for key, value in stands.items() if not key.endswith("_ms")}
    told["news"] = "none yet" if stands["age_ms"] is None else f"{_span(stands['age_ms'])} old"
    for key in ("contact", "next"):
        at_ms = stands.get(f"{key}_ms")
        if at_ms is not None:
            told[key] = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return told


def _span(ms: int) -> str:
    minutes = ms // 60_000
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 60 // 24} days"


def _write(file: Path, data: bytes) -> None:
    """Write a file that is whole or absent, and on the stick when this returns."""
    part = file.with_name(file.name + ".part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
