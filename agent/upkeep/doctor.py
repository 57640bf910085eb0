"""The doctor: what is wrong with this till, and what to do about it, in one list."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import TallyError
from agent.ledger.kept.programmes import current
from agent.ledger.ledger import Ledger
from agent.upkeep.running import Running, find_running

DISK_FREE_MIN = 500 * 1024 * 1024  # bytes: years of sales, and room for the WAL


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether all is well, what was seen, and the next action if not."""

    check: str
    ok: bool
    text: str
    hint: str = ""


def examine(folder: Path, open_ledger: Callable[[], Ledger]) -> list[Finding]:
    """Look over ledger, disk, agent, devices, slips and sync; a check that fails never stops the next."""
    findings = [_disk(folder), *_ledger(open_ledger)]
    running = find_running(folder)
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


def _agent(running: Running) -> Iterator[Finding]:
    try:
        status = running.ask("GET", "/v1/status")
    except TallyError as error:
        yield Finding("agent", ok=False, text=str(error), hint=error.hint)
        return
    yield Finding("agent", ok=True, text=f"process {running.pid} answers on port {running.port}")
    looks = (("articles", _articles), ("devices", _devices), ("slips", _slips), ("sync", _sync))
    for section, look in looks:
        reason = _unreadable(status[section])
        yield from look(status[section]) if reason is None else [_trouble(section, reason)]


def _unreadable(section: Any) -> dict[str, str] | None:
    """Return why the agent could not read a section of its own state, None if it could."""
    error = section.get("error") if isinstance(section, dict) else None
    return error if isinstance(error, dict) else None


def _trouble(check: str, error: dict[str, str]) -> Finding:
    return Finding(check, ok=False, text=error["message"], hint=error["hint"])


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
