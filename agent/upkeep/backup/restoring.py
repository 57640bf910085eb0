"""Putting a backup back: made ready and verified beside the ledger, then put in its place by a few renames.

Killed at any moment, either the ledger of before is there, or the restored one, or none beside its keys: then no agent
begins, and the same restore again finishes.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.counter import Counter
from agent.counter.joining.erasing import ERASED as MEMBER_ERASED
from agent.errors import BackupError, JournalError, LedgerDamagedError, ProgrammeError, TallyError
from agent.journal.sealed import unseal
from agent.ledger import audit, members
from agent.ledger.clock import TillClock
from agent.ledger.derived import ERASED
from agent.ledger.disk.settling import sync_file
from agent.ledger.kept import programmes
from agent.ledger.kept.feed import CURSOR
from agent.ledger.kept.forgetting.erasing import erase_again, finish
from agent.ledger.kept.profiles import Keys
from agent.ledger.ledger import Ledger
from agent.ledger.opening import KEYS_FILE, connect, take_lock
from agent.ledger.outbox import RESTORED
from agent.ledger.records import Draft
from agent.ledger.schema import step_names
from agent.ledger.selfcheck.database import check_version
from agent.ledger.selfcheck.holding import hold
from agent.ledger.selfcheck.place import sync_folder
from agent.ledger.selfcheck.wal import wal_path
from agent.upkeep.backup.copying import copy_database
from agent.upkeep.backup.keys_copies import note_copy
from agent.upkeep.backup.replacing import move_aside, put_in_place
from agent.upkeep.backup.saving import check_keys, contains

_STAGE: Final = "restoring"
_FINISH_S: Final = 60.0  # the rest of an erasure is done by the agent
_LEFT_TO_A_PERSON: Final = "UPDATE slip SET state = 'unconfirmed' WHERE state IN ('queued', 'again', 'sent')"


@dataclass(frozen=True, slots=True)
class Source:
    """What to put back: a backup of the ledger; with `keys` a backup of the keys in place of those that are there.

    With `new_keys` the till begins with other keys: no card and no name is known until headquarters tells them again.
    """

    file: Path
    keys: Path | None = None
    new_keys: bool = False

    @property
    def brings_keys(self) -> bool:
        """Whether other keys come with it."""
        return self.keys is not None or self.new_keys


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: the entries in it and where the journal stood, the epoch that goes on, the file moved aside.

    `slips` were still to be printed when the backup was made. They may have been printed since: a person asks for them.
    `erased` members, whom the backup or the keys still knew, were erased once more.
    """

    entries: int
    seq: int
    head: str
    epoch: str
    slips: int
    erased: int
    aside: str | None
    seconds: float = 0.0


def restore(source: Source, ledger: Path, *, till: str, clock: TillClock, replace: bool) -> Restored:
    """Put a backup in the place of the ledger, verified before anything is moved, and begin a new epoch.

    What was there is moved aside, never deleted; if it holds entries that the backup lacks, or cannot be read, only
    when `replace` says so. Raises LedgerInUseError while an agent runs, BackupError for what cannot be put back.
    """
    began = time.monotonic()
    ledger.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _held(ledger), _stage(ledger) as staged:
        try:
            _bring(source, ledger, staged, till=till, clock=clock)
            if not replace:
                _check_not_ahead(ledger, staged, till=till, clock=clock)
            gone = _erased_in(ledger)
            made = _begin_again(source, staged, gone, till=till, clock=clock)
            aside = _put_in_place(source, ledger, staged, now_ms=clock.read().wall_ms)
        except (sqlite3.Error, OSError) as error:
            raise BackupError(f"{str(source.file)!r} cannot be put back: {error}") from error
    seconds = round(time.monotonic() - began, 3)
    return Restored(*made, str(aside) if aside else None, seconds)


@contextmanager
def _held(ledger: Path) -> Iterator[None]:
    held = [take_lock(ledger)]
    try:
        if ledger.exists():
            held.append(hold(ledger, ledger=ledger))
        yield
    finally:
        while held:
            os.close(held.pop())


@contextmanager
def _stage(ledger: Path) -> Iterator[Path]:
    """Give the path of a ledger to make ready, in a folder of its own; what a kill left there is cleared first."""
    stage = ledger.parent / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        yield stage / ledger.name
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _bring(source: Source, ledger: Path, staged: Path, *, till: str, clock: TillClock) -> None:
    """Copy ledger and keys to the stage and verify them."""
    keys, present = staged.with_name(KEYS_FILE), ledger.with_name(KEYS_FILE)
    if source.new_keys:
        Keys(keys).close()
    elif source.keys is not None:
        check_keys(source.keys)
        copy_database(source.keys, keys)
    elif present.exists():
        copy_database(present, keys)
    else:
        hint = "name a backup of the keys with --keys; if there is none, begin with new ones: --new-keys"
        raise BackupError(f"there are no keys beside {str(ledger)!r}", hint=hint)
    copy_database(source.file, staged)
    try:
        with closing(Ledger.open(staged, till=till, clock=clock, read_only=True)) as copy:
            with copy.reading() as conn:
                check_version(conn, source.file, known=step_names())
            audit.verify(copy)
            if source.keys is not None:
                _check_keys_fit(copy)
    except (JournalError, LedgerDamagedError) as error:
        raise BackupError(f"{str(source.file)!r} cannot be put back: {error}", hint="take an older backup") from error


def _check_keys_fit(copy: Ledger) -> None:
    """Raise BackupError if there are profiles and the keys open none of them."""
    count = 0
    with copy.reading() as conn:
        for subject, account, sealed in conn.execute("SELECT subject, account, sealed FROM profile"):
            count += 1
            key = copy.keys.get(account)
            with suppress(JournalError):
                if key is not None and unseal(sealed, subject=subject, key=key) is not None:
                    return
    if count:
        hint = "name the backup of this till's keys with --keys"
        raise BackupError(f"these keys open none of the {count} profiles in the backup", hint=hint)


def _check_not_ahead(ledger: Path, staged: Path, *, till: str, clock: TillClock) -> None:
    """Raise BackupError unless every entry of the ledger that is there is in the backup."""
    if not (ledger.exists() and ledger.stat().st_size):
        return
    keys = staged.with_name(KEYS_FILE)
    try:
        with closing(Ledger.open(ledger, till=till, clock=clock, read_only=True, keys=keys)) as present:
            at = present.identity
    except TallyError as error:
        hint = "with --replace it is moved aside as it is, and the backup put in its place"
        raise BackupError(f"what the ledger there holds cannot be read: {error}", hint=hint) from error
    with closing(Ledger.open(staged, till=till, clock=clock, read_only=True)) as copy:
        if not contains(copy, at):
            hint = "with --replace it is moved aside, and what it holds beyond the backup is not on this till any more"
            stands = f"at entry {at.seq} of epoch {at.epoch[:8]}, the backup at {copy.identity.seq}"
            raise BackupError(f"the ledger there holds entries that the backup does not: it stands {stands}", hint=hint)


def _erased_in(ledger: Path) -> frozenset[str]:
    """Return who was erased on the ledger that is there, as far as it can be read; headquarters tells of the rest."""
    with suppress(sqlite3.DatabaseError), closing(connect(ledger, read_only=True)) as conn:
        rows = conn.execute("SELECT id FROM account WHERE status = ?", (ERASED,)).fetchall()
        return frozenset(account for (account,) in rows)
    return frozenset()


def _begin_again(
    source: Source, staged: Path, gone: Iterable[str], *, till: str, clock: TillClock
) -> tuple[int, int, str, str, int, int]:
    """Let the ledger go on in an epoch of its own, without what was true at the time of the backup only."""
    with closing(Ledger.open(staged, till=till, clock=clock)) as ledger:
        entries, at = sum(epoch.seq for epoch in ledger.epochs()), ledger.identity
        ledger.begin_epoch(reason=RESTORED)
        with ledger.write() as conn:
            slips = conn.execute(_LEFT_TO_A_PERSON).rowcount
            if source.brings_keys:  # headquarters tells everything again, and with it the keys that are not among them
                conn.execute("DELETE FROM state WHERE key = ?", (CURSOR,))
            if source.new_keys:
                for table in ("profile", "search"):
                    conn.execute(f"DELETE FROM {table}")  # noqa: S608 - names that stand here
        _show_seed(ledger)
        erased = _erase(ledger, gone)
        epoch = ledger.identity.epoch
    for path in (staged, staged.with_name(KEYS_FILE)):
        if wal_path(path).exists():  # SQLite says nothing when the last checkpoint fails
            raise BackupError(f"{path.name!r} could not be made ready: its last pages are still in its WAL")
        sync_file(path)
    return entries, at.seq, at.head.hex(), epoch, slips, erased


def _show_seed(ledger: Ledger) -> None:
    """Close the day of games: its seed may have been shown since, and nothing is drawn with a seed that is known."""
    with suppress(ProgrammeError):
        programme = programmes.current(ledger)
        if programme is not None:
            Counter(ledger, programme, recorded=lambda: None).day.close_games(by="agent")


def _erase(ledger: Ledger, gone: Iterable[str]) -> int:
    """Erase again who was erased since the backup, and who was in it but whose key came back (promise X1)."""
    epoch = ledger.identity.epoch[:8]
    for account in sorted(gone):
        holder = members.holder(ledger, account)
        if holder is not None and not members.is_erased(ledger, account):
            ledger.append(
                Draft(
                    id=ledger.clock.new_id(),
                    op=f"erased:{account}:{epoch}",
                    ask=b"",
                    kind=MEMBER_ERASED,
                    day=ledger.clock.today().isoformat(),
                    by="agent",
                    body={"account": holder.account},
                )
            )
    erased = erase_again(ledger)
    finish(ledger, seconds=_FINISH_S)
    return erased


def _put_in_place(source: Source, ledger: Path, staged: Path, *, now_ms: int) -> Path | None:
    """Rename what is there and what is ready; there is never neither ledger nor keys, or an agent would begin anew."""
    keys = ledger.with_name(KEYS_FILE)
    if not keys.exists():
        put_in_place(staged.with_name(KEYS_FILE), keys)
        aside = move_aside(ledger)
    else:
        aside = move_aside(ledger)
        if source.brings_keys:
            old = put_in_place(staged.with_name(KEYS_FILE), keys)
            if old is not None:
                note_copy(ledger.parent, old, made_ms=now_ms)
    staged.rename(ledger)
    sync_folder(ledger.parent)
    return aside
