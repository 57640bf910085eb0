"""Training: a second ledger that everything goes into instead, switched on and off by a supervisor.

It ends by itself with the business day, or when nobody has trained for a while. The switch stands in the till's own
journal. After a start of the agent nobody is training.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.counter.answers import EntryRef
from agent.counter.asks import digest_of
from agent.errors import OpConflictError
from agent.journal.entry import check_op
from agent.journal.staff.people import check_staff
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded

TRAINING = "training"  # the kind of the entry


class Ended(StrEnum):
    """Why training ended without anybody ending it."""

    DAY = "day"  # the business day is over
    IDLE = "idle"  # nobody trained for a while


@dataclass(frozen=True, slots=True)
class TrainingAsk:
    """Begin (`on`) or end training; `ended` if it ends by itself."""

    op: str
    on: bool
    staff: str | None = None
    ended: Ended | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of all but the op (16 bytes)."""
        said = {} if self.ended is None else {"ended": str(self.ended)}
        return digest_of({"on": self.on, "staff": self.staff, **said})


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    """Whether the till is training now; of a repeated request that may be another answer than it asked for."""

    entry: EntryRef
    training: bool
    repeated: bool


def record_training(ledger: Ledger, ask: TrainingAsk, *, by: str, approved_by: str | None) -> tuple[Recorded, bool]:
    """Record the switch in the till's own ledger, and say whether it was recorded before."""
    with ledger.reading():
        before = ledger.find(ask.op)
        if before is not None:
            if before.entry.kind != TRAINING or before.ask != ask.digest():
                raise OpConflictError(f"op {ask.op!r} was used for another {before.entry.kind}")
            return before, True
        draft = Draft(
            id=ledger.clock.new_id(),
            op=ask.op,
            ask=ask.digest(),
            kind=TRAINING,
            day=ledger.clock.today().isoformat(),
            by=by,
            staff=ask.staff,
            body={"approved_by": approved_by, "on": ask.on, **({} if ask.ended is None else {"ended": str(ask.ended)})},
        )
        return ledger.append(draft), False
