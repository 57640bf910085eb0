"""The same journals at another headquarters, which hears of them in another order and books them by other steps."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from agent.journal.batch import BatchItem
from agent.journal.chain import GENESIS, link
from agent.journal.wire import Outcome, Position
from agent.ledger.outbox import items_after
from agent.sync.enrol import require_pinned
from hq import config
from hq.books.worker import advance
from hq.database import Database
from hq.receive.raw import take
from tests.faults.sync.simulator.halves import SimTill
from tests.faults.sync.simulator.simulation import FIRST_EVENING, Simulation
from tests.hq.headquarters import members_of_books

_ALL = 1_000_000
_AT_ONCE = 5  # entries of one journal, before another's turn


def in_another_order(sim: Simulation) -> dict[str, list[Any]]:
    """Return the members' state in the books of a second headquarters that took the tills' entries in random turns."""
    folder = sim.folder / "other-hq"
    shutil.copytree(sim.folder / FIRST_EVENING, folder)
    turns = [(till, _Queue(till)) for till in sim.tills]
    with closing(Database(config.load(folder).database)) as database:
        while turns:
            till, queue = turn = sim.chance.choice(turns)
            with database.write() as conn:
                position, items = queue.next()
                outcome, _ = take(conn, till.id, position, items, to=queue.at.head)
                assert outcome is Outcome.HELD
            if sim.happens(0.3):
                advance(database, sim.hq.keys)
            if queue.is_empty:
                turns.remove(turn)
        while advance(database, sim.hq.keys):
            pass
        with database.read() as conn:
            return members_of_books(conn)


class _Queue:
    """What a till has, one epoch after the other."""

    def __init__(self, till: SimTill) -> None:
        receiver = X25519PublicKey.from_public_bytes(require_pinned(till.ledger).profile_key)
        limits = {"entries_max": _ALL, "bytes_max": 1 << 40}
        self._epochs = [
            (one.epoch, items_after(till.ledger, one.epoch, 0, receiver=receiver, **limits))
            for one in till.ledger.epochs()
        ]
        self.at = Position(self._epochs[0][0], 0, GENESIS)

    @property
    def is_empty(self) -> bool:
        return not self._epochs

    def next(self) -> tuple[Position, list[BatchItem]]:
        """Return the next entries and after which position they come; `at` is then where they lead."""
        epoch, items = self._epochs[0]
        before = self.at if self.at.epoch == epoch else Position(epoch, 0, GENESIS)
        head = before.head
        for item in items[:_AT_ONCE]:
            head = link(head, item.data)
        self.at = Position(epoch, before.seq + len(items[:_AT_ONCE]), head)
        if items[_AT_ONCE:]:
            self._epochs[0] = (epoch, items[_AT_ONCE:])
        else:
            self._epochs.pop(0)
        return before, items[:_AT_ONCE]
