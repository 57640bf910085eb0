"""The slip jobs in the ledger: each names the entry it was acknowledged with; the spool works them off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from agent.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class SlipJob:
    """A slip to print: `entry` is the chain hash (hex) of the entry it belongs to, `facts` what it says."""

    id: int
    entry: str
    kind: str
    facts: dict[str, Any]
    state: str


class SlipQueue:
    """The slip table of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def next_slip(self, *, after: int = 0) -> SlipJob | None:
        """Return the oldest job with a number above `after` that is queued or sent and not yet confirmed."""
        return self._one("WHERE state IN ('queued', 'sent') AND id > ? ORDER BY id LIMIT 1", (after,))

    def slip(self, slip_id: int) -> SlipJob | None:
        """Return a job by its number."""
        return self._one("WHERE id = ?", (slip_id,))

    def slip_of(self, op: str) -> SlipJob | None:
        """Return the job of the entry recorded under `op`."""
        return self._one("WHERE n = (SELECT n FROM entry WHERE op = ?)", (op,))

    def _one(self, where: str, values: tuple[object, ...]) -> SlipJob | None:
        query = f"SELECT id, (SELECT hash FROM entry WHERE entry.n = slip.n), kind, facts, state FROM slip {where}"  # noqa: S608 - `where` is one of three constants
        with self._ledger.reading() as conn:
            row = conn.execute(query, values).fetchone()
        if row is None:
            return None
        head = bytes(row[1]).hex()
        return SlipJob(row[0], head, row[2], {**orjson.loads(row[3]), "head": head[:16]}, row[4])

    def mark_slips(self, states: Mapping[int, str]) -> None:
        """Note in one commit what became of jobs, by their numbers."""
        with self._ledger.write() as conn:
            conn.executemany("UPDATE slip SET state = ? WHERE id = ?", [(state, job) for job, state in states.items()])

    def slip_counts(self) -> dict[str, int]:
        """Return how many jobs are queued, sent and failed, and how many slips there were in all."""
        with self._ledger.reading() as conn:
            rows = conn.execute("SELECT state, count(*) FROM slip WHERE state IN ('queued', 'sent') GROUP BY state")
            counts = {"queued": 0, "sent": 0} | dict(rows.fetchall())
            counts["failed"] = conn.execute("SELECT count(*) FROM slip WHERE state = 'failed'").fetchone()[0]
            counts["all"] = conn.execute("SELECT coalesce(max(id), 0) FROM slip").fetchone()[0]
        return counts
