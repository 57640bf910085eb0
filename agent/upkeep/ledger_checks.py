"""What the doctor looks at beside the ledger: where it lies, whose its files are, on what SQLite, who writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from agent.errors import TallyError
from agent.ledger.opening import KEYS_FILE
from agent.ledger.selfcheck.database import SQLITE_MIN, WAL_RESET_MENDED
from agent.ledger.selfcheck.holding import holder_of, lock_path
from agent.ledger.selfcheck.place import check_place, file_system
from agent.ledger.selfcheck.wal import wal_path
from agent.upkeep.finding import Finding
from agent.upkeep.running import Running

_OTHERS = 0o077  # the permissions of everybody but the owner


def check_ledger(path: Path, running: Running | None) -> Iterator[Finding]:
    """Look at the ledger at `path` from outside; `running` is the agent that says it runs."""
    yield _place(path)
    yield _files(path)
    yield _sqlite()
    yield _writer(path, running)


def _place(path: Path) -> Finding:
    try:
        check_place(path)
    except TallyError as error:
        return Finding("place", ok=False, text=str(error), hint=error.hint)
    system = file_system(path)
    text = f"{system.kind}, mounted on {system.mount}"
    if system.is_memory:
        text += ": it is gone with the power"
    elif system.is_unknown:
        text += ": a program keeps it, who knows where"
    hint = "put the ledger on a disk of this PC (till.folder in till.toml)"
    return Finding("place", ok=not (system.is_memory or system.is_unknown), text=text, hint=hint)


def _files(path: Path) -> Finding:
    """The ledger's files are their owner's alone, and all of one owner."""
    beside = (path, wal_path(path), lock_path(path), path.with_name(KEYS_FILE))
    there = {file.name: file.stat() for file in beside if file.exists()}
    open_to = [name for name, stat in there.items() if stat.st_mode & _OTHERS]
    owners = {stat.st_uid for stat in there.values()}
    if open_to:
        hint = f"take them away from the others: `chmod 600` in {str(path.parent)!r}"
        return Finding("files", ok=False, text=f"others may read {', '.join(open_to)}", hint=hint)
    hint = f"give them all to the account that the agent runs under: `chown` in {str(path.parent)!r}"
    text = f"{len(there)} files of owner {', '.join(map(str, sorted(owners)))}, theirs alone" if there else "none yet"
    return Finding("files", ok=len(owners) <= 1, text=text, hint=hint)


def _sqlite() -> Finding:
    """The WAL-reset fault takes two connections that write; here there is one. So it is told and is no finding."""
    text, version = sqlite3.sqlite_version, sqlite3.sqlite_version_info
    if version < WAL_RESET_MENDED:
        text += f", older than {_number(WAL_RESET_MENDED)} (WAL-reset fault): let nothing but the agent write"
    hint = f"install SQLite {_number(SQLITE_MIN)} or newer"
    return Finding("sqlite", ok=version >= SQLITE_MIN, text=text, hint=hint)


def _number(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _writer(path: Path, running: Running | None) -> Finding:
    holder = holder_of(lock_path(path))
    if holder is None:
        return Finding("writer", ok=True, text="no process writes to the ledger")
    ok = running is not None and running.pid == holder
    text = f"process {holder} writes to the ledger"
    hint = f"it is not the agent of this till: look at it (`ps -p {holder}`) and stop it"
    return Finding("writer", ok=ok, text=text, hint=hint)
