"""A simulation: N tills, a headquarters, and what customers have in their hands. Actions work on it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from agent.counter import SaleAsk
from agent.errors import ForkedError
from agent.ledger.kept.feed import cursor_of
from agent.ledger.kept.held import unsynced
from agent.loyalty.sale import Line
from hq.database import last_version
from tests.faults.sync.simulator.founding import HQ, names, till_folder
from tests.faults.sync.simulator.halves import Headquarters, SimTill
from tests.faults.sync.simulator.world import Times

FIRST_EVENING = "first-evening"
ROUNDS_MAX = 12  # of everybody meeting, until nothing moves
_ENTRIES = """
SELECT epoch.id, entry.n - epoch.first_n + 1, entry.hash, entry.bytes FROM entry
JOIN epoch ON epoch.no = (SELECT max(no) FROM epoch WHERE first_n <= entry.n) ORDER BY entry.n
"""


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale, and what a customer could bring back of it: its till's id, its op, its slip's code."""

    till: str
    op: str
    slip: str | None


class Link(NamedTuple):
    """An entry, and where it stands in a journal of a till."""

    till: str
    epoch: str
    seq: int
    hash: bytes
    data: bytes


@dataclass
class Simulation:
    """The state of one simulation."""

    folder: Path
    chance: random.Random
    times: Times
    hq: Headquarters
    machines: list[SimTill]  # several may speak as one till
    history: list[str]
    sold: list[Sold] = field(default_factory=list)
    redeemed: list[tuple[str, str]] = field(default_factory=list)  # a till's id, the op of what its next sale may use
    vouchers: list[str] = field(default_factory=list)  # codes, typed or scanned
    odd: set[tuple[str, str]] = field(default_factory=set)  # till and op of entries that headquarters cannot interpret
    replayed: set[str] = field(default_factory=set)  # tills of which a copy of a request arrived late
    doubled: set[str] = field(default_factory=set)  # tills that were copied, or put back to a backup
    backups: dict[str, Path] = field(default_factory=dict)  # by machine
    gone: set[Link] = field(default_factory=set)  # entries that were on a disk that was put back
    acked: set[tuple[str, str, int, bytes]] = field(default_factory=set)  # till, epoch, seq, head
    put_back: bool = False  # headquarters was
    ops: int = 0

    @property
    def tills(self) -> list[SimTill]:
        """The machines that are their tills, by headquarters' last word to them."""
        return [one for one in self.machines if not one.lost]

    def till(self) -> SimTill:
        """Return any machine."""
        return self.chance.choice(self.machines)

    def machines_of(self, till: str) -> list[SimTill]:
        """Return the machines that speak as a till."""
        return [one for one in self.machines if one.id == till]

    def op(self) -> str:
        """Return an op that no entry has."""
        self.ops += 1
        return f"op-{self.ops}"

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def note(self, text: str) -> None:
        self.history.append(text)

    def remember(self, till: SimTill) -> None:
        """Note what a machine has recorded, which it will have no more."""
        self.gone |= journal_of(till)

    def decide(self) -> None:
        """Let somebody say of each till as which several machines speak which of them it is."""
        for till in sorted(self.doubled | self.replayed):
            if self.hq.decide(till, self.chance.choice):
                self.note(f"    decided: {till}")

    def settle(self) -> None:
        """Quiet: no more faults; everybody meets, and again whoever has something to send or to hear.

        Raises AssertionError when a meeting fails that should not, or when there is no end to it.
        """
        for till in self.chance.sample(self.machines, len(self.machines)):
            till.send()
        self.hq.advance()
        behind = self.machines
        for _ in range(ROUNDS_MAX):
            for till in self.chance.sample(behind, len(behind)):
                self._meet(till)
            self._tell_apart()
            self.hq.advance()
            if self.put_back:
                self.hq.settle()
            with self.hq.database.read() as conn:
                version = last_version(conn)
            behind = [one for one in self.machines if self._is_behind(one, version)]
            if not behind:
                return
        raise AssertionError(f"after {ROUNDS_MAX} rounds {[one.name for one in behind]} still have something to say")

    def _meet(self, till: SimTill) -> None:
        """Meet; the first time may end what a fault began, or say that headquarters was put back."""
        good = till.meet() or till.meet() or till.meet()
        self.note(f"    {till.name} {till.error or ''}")
        assert good or (isinstance(till.error, ForkedError) and till.id in self.doubled), (
            f"{till.name} cannot meet: {till.error!r}"
        )

    def _tell_apart(self) -> None:
        """Let somebody decide; who cannot tell two machines apart lets each sell something."""
        for till in sorted(self.doubled):
            left = [one for one in self.machines_of(till) if not one.lost]
            if self.hq.decide(till, self.chance.choice):
                self.note(f"    decided: {till}")
            elif all(isinstance(one.error, ForkedError) for one in left):
                for one in left:
                    one.counter.sell(SaleAsk(self.op(), (Line("mug", 1000, 1_00),)), by="pos")

    def _is_behind(self, till: SimTill, version: int) -> bool:
        if unsynced(till.ledger):
            return True
        if till.lost:
            return False
        return till.error is not None or cursor_of(till.ledger, self.hq.database.epoch).version < version


def journal_of(till: SimTill) -> set[Link]:
    """Return every entry that a machine has."""
    with till.ledger.reading() as conn:
        rows = conn.execute(_ENTRIES).fetchall()
    return {Link(till.id, epoch, seq, bytes(head), bytes(data)) for epoch, seq, head, data in rows}


@contextmanager
def begun(folder: Path, *, tills: int, times: Times, chance: random.Random, history: list[str]) -> Iterator[Simulation]:
    """Begin in a folder that is a copy of a first evening; everything is closed at the end."""
    shutil.copytree(folder / HQ, folder / FIRST_EVENING)
    hq = Headquarters(folder / HQ)
    made = [SimTill(till_folder(folder, name), name, times, hq.answer) for name in names(tills)]
    sim = Simulation(folder, chance, times, hq, made, history)
    try:
        yield sim
    finally:
        for till in sim.machines:
            till.stop()
        hq.close()
