"""The doctor: what is wrong with this till, and what to do about it, in one list."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.errors import TallyError
from agent.ledger.disk.aside import ASIDE_FILE, lines_of
from agent.ledger.kept.programmes import current
from agent.ledger.ledger import Ledger
from agent.upkeep.backup.keys_copies import DAYS_MAX, keys_copies
from agent.upkeep.finding import Finding
from agent.upkeep.ledger_checks import check_ledger
from agent.upkeep.running import Running, find_running

_SHOWN_MAX = 5  # of the sales that wait
DISK_FREE_MIN = 500 * 1024 * 1024  # bytes: years of sales, and room for the WAL


def examine(folder: Path, ledger: Path, open_ledger: Callable[[], Ledger]) -> list[Finding]:
    """Look over disk, ledger, agent, clock, devices, slips and sync; a check that fails never stops the next."""
    running = find_running(folder)
    findings = [_disk(folder), *check_ledger(ledger, running), *_ledger(open_ledger), *_keys_copies(folder)]
    findings += _aside(folder)
    if running is None:
        return [*findings, Finding("agent", ok=False, text="is not running", hint="start it: `tally run`")]
    return [*findings, *_agent(running)]


def _disk(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(there).free
    text = f"{free // 2**20} MB free"
    return Finding("disk", ok=free >= DISK_FREE_MIN, text=text, hint=f"make room: {DISK_FREE_MIN // 2**20} MB at least")


def _ledger(open_ledger: Callable[[], Ledger]) -> Iterator[Finding]:
    try:
        ledger = open_ledger()
    except TallyError as error:
        yield Finding("ledger", ok=False, text=str(error), hint=error.hint)
        return
    try:
        identity = ledger.identity
        yield Finding("ledger", ok=True, text=f"{identity.seq} entries, head {identity.head.hex()[:16]}, tail verified")
        programme = current(ledger)
        text = "none yet" if programme is None else f"{programme.name} ({programme.version[:12]})"
        hint = "name one in till.toml, or sync with headquarters"
        yield Finding("programme", ok=programme is not None, text=text, hint=hint)
    except TallyError as error:
        yield Finding("ledger", ok=False, text=str(error), hint=error.hint)
    finally:
        ledger.close()


def _aside(folder: Path) -> Iterator[Finding]:
    """Name the sales that were made without loyalty and are not entered yet."""
    lines = lines_of(folder / ASIDE_FILE)
    waiting = [line.op for line in lines if line.refused is None]
    if waiting:
        text = f"{len(waiting):,} sold without loyalty and not entered yet: {', '.join(waiting[:_SHOWN_MAX])}"
        yield Finding("aside", ok=False, text=text, hint="they are entered once the ledger is well: see `tally status`")
    for line in lines:
        if line.refused is not None:
            hint = f"settle it with the customer, then stop the agent and remove its line from the file {ASIDE_FILE!r}"
            yield Finding("aside", ok=False, text=f"sale {line.op!r} is refused ({line.refused})", hint=hint)


def _keys_copies(folder: Path) -> Iterator[Finding]:
    """Say how old each copy of the keys is: with one that is too old an erased member could be read (promise X1)."""
    now_ms = time.time_ns() // 1_000_000
    try:
        for copy in keys_copies(folder):
            days = copy.days(now_ms)
            hint = f"destroy that file; a new one is made by `tally ledger backup-keys FILE`, good for {DAYS_MAX} days"
            yield Finding("keys copy", ok=days <= DAYS_MAX, text=f"{copy.file} is {days} days old", hint=hint)
    except TallyError as error:
        yield Finding("keys copy", ok=False, text=str(error), hint=error.hint)


def _agent(running: Running) -> Iterator[Finding]:
    try:
        status = running.ask("GET", "/v1/status")
    except TallyError as error:
        yield Finding("agent", ok=False, text=str(error), hint=error.hint)
        return
    yield Finding("agent", ok=True, text=f"process {running.pid} answers on port {running.port}")
    looks = (
        ("ledger", _selling),
        ("clock", _clock),
        ("articles", _articles),
        ("devices", _devices),
        ("slips", _slips),
        ("sync", _sync),
    )
    for section, look in looks:
        reason = _unreadable(status[section])
        yield from look(status[section]) if reason is None else [_trouble(section, reason)]


def _unreadable(section: Any) -> dict[str, str] | None:
    """Return why the agent could not read a section of its own state, None if it could."""
    error = section.get("error") if isinstance(section, dict) else None
    return error if isinstance(error, dict) else None


def _trouble(check: str, error: dict[str, str]) -> Finding:
    return Finding(check, ok=False, text=error["message"], hint=error["hint"])


def _selling(ledger: dict[str, Any]) -> Iterator[Finding]:
    why = ledger["why"]
    if why is not None:
        yield Finding("selling", ok=False, text=f"{ledger['word']}: {why['message']}", hint=why["hint"])


def _clock(clock: dict[str, Any]) -> Iterator[Finding]:
    text = f"{clock['zone']}, "
    if clock["hq_age_ms"] is not None:
        ahead_s = (clock["wall_ms"] - clock["hq_ms"] - clock["hq_age_ms"]) / 1000
        text += f"{ahead_s:+,.0f} s from headquarters', heard {clock['hq_age_ms'] // 60_000:,} minutes ago"
    else:
        text += "this till stands alone" if clock["confirmed"] else "nobody has confirmed it since the PC was started"
    hint = "set the PC's clock; until it is confirmed nothing expires, and rules that ask the time wait"
    yield Finding("clock", ok=clock["confirmed"], text=text, hint=hint)


def _articles(articles: dict[str, Any]) -> Iterator[Finding]:
    if articles["version"] is None:
        return
    text = f"{articles['articles']:,} ({articles['version'][:12]})"
    if articles["unknown_lines"]:
        text += f", {articles['unknown_lines']:,} lines sold that it does not know: {', '.join(articles['unknown'])}"
    hint = "add them to articles.csv, or let the point-of-sale software say their category"
    yield Finding("articles", ok=not articles["unknown_lines"], text=text, hint=hint)


def _devices(devices: list[dict[str, Any]]) -> Iterator[Finding]:
    """A device is well if it is enabled and asks for nobody: a head to clean and paper to put in are findings."""
    for device in devices:
        text = f"{device['driver']}: {device['status']} {device['text']}".strip()
        hint = device["hint"] or "check cable, power and its [[device]] section"
        ok = device["status"] == "enabled" and not device["hint"]
        yield Finding(f"device {device['name']}", ok=ok, text=text, hint=hint)


def _slips(slips: dict[str, Any] | None) -> Iterator[Finding]:
    if slips is None:  # this till prints none
        return
    counts = slips["counts"]
    text = f"{slips['word']} {slips['detail']}".strip()
    text += f", {counts['queued'] + counts['sent']} wait, {counts['failed']} of {counts['all']} could not be made"
    ok = slips["word"] not in {"waiting", "stopped"}
    yield Finding("slips", ok=ok, text=text, hint="look at the printer: they are printed once it is well")


def _sync(sync: dict[str, Any]) -> Iterator[Finding]:
    text = ", ".join(f"{key} {value}" for key, value in sync.items() if value is not None and key != "hint")
    hint = sync.get("hint") or "selling goes on; look at the line and at headquarters"
    yield Finding("sync", ok=sync["word"] != "failing", text=text, hint=hint)
