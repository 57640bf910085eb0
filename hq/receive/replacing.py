"""Another machine in the place of an enrolled till, because the one that stood there is dead.

It begins with an empty ledger and an epoch of its own, and gets its members by the feed. What the dead one did not
send is not known; up to where it did is kept, and slips carry heads beyond that. Should its disk come back, what it
still holds may be brought by stick, signed by its old key.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from agent.errors import RejectedError
from agent.journal.chain import GENESIS
from agent.journal.wire.enrolling import Enrolment
from hq.clock import now_ms
from hq.publish.announce import Kind, announce
from hq.receive.tills import NEVER_ASKED
from hq.tables import journal, replaced, till

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A machine whose place another took at `at_ms`, and up to where headquarters held its journal then."""

    at_ms: int
    epoch: str | None
    seq: int
    head: str


def replace_machine(conn: Connection, asked: Enrolment) -> None:
    """Give an enrolled till's place to the machine that asks.

    Raises RejectedError when it is the very machine that is enrolled.
    """
    old = conn.execute(select(till.c.key).where(till.c.id == asked.till)).scalar_one()
    if old == asked.key:
        hint = "to begin anew on this machine, move its old ledger's folder away"
        raise RejectedError(f"this machine is till {asked.till!r} already", hint=hint)
    held = _last_journal(conn, asked.till)
    at_ms = now_ms()
    conn.execute(
        insert(replaced).values(
            till=asked.till,
            key=old,
            at_ms=at_ms,
            journal=conn.execute(select(func.coalesce(func.max(journal.c.id), 0))).scalar_one(),
            epoch=held.epoch,
            seq=held.seq,
            head=bytes.fromhex(held.head),
        )
    )
    conn.execute(
        update(till)
        .where(till.c.id == asked.till)
        .values(key=asked.key, profile_key=asked.profile_key, enrolled_ms=at_ms, contact_ms=at_ms, **NEVER_ASKED)
    )
    announce(conn, Kind.TILL, [asked.till])
    log.warning("replaced till=%s held seq=%d head=%s", asked.till, held.seq, held.head)


def _last_journal(conn: Connection, till_id: str) -> Replaced:
    query = select(journal).where(journal.c.till == till_id).order_by(journal.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return Replaced(0, None, 0, GENESIS.hex()) if row is None else Replaced(0, row.epoch, row.seq, row.head.hex())


def replaced_machines(conn: Connection, names: Collection[str] | None) -> dict[str, list[Replaced]]:
    """Return the machines that stood before in the place of each of these tills, or of all, the latest last."""
    query = select(replaced) if names is None else select(replaced).where(replaced.c.till.in_(names))
    found: dict[str, list[Replaced]] = defaultdict(list)
    for row in conn.execute(query.order_by(replaced.c.at_ms)):
        found[row.till].append(Replaced(row.at_ms, row.epoch, row.seq, row.head.hex()))
    return found


def old_keys(conn: Connection, till_id: str) -> dict[bytes, int]:
    """Return the keys of machines that stood in a till's place, each with the last journal before; latest last."""
    query = select(replaced.c.key, replaced.c.journal).where(replaced.c.till == till_id)
    rows = conn.execute(query.order_by(replaced.c.at_ms))
    return {row.key: row.journal for row in rows}
