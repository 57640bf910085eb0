"""The same journals at another headquarters, which hears of them in another order and books them by other steps."""

from __future__ import annotations

import shutil
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from agent.errors import JournalError
from agent.journal.batch import BatchItem, SealedProfile
from agent.journal.chain import GENESIS, link
from agent.journal.entry import decode_entry
from agent.journal.wire.meeting import Outcome
from agent.journal.wire.place import HQ, Position
from hq import config
from hq.books.worker import advance
from hq.database import Database
from hq.receive.raw import take
from hq.tables import branch, journal, raw, sealed, sealed_key
from tests.faults.sync.simulator.simulation import FIRST_EVENING, Simulation
from tests.hq.headquarters import members_of_books

_AT_ONCE = 12  # entries of one journal, at most, before another's turn


def in_another_order(sim: Simulation, conn: Connection) -> dict[str, list[Any]]:
    """Return the members' state in the books of a second headquarters that took the same journals in random turns.

    A till's epochs come one after the other, and a machine's that lost after those of its till.
    """
    folder = sim.folder / "other-hq"
    shutil.copytree(sim.folder / FIRST_EVENING, folder)
    waiting = _journals(conn)
    with closing(Database(config.load(folder).database)) as database:
        while waiting:
            till = sim.chance.choice(list(waiting))
            with database.write() as other:
                if waiting[till][0].give(other, sim.chance.randint(1, _AT_ONCE)):
                    waiting[till].pop(0)
            if not waiting[till]:
                del waiting[till]
            if sim.happens(0.2):
                advance(database, sim.hq.keys)
        while advance(database, sim.hq.keys):
            pass
        with database.read() as other:
            return members_of_books(other)


@dataclass
class _Journal:
    """What there is of one journal and was not given yet, and after which position it comes."""

    till: str
    at: Position
    links: list[tuple[bytes, BatchItem]]
    is_branch: bool

    def give(self, conn: Connection, count: int) -> bool:
        """Give another headquarters the next entries; say whether these were the last ones."""
        if self.is_branch:
            row = {"till": self.till, "epoch": self.at.epoch, "seq": self.at.seq, "head": self.at.head}
            number = conn.execute(journal.insert().values(**row).returning(journal.c.id)).scalar_one()
            conn.execute(branch.insert().values(journal=number, seq=self.at.seq))
            self.is_branch = False
        now, self.links = self.links[:count], self.links[count:]
        if now:
            outcome, _ = take(conn, self.till, self.at, [item for _, item in now], to=now[-1][0])
            assert outcome is Outcome.HELD
            self.at = Position(self.at.epoch, self.at.seq + len(now), now[-1][0])
        return not self.links


def _journals(conn: Connection) -> dict[str, list[_Journal]]:
    """Return the journals that a headquarters holds of each till, in their order, those of machines that lost last."""
    found: dict[str, list[_Journal]] = defaultdict(list)
    profiles = _profiles(conn)
    query = select(journal, branch.c.seq.label("parted")).outerjoin(branch).where(journal.c.till != HQ)
    rows = conn.execute(query.order_by(journal.c.id)).all()
    for row in sorted(rows, key=lambda row: row.parted is not None):
        links = conn.execute(select(raw.c.hash, raw.c.bytes).where(raw.c.journal == row.id).order_by(raw.c.seq)).all()
        items = [(head, BatchItem(data, tuple(_of(data, profiles)))) for head, data in links]
        till = row.till.partition("~")[0]
        if items:
            start = _before(conn, Position(row.epoch, row.parted or 0), items[0])
            found[till].append(_Journal(row.till, start, items, row.parted is not None))
    return found


def _before(conn: Connection, at: Position, first: tuple[bytes, BatchItem]) -> Position:
    """Return the position, at that place of an epoch, which an entry follows."""
    query = select(raw.c.hash).join(journal).where(journal.c.epoch == at.epoch, raw.c.seq == at.seq)
    heads = {GENESIS, *conn.scalars(query)}
    return replace(at, head=next(head for head in heads if link(head, first[1].data) == first[0]))


def _profiles(conn: Connection) -> dict[tuple[str, str], SealedProfile]:
    query = select(sealed, sealed_key.c.wrapped).outerjoin(
        sealed_key, (sealed_key.c.subject == sealed.c.subject) & (sealed_key.c.digest == sealed.c.digest)
    )
    rows = conn.execute(query).all()
    return {(row.subject, row.digest): SealedProfile(row.subject, row.sealed, row.wrapped) for row in rows}


def _of(data: bytes, profiles: dict[tuple[str, str], SealedProfile]) -> list[SealedProfile]:
    """Return the profiles that an entry names."""
    try:
        return [profiles[pair] for pair in decode_entry(data).profiles if pair in profiles]
    except JournalError:
        return []
