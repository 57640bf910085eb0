"""X and Z reports: the entries since the last Z, counted and closed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import orjson

from agent.counter.answers import EntryRef
from agent.counter.asks import digest_of
from agent.counter.bench import Bench
from agent.counter.closing.slip import closure_slip
from agent.counter.drawing import close_day
from agent.errors import UnknownError
from agent.journal.chain import GENESIS
from agent.journal.entry import check_op, decode_entry
from agent.journal.staff.people import check_staff
from agent.ledger.kept.held import unsynced
from agent.ledger.kept.programmes import money_units
from agent.ledger.kept.slip_queue import SlipQueue
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded
from agent.loyalty.closures import CLOSURE, Closure, Period, Report

_PAGE_ENTRIES: Final = 100  # counted at a time: about 2 ms, which is what a sale may have to wait for
_PAUSE_S: Final = 0.001  # between two pages, for a sale to come in
_LAST_Z = "SELECT n, hash, bytes FROM entry WHERE n = (SELECT n FROM closure WHERE z > 0 ORDER BY n DESC LIMIT 1)"
_BY_NUMBER = "SELECT op FROM entry WHERE n = (SELECT max(n) FROM closure WHERE z = ?)"
_AFTER = "SELECT n, hash, bytes FROM entry WHERE n > ? ORDER BY n LIMIT ?"


@dataclass(frozen=True, slots=True)
class ClosureAsk:
    """An X report, which looks at what happened since the last Z, or a Z, which closes it."""

    op: str
    report: Report
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of all but the op (16 bytes)."""
        return digest_of({"report": str(self.report), "staff": self.staff})


@dataclass(frozen=True, slots=True)
class ClosureAnswer:
    """A closure as it was recorded.

    `unsynced` is how many entries headquarters had not acknowledged then (None: it never said what it holds),
    `slips_waiting` how many slips were not printed.
    """

    entry: EntryRef
    closure: Closure
    unsynced: int | None
    slips_waiting: int
    repeated: bool

    @classmethod
    def of(cls, recorded: Recorded, *, repeated: bool) -> ClosureAnswer:
        """Return the answer that a recorded closure is."""
        body = recorded.entry.body
        closure = Closure.from_map(body)
        return cls(EntryRef.of(recorded), closure, body["unsynced"], body["slips_waiting"], repeated)


class Count:
    """The entries since the last Z, counted page by page; the ledger is held for no longer than a page is read."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        last, self._head, self._z = _last_z(ledger)
        self._n = self._z
        self._period = Period(last, money_units(ledger))

    def go_on(self) -> None:
        """Count what is left, with pauses in which sales come in."""
        while self.page() == _PAGE_ENTRIES:
            time.sleep(_PAUSE_S)

    def finished(self) -> Count:
        """Return the count of every entry there is; the caller holds the ledger. A Z meanwhile begins it anew."""
        count = self if _last_z(self._ledger)[2] == self._z else Count(self._ledger)
        while count.page():
            pass
        return count

    def page(self) -> int:
        """Count some more entries and return how many."""
        with self._ledger.reading() as conn:
            rows = conn.execute(_AFTER, (self._n, _PAGE_ENTRIES)).fetchall()
        for n, digest, data in rows:
            self._period.add(orjson.loads(data))
            self._n, self._head = n, bytes(digest)
        return len(rows)

    def closure(self, report: Report) -> Closure:
        """Return what the report says."""
        return self._period.closure(report, self._head)


def close(bench: Bench, ask: ClosureAsk, count: Count, *, by: str) -> ClosureAnswer:
    """Record a report of what was counted, and of what came in since; a Z shows the seed of the games' day first."""
    digest = ask.digest()
    before = bench.repeated(ask.op, CLOSURE, digest, account=None)
    if before is not None:
        return ClosureAnswer.of(before, repeated=True)
    if ask.report is Report.Z:
        close_day(bench, by=by)
    bench.ledger.note_clock()  # or it would come between what was counted and its closure
    closure, at = count.finished().closure(ask.report), bench.when(None)
    body = {**closure.to_map(), **_standing(bench.ledger)}
    draft = Draft(
        id=bench.ledger.clock.new_id(),
        op=ask.op,
        ask=digest,
        kind=CLOSURE,
        day=at.date().isoformat(),
        by=by,
        staff=ask.staff,
        body=body,
        programme=bench.programme.version,
        slip=closure_slip(closure, body, bench.programme, op=ask.op, at=at, till=bench.ledger.till),
    )
    return ClosureAnswer.of(bench.ledger.append(draft, clock_noted=True), repeated=False)


def _standing(ledger: Ledger) -> dict[str, Any]:
    """Return what is still to be done, which no entry says."""
    slips = SlipQueue(ledger).slip_counts()
    return {"slips_waiting": slips["queued"] + slips["sent"], "unsynced": unsynced(ledger)}


def last_z(ledger: Ledger, number: int | None = None) -> ClosureAnswer:
    """Return the last Z report, or that of a number; raises UnknownError if there is none."""
    with ledger.reading() as conn:
        newest = conn.execute("SELECT coalesce(max(z), 0) FROM closure").fetchone()[0]
        row = conn.execute(_BY_NUMBER, (number or newest,)).fetchone()
    recorded = None if row is None or not (number or newest) else ledger.find(row[0])
    if recorded is None:
        if not newest:
            raise UnknownError("this till has no Z report yet", hint="make one: `tally closure z`")
        raise UnknownError(f"this till has no Z report {number}", hint=f"the last one is Z {newest}")
    return ClosureAnswer.of(recorded, repeated=True)


def _last_z(ledger: Ledger) -> tuple[Closure | None, bytes, int]:
    """Return the last Z, the chain's head there and the entry's number in the ledger (0 before the first Z)."""
    with ledger.reading() as conn:
        row = conn.execute(_LAST_Z).fetchone()
    if row is None:
        return None, GENESIS, 0
    n, head, data = row
    return Closure.from_map(decode_entry(data).body), bytes(head), n
