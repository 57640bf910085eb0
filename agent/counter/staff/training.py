"""Training: a second ledger that everything goes into instead, switched on and off by a supervisor.

The switch stands in the till's own journal. After a start of the agent nobody is training.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.counter.answers import EntryRef
from agent.counter.asks import digest_of
from agent.errors import OpConflictError
from agent.journal.entry import check_op
from agent.journal.staff.people import check_staff
from agent.ledger.ledger import Ledger
from agent.ledger.records import Draft, Recorded

TRAINING = "training"  # the kind of the entry


@dataclass(frozen=True, slots=True)
class TrainingAsk:
    """Begin (`on`) or end training."""

    op: str
    on: bool
    staff: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for what cannot be meant."""
        check_op(self.op)
        check_staff(self.staff)

    def digest(self) -> bytes:
        """Return the digest of all but the op (16 bytes)."""
        return digest_of({"on": self.on, "staff": self.staff})


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
            body={"approved_by": approved_by, "on": ask.on},
        )
        return ledger.append(draft), False
