"""A disk as bad as it may be: what a power cut leaves of files whose writes were not yet synced.

POSIX promises nothing about a write before the file is synced, nor about a name before its folder is. So at a power cut
every sector of 512 bytes may hold any of the versions it had since the last sync, a file may be as long as it was at
any moment since, and any name that was made, taken away or changed since may be as before. A file that grew without
its bytes reads as zeros there.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from tests.faults.tracing import Call

SECTOR = 512
IGNORED = "-shm"  # SQLite makes its index of the WAL anew


class Damage(StrEnum):
    """What becomes of the writes that no sync followed."""

    LOST = "lost"  # all of them
    KEPT = "kept"  # none of them
    TORN = "torn"  # the first so many got there, and a part of the next
    PICKED = "picked"  # some of them, whichever
    MIXED = "mixed"  # sectors of some of them, in whatever order


@dataclass(slots=True)
class File:
    """What of a file is durable, and the writes since: (where, bytes), or (length, None) for a truncation."""

    durable: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def now(self) -> bytes:
        """What a process reads."""
        return _applied(self.durable, self.pending)

    def sync(self) -> None:
        self.durable, self.pending = self.now(), []

    def after_cut(self, damage: Damage, chance: random.Random) -> bytes:
        """What a power cut leaves."""
        match damage:
            case Damage.LOST:
                return self.durable
            case Damage.KEPT:
                return self.now()
            case Damage.TORN:
                return self._torn(chance)
            case Damage.PICKED:
                return _applied(self.durable, [write for write in self.pending if chance.random() < 0.5])
            case Damage.MIXED:
                return self._mixed(chance)

    def _torn(self, chance: random.Random) -> bytes:
        whole = chance.randrange(len(self.pending) + 1)
        data = _applied(self.durable, self.pending[:whole])
        if whole < len(self.pending):
            at, written = self.pending[whole]
            if written is not None:
                data = _applied(data, [(at, written[: chance.randrange(len(written) + 1)])])
        return data

    def _mixed(self, chance: random.Random) -> bytes:
        pieces = [piece for at, data in self.pending for piece in _sectors(at, data)]
        chosen = [piece for piece in pieces if chance.random() < 0.6]
        chance.shuffle(chosen)
        return _applied(self.durable, chosen)


@dataclass(slots=True)
class Disk:
    """The files of a folder, by number, and the names they have; `changes` are the names' since the last sync."""

    files: dict[int, File] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    durable_names: dict[str, int] = field(default_factory=dict)
    changes: list[dict[str, int | None]] = field(default_factory=list)

    @classmethod
    def of(cls, contents: Mapping[str, bytes]) -> Disk:
        """A disk on which these files are durable."""
        disk = cls()
        for number, (name, data) in enumerate(contents.items()):
            disk.files[number] = File(data)
            disk.names[name] = disk.durable_names[name] = number
        return disk

    def apply(self, call: Call) -> None:
        """Do what a process did."""
        if call.name == "said" or call.done is False or call.file.endswith(IGNORED):
            return
        if call.name == "sync" and call.file == ".":
            self.durable_names, self.changes = dict(self.names), []
        elif call.name == "openat":
            self._open(call)
        elif call.name == "unlink":
            self._rename({call.file: None})
        elif call.name == "rename":
            self._rename({call.file: None, call.other: self.names[call.file]})
        else:
            self._write(self.files[self.names[call.file]], call)

    def _open(self, call: Call) -> None:
        if call.file == ".":
            return
        if call.file not in self.names:
            self.files[len(self.files)] = File()
            self._rename({call.file: len(self.files) - 1})
        elif call.data:
            self.files[self.names[call.file]].pending.append((0, None))

    def _rename(self, change: dict[str, int | None]) -> None:
        self.changes.append(change)
        self.names = _renamed(self.names, change)

    def _write(self, file: File, call: Call) -> None:
        match call.name:
            case "write":
                file.pending.append((call.at, call.data))
            case "append":
                file.pending.append((len(file.now()), call.data))
            case "truncate":
                file.pending.append((call.at, None))
            case "allocate":
                file.pending.append((max(call.at, len(file.now())), None))
            case "sync" if call.done:
                file.sync()

    def now(self) -> dict[str, bytes]:
        """What processes see."""
        return {name: self.files[number].now() for name, number in self.names.items()}

    def after_cut(self, damage: Damage, chance: random.Random) -> dict[str, bytes]:
        """What is there after a power cut."""
        names = self.durable_names
        for change in self.changes:
            if damage is Damage.KEPT or (damage is not Damage.LOST and chance.random() < 0.5):
                names = _renamed(names, change)
        return {name: self.files[number].after_cut(damage, chance) for name, number in names.items()}

    @property
    def is_synced(self) -> bool:
        """Whether a power cut changes nothing."""
        return not self.changes and not any(self.files[number].pending for number in self.names.values())

    def copy(self) -> Disk:
        """Return a disk of its own that stands the same."""
        return deepcopy(self)


def _applied(data: bytes, writes: list[tuple[int, bytes | None]]) -> bytes:
    if not writes:
        return data
    content = bytearray(data)
    for at, written in writes:
        end = at if written is None else at + len(written)
        if end > len(content):
            content.extend(bytes(end - len(content)))
        if written is None:
            del content[at:]
        else:
            content[at:end] = written
    return bytes(content)


def _sectors(at: int, data: bytes | None) -> list[tuple[int, bytes | None]]:
    """A write in pieces that each lie in one sector."""
    if data is None:
        return [(at, None)]
    bounds = [0, *range(SECTOR - at % SECTOR, len(data), SECTOR), len(data)]
    return [(at + low, data[low:high]) for low, high in pairwise(bounds)]


def _renamed(names: Mapping[str, int], change: Mapping[str, int | None]) -> dict[str, int]:
    kept = {name: number for name, number in names.items() if name not in change}
    return kept | {name: number for name, number in change.items() if number is not None}
