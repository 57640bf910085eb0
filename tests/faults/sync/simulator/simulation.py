"""A simulation: N tills, a headquarters, and what customers have in their hands. Actions work on it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.ledger.kept.feed import cursor_of
from agent.ledger.kept.held import unsynced
from hq.database import last_version
from tests.faults.sync.simulator.founding import HQ, names, till_folder
from tests.faults.sync.simulator.halves import Headquarters, SimTill
from tests.faults.sync.simulator.world import Times

FIRST_EVENING = "first-evening"
ROUNDS_MAX = 8  # of everybody meeting, until nothing moves


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale, and what a customer could bring back of it: its till's id, its op, its slip's code."""

    till: str
    op: str
    slip: str | None


@dataclass
class Simulation:
    """The state of one simulation."""

    folder: Path
    chance: random.Random
    times: Times
    hq: Headquarters
    tills: list[SimTill]
    history: list[str]
    sold: list[Sold] = field(default_factory=list)
    redeemed: list[tuple[str, str]] = field(default_factory=list)  # a till's id, the op of what its next sale may use
    vouchers: list[str] = field(default_factory=list)  # codes, typed or scanned
    odd: set[tuple[str, str]] = field(default_factory=set)  # till and op of entries that headquarters cannot interpret
    replayed: set[str] = field(default_factory=set)  # tills of which a copy of a request arrived late
    acked: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)  # till and epoch -> seq and head
    ops: int = 0

    def till(self) -> SimTill:
        return self.chance.choice(self.tills)

    def op(self) -> str:
        """Return an op that no entry has."""
        self.ops += 1
        return f"op-{self.ops}"

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def note(self, text: str) -> None:
        self.history.append(text)

    def settle(self) -> None:
        """Quiet: no more faults; everybody meets, and again whoever has something to send or to hear.

        Raises AssertionError when a meeting fails that should not, or when there is no end to it.
        """
        behind = self.tills
        for _ in range(ROUNDS_MAX):
            for till in self.chance.sample(behind, len(behind)):
                good = till.meet() or till.meet()  # the first may end what a fault began
                assert good, f"{till.id} cannot meet: {till.error!r}"
            self.hq.advance()
            with self.hq.database.read() as conn:
                version = last_version(conn)
            epoch = self.hq.database.epoch
            behind = [
                one for one in self.tills if unsynced(one.ledger) or cursor_of(one.ledger, epoch).version < version
            ]
            if not behind:
                return
        raise AssertionError(f"after {ROUNDS_MAX} rounds {[till.id for till in behind]} still have something to say")


@contextmanager
def begun(folder: Path, *, tills: int, times: Times, chance: random.Random, history: list[str]) -> Iterator[Simulation]:
    """Begin in a folder that is a copy of a first evening; everything is closed at the end."""
    shutil.copytree(folder / HQ, folder / FIRST_EVENING)
    hq = Headquarters(folder / HQ)
    made = [SimTill(till_folder(folder, name), name, times, hq.answer) for name in names(tills)]
    try:
        yield Simulation(folder, chance, times, hq, made, history)
    finally:
        for till in made:
            till.stop()
        hq.close()
