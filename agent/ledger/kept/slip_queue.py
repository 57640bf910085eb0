"""The slip jobs in the ledger: each names the entry it was acknowledged with; the spool works them off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from agent.ledger.kept.forgetting.deleting import EMPTY
from agent.ledger.ledger import Ledger

_OF_ENTRY = """
    (SELECT hash FROM entry WHERE entry.n = slip.n),
    (SELECT slip.n - max(first_n) + 1 FROM epoch WHERE first_n <= slip.n)
"""
_OPEN = "SELECT state, count(*) FROM slip WHERE state IN ('queued', 'again', 'sent') GROUP BY state"


@dataclass(frozen=True, slots=True)
class SlipJob:
    """A slip to print: `entry` is the chain hash (hex) of the entry it belongs to, `facts` what it says.

    `copy` is 0 for the slip itself, and counts its copies. `is_emptied`: it was printed long ago, or its member was
    erased, and what it said is gone.
    """

    id: int
    entry: str
    kind: str
    facts: dict[str, Any]
    state: str
    copy: int = 0
    is_emptied: bool = False


class SlipQueue:
    """The slip table of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def next_slip(self, *, after: int = 0) -> SlipJob | None:
        """Return the oldest job with a number above `after` that is queued, to be printed again, or sent."""
        return self._one("WHERE state IN ('queued', 'again', 'sent') AND id > ? ORDER BY id LIMIT 1", (after,))

    def slip(self, slip_id: int) -> SlipJob | None:
        """Return a job by its number."""
        return self._one("WHERE id = ?", (slip_id,))

    def slip_of(self, op: str) -> SlipJob | None:
        """Return the job of the entry recorded under `op`, none of its copies."""
        return self._one("WHERE n = (SELECT n FROM entry WHERE op = ?) ORDER BY id LIMIT 1", (op,))

    def last_slip_of(self, op: str) -> SlipJob | None:
        """Return the job of the entry recorded under `op`, or that of its last copy."""
        return self._one("WHERE n = (SELECT n FROM entry WHERE op = ?) ORDER BY id DESC LIMIT 1", (op,))

    def doubtful_slips(self) -> list[SlipJob]:
        """Return the jobs of which nobody knows whether they came out, oldest first."""
        return self._all("WHERE state = 'doubtful' ORDER BY id", ())

    def copy_slip(self, job: SlipJob) -> SlipJob:
        """Queue a further copy of what a job printed."""
        with self._ledger.write() as conn:
            made = conn.execute(
                "INSERT INTO slip (n, kind, state, facts, copy) SELECT n, kind, 'queued', facts, copy + 1 FROM slip"
                " WHERE id = ?",
                (job.id,),
            ).lastrowid
        copied = self.slip(made or 0)
        assert copied is not None
        return copied

    def _one(self, where: str, values: tuple[object, ...]) -> SlipJob | None:
        return next(iter(self._all(where, values)), None)

    def _all(self, where: str, values: tuple[object, ...]) -> list[SlipJob]:
        query = f"SELECT id, {_OF_ENTRY}, kind, facts, state, copy FROM slip {where}"  # noqa: S608 - `where` is a constant
        with self._ledger.reading() as conn:
            return [_job(row) for row in conn.execute(query, values).fetchall()]

    def mark_slips(self, states: Mapping[int, str]) -> None:
        """Note in one commit what became of jobs, by their numbers."""
        with self._ledger.write() as conn:
            conn.executemany("UPDATE slip SET state = ? WHERE id = ?", [(state, job) for job, state in states.items()])

    def slip_counts(self) -> dict[str, int]:
        """Return how many jobs are queued (or are so again), sent, doubtful and failed, and how many there were."""
        with self._ledger.reading() as conn:
            rows = conn.execute(_OPEN)
            counts = {"queued": 0, "sent": 0} | dict(rows.fetchall())
            counts["queued"] += counts.pop("again", 0)
            counts["doubtful"] = conn.execute("SELECT count(*) FROM slip WHERE state = 'doubtful'").fetchone()[0]
            counts["failed"] = conn.execute("SELECT count(*) FROM slip WHERE state = 'failed'").fetchone()[0]
            counts["all"] = conn.execute("SELECT coalesce(max(id), 0) FROM slip").fetchone()[0]
        return counts


def _job(row: tuple[Any, ...]) -> SlipJob:
    number, chain_hash, seq, kind, facts, state, copy = row
    head = bytes(chain_hash).hex()
    said = {**orjson.loads(facts), "head": head[:16], "seq": seq}
    return SlipJob(number, head, kind, said, state, copy, is_emptied=facts == EMPTY)
