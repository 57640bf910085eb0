"""Making backups: of the ledger while the till sells, and of its keys apart from it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.errors import BackupError, JournalError, LedgerDamagedError, LedgerError, TallyError
from agent.ledger import audit
from agent.ledger.clock import TillClock
from agent.ledger.kept.profiles import Keys
from agent.ledger.ledger import Ledger
from agent.ledger.opening import KEYS_FILE, connect
from agent.ledger.records import Identity
from agent.upkeep.backup.copying import Progress, copy_database, silent, written_whole
from agent.upkeep.backup.keys_copies import note_copy

_KEYS_OF_ALL = "SELECT count(*) FROM key"


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was made and verified: what it holds, where the journal stands in it, its size, how long it took.

    `entries` counts those of all epochs; `seq` is the last one of `epoch`, `head` its hash (hex).
    """

    file: str
    till: str
    entries: int
    epoch: str
    seq: int
    head: str
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SavedKeys:
    """A backup of the keys that was made and verified."""

    file: str
    keys: int
    bytes: int
    seconds: float


def save(ledger: Path, target: Path, *, till: str, clock: TillClock, progress: Progress = silent) -> Saved:
    """Back the ledger up: journal, what is kept and what is derived; not the keys. The agent may be running.

    The copy is verified from its first entry to its last before it gets its name. An older backup of that name is
    replaced only if everything in it is in the new one. Raises BackupError and leaves `target` as it was.
    """
    began = time.monotonic()
    _check_place(ledger, target)
    keys = ledger.with_name(KEYS_FILE)
    with written_whole(target) as part:
        copy_database(ledger, part, progress=progress)
        with closing(_open_copy(part, till=till, clock=clock, keys=keys)) as copy:
            entries, at = _verified(copy), copy.identity
            if target.exists():
                _check_contained(target, copy, clock=clock, keys=keys)
    size = target.stat().st_size
    return Saved(str(target), till, entries, at.epoch, at.seq, at.head.hex(), size, _since(began))


def save_keys(ledger: Path, target: Path, *, now_ms: int) -> SavedKeys:
    """Back the keys up: who has this file and a backup of the ledger can read every name in it.

    It must be destroyed after 30 days, or an erased member could be read from it (promise X1): where and when it was
    made is noted beside the ledger, and the doctor warns.
    """
    began = time.monotonic()
    _check_place(ledger, target)
    with written_whole(target) as part:
        copy_database(ledger.with_name(KEYS_FILE), part)
        count = check_keys(part)
        if target.exists() and not _same_till(part, target):
            raise BackupError(f"{str(target)!r} is no backup of this till's keys", hint="name another file")
        note_copy(ledger.parent, target, made_ms=now_ms)
    return SavedKeys(str(target), count, target.stat().st_size, _since(began))


def check_keys(file: Path) -> int:
    """Return how many keys a keys' file holds; raises BackupError if it is damaged or none."""
    try:
        Keys(file, read_only=True).close()
        with closing(connect(file, read_only=True)) as conn:
            found = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
            count: int = conn.execute(_KEYS_OF_ALL).fetchone()[0]
    except (sqlite3.Error, LedgerError) as error:
        raise BackupError(f"{str(file)!r} holds no keys that can be read: {error}") from error
    if found != "ok":
        raise BackupError(f"{str(file)!r} is damaged: {found}")
    return count


def contains(ledger: Ledger, place: Identity) -> bool:
    """Say whether the ledger's journal has that very entry at that place."""
    at = {epoch.epoch: epoch.seq for epoch in ledger.epochs()}
    if place.seq > at.get(place.epoch, 0):
        return False
    query = "SELECT hash FROM entry WHERE n = (SELECT first_n FROM epoch WHERE id = ?) + ? - 1"
    with ledger.reading() as conn:
        return bytes(conn.execute(query, (place.epoch, place.seq)).fetchone()[0]) == place.head


def _check_place(ledger: Path, target: Path) -> None:
    if not ledger.exists():
        raise LedgerError(f"there is no ledger at {str(ledger)!r}", hint="start the agent once: `tally run`")
    if target.resolve().parent == ledger.resolve().parent:
        hint = "name a file on another disk: one that fails takes everything on it along"
        raise BackupError(f"{str(target)!r} lies in the till's own folder", hint=hint)


def _open_copy(part: Path, *, till: str, clock: TillClock, keys: Path) -> Ledger:
    try:
        return Ledger.open(part, till=till, clock=clock, read_only=True, keys=keys)
    except LedgerDamagedError as error:
        raise _damaged(error) from error


def _verified(copy: Ledger) -> int:
    try:
        return sum(epoch.entries for epoch in audit.verify(copy))
    except (JournalError, LedgerDamagedError) as error:
        raise _damaged(error) from error


def _damaged(error: TallyError) -> BackupError:
    return BackupError(f"the ledger is damaged, and no backup of it was made: {error}", hint=error.hint)


def _check_contained(target: Path, copy: Ledger, *, clock: TillClock, keys: Path) -> None:
    """Raise BackupError unless what lies at `target` is an older backup of the same journal."""
    try:
        with closing(Ledger.open(target, till=copy.till, clock=clock, read_only=True, keys=keys)) as older:
            same = contains(copy, older.identity)
    except TallyError as error:
        raise BackupError(f"{str(target)!r} is no backup of this till: {error}", hint="name another file") from error
    if not same:
        hint = "keep that file, it may be the only copy of these entries, and name another one"
        raise BackupError(f"{str(target)!r} holds entries that this ledger does not", hint=hint)


def _same_till(part: Path, target: Path) -> bool:
    try:
        tokens = {_token(file) for file in (part, target)}
    except LedgerError:
        return False
    return len(tokens) == 1


def _token(file: Path) -> bytes:
    with closing(Keys(file, read_only=True)) as keys:
        return keys.token("backup", "same till")


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
