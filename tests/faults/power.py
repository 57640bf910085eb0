"""Power cuts: every moment of a recorded day, and what a bad disk leaves of it, opened by the real ledger."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.errors import TallyError
from tests.faults.books import Books, Derived, check_books
from tests.faults.disk import IGNORED, Damage, Disk
from tests.faults.tracing import Call

MEMORY = Path("/dev/shm")  # thousands of ledgers are written; none of them has to last
WORKERS = 2


@dataclass(frozen=True, slots=True)
class State:
    """What a power cut left: after which call, with which damage, and what was acknowledged before."""

    cut: int
    damage: Damage
    contents: dict[str, bytes]
    entries: int
    remembered: int


@dataclass(slots=True)
class Outcome:
    """How many states were looked at, by damage, and what was wrong with which."""

    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.states.update(other.states)
        self.wrong += other.wrong


def states(
    start: Disk, calls: Sequence[Call], *, variants: int, seed: int, acked: tuple[int, int] = (0, 0)
) -> Iterator[State]:
    """Yield what a cut before each call, and one after the last, may leave; each different one once.

    Of the damages that leave something to chance there are so many `variants` for each moment; `acked` is what was
    acknowledged before the first call.
    """
    disk, seen = start.copy(), set[int]()
    for cut in range(len(calls) + 1):
        if cut:
            call = calls[cut - 1]
            disk.apply(call)
            if call.name == "said":
                acked = _acknowledged(call)
        for damage, number in _damages(disk, variants):
            contents = disk.after_cut(damage, random.Random(f"{seed}-{cut}-{damage}-{number}"))
            known = hash((acked, tuple(sorted(contents.items()))))
            if known not in seen:
                seen.add(known)
                yield State(cut, damage, contents, *acked)


def _damages(disk: Disk, variants: int) -> Iterator[tuple[Damage, int]]:
    yield Damage.LOST, 0
    if not disk.is_synced:
        yield Damage.KEPT, 0
        for number in range(variants):
            for damage in (Damage.TORN, Damage.PICKED, Damage.MIXED):
                yield damage, number


def _acknowledged(call: Call) -> tuple[int, int]:
    entries, remembered = call.data.split()
    return int(entries), int(remembered)


def look_at_all(
    start: Disk, calls: Sequence[Call], whole: Books, *, variants: int, seed: int, acked: tuple[int, int] = (0, 0)
) -> Outcome:
    """Open what every power cut leaves, in two processes, and check it against the whole day."""
    outcome = Outcome()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        shares = [
            pool.submit(_look_at_share, start, calls, whole, variants=variants, seed=seed, acked=acked, share=share)
            for share in range(WORKERS)
        ]
        for share in shares:
            outcome.add(share.result())
    return outcome


def _look_at_share(
    start: Disk,
    calls: Sequence[Call],
    whole: Books,
    *,
    variants: int,
    seed: int,
    acked: tuple[int, int],
    share: int,
) -> Outcome:
    outcome, folded = Outcome(), dict[bytes, Derived]()
    with TemporaryDirectory(dir=MEMORY) as folder:
        for number, state in enumerate(states(start, calls, variants=variants, seed=seed, acked=acked)):
            if number % WORKERS == share:
                outcome.states[state.damage] += 1
                wrong = look_at(state, Path(folder) / "till", whole, folded)
                if wrong is not None:
                    outcome.wrong.append(f"cut before call {state.cut}, {state.damage}: {wrong}")
    return outcome


def look_at(state: State, folder: Path, whole: Books, folded: dict[bytes, Derived]) -> str | None:
    """Open what a power cut left; what is wrong with it, None if nothing is."""
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(state.contents, folder)
    try:
        check_books(folder / "ledger.db", whole, folded, entries=state.entries, remembered=state.remembered)
    except (AssertionError, TallyError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def lay_out(contents: dict[str, bytes], folder: Path) -> None:
    """Write a folder's files. The lock of an open ledger names its file by number, which is another one now."""
    folder.mkdir()
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    ledger, lock = folder / "ledger.db", folder / "ledger.db.lock"
    if ledger.exists() and contents.get(lock.name, b"").endswith(b"\n"):
        lock.write_text(f"{ledger.stat().st_ino}\n")


def contents_of(folder: Path) -> dict[str, bytes]:
    """Read what a power cut may take."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith(IGNORED)}
